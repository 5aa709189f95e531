import type { User, UserId } from '../ports/user-store.ts'

/** A user with what they tell about themselves. */
export interface ProfileResult<Profile extends object> {
  readonly user: User
  readonly profileId: UserId
  /** The fields set so far. */
  readonly profile: Partial<Profile>
  readonly needsProfileCompletion: boolean
  readonly createdAt: Date
  /** When the profile last changed. */
  readonly updatedAt: Date
}
