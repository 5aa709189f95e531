import type { UserId } from '../ports/user-store.ts'

/** A user: by id, as an administrator names one, or as whoever signed in with an access token. */
export type UserReference = UserId | { readonly accessToken: string }

/** Whether a user is named by an access token, which is to be checked. */
export function isByToken(user: UserReference): user is { readonly accessToken: string } {
  return typeof user === 'object' && user !== null
}
