import { InvalidInputError } from '../errors.ts'
import type { UserId } from '../ports/user-store.ts'

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
