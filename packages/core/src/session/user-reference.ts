import type { Context } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { authenticateNow } from './authenticate.ts'

/**
 * A user: the one that an access token was issued to, or by id, as an administrator names one. A
 * token is verified, and its session must be active; an id is taken as it is.
 */
export type UserReference =
  | { readonly accessToken: string; readonly userId?: undefined }
  | { readonly userId: UserId; readonly accessToken?: undefined }

/** A user, by access token. */
export type TokenReference = Extract<UserReference, { accessToken: string }>

/**
 * Whether a user is named by an access token, which is still to be verified.
 *
 * @throws {@link InvalidInputError} if both an access token and an id are given, or neither.
 */
export function isByToken(user: UserReference): user is TokenReference {
  const { accessToken, userId } = Object(user) as { accessToken?: unknown; userId?: unknown }
  if (userId !== undefined) {
    if (accessToken !== undefined) throw new InvalidInputError('userId', 'left out where an accessToken is given')
    requireUserId(userId)
    return false
  }
  // A client that sent no token is not signed in; that is no mistake of the application.
  if (Object.hasOwn(Object(user), 'accessToken')) return true
  throw new InvalidInputError('accessToken', 'given, or userId in its place')
}

/** The id of a user. @throws {@link InvalidInputError} if it is none. */
export function requireUserId(userId: unknown): UserId {
  if (typeof userId === 'string' || typeof userId === 'number') return userId
  throw new InvalidInputError('userId', 'the id of a user, a string or a number')
}

/** The user of a reference; with an access token, once it was verified, also the session. */
export async function resolveUser(
  context: Context,
  user: UserReference,
): Promise<{ userId: UserId; sessionId: string | null }> {
  return isByToken(user) ? authenticateNow(context, user.accessToken) : { userId: user.userId, sessionId: null }
}
