import type { Context } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { authenticateNow } from './authenticate.ts'

/** A user: by id, as an administrator names one, or as whoever signed in with an access token. */
export type UserReference = UserId | { readonly accessToken: string }

const LIKE_A_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Whether a user is named by an access token, which is to be checked.
 *
 * @throws {@link InvalidInputError} if it is neither; a bare token is not taken for an id, of whom nothing would be found.
 */
export function isByToken(user: UserReference): user is { readonly accessToken: string } {
  if (typeof user === 'object' && user !== null) return true
  if (typeof user === 'number' || (typeof user === 'string' && !LIKE_A_TOKEN.test(user))) return false
  throw new InvalidInputError('user', 'the id of a user, or { accessToken }')
}

/** The user of a reference; with an access token, once it was verified, also the session. */
export async function resolveUser(
  context: Context,
  user: UserReference,
): Promise<{ userId: UserId; sessionId: string | null }> {
  return isByToken(user) ? authenticateNow(context, user.accessToken) : { userId: user, sessionId: null }
}
