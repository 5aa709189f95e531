import type { Context } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { authenticateNow } from './authenticate.ts'

/**
 * A user, named by an access token or, for administration, by id. An access token is verified, and
 * its session must be active; `undefined` is refused like an invalid token. An id is trusted
 * without any check.
 */
export type UserReference =
  | { readonly accessToken: string | undefined; readonly userId?: never }
  | { readonly userId: UserId; readonly accessToken?: never }

/** A user, by access token. */
export type TokenReference = Exclude<UserReference, { userId: UserId }>

/**
 * Whether a user is named by an access token. The token is not verified here.
 *
 * @throws {@link InvalidInputError} if both an access token and an id are given, or neither.
 */
export function isByToken(user: UserReference): user is TokenReference {
  const { userId }: { readonly userId?: unknown } = user
  // Even an `accessToken` of `undefined` is by token: the client sent none, and must not become an
  // administrator by it.
  if (Object.hasOwn(user, 'accessToken')) {
    if (userId !== undefined) throw new InvalidInputError('userId', 'left out if an accessToken is given')
    return true
  }
  if (userId === undefined) throw new InvalidInputError('accessToken', 'given, or a userId instead')
  requireUserId(userId)
  return false
}

/**
 * Checks the id of a user.
 *
 * @throws {@link InvalidInputError} if it is invalid.
 */
export function requireUserId(userId: unknown): void {
  if (typeof userId === 'string' || typeof userId === 'number') return
  throw new InvalidInputError('userId', 'the id of a user, a string or a number')
}

/**
 * Returns the user of a reference. If it is an access token, verifies it and also returns the
 * session.
 */
export async function resolveUser(
  context: Context,
  user: UserReference,
): Promise<{ userId: UserId; sessionId: string | null }> {
  return isByToken(user) ? authenticateNow(context, user.accessToken) : { userId: user.userId, sessionId: null }
}
