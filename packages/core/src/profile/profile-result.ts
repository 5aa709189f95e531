import type { User, UserId } from '../ports/user-store.ts'
import type { ProfileState } from './completion.ts'

/** A user and the user's profile. */
export type ProfileResult<Profile extends object> = ProfileState<Profile> & {
  readonly user: User
  readonly profileId: UserId
  readonly createdAt: Date
  /** When the profile last changed. */
  readonly updatedAt: Date
}
