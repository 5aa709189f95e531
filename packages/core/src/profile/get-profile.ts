import type { ProfileContext } from '../context.ts'
import { UserNotFoundError } from '../errors.ts'
import type { Account, User, UserId } from '../ports/user-store.ts'
import { needsCompletion } from './profile.ts'

/** A user with what they tell about themselves. */
export interface ProfileResult<Profile extends object> {
  readonly user: User
  /** `null` until a first field is saved. */
  readonly profileId: UserId | null
  /** The fields set so far. */
  readonly profile: Partial<Profile>
  readonly needsProfileCompletion: boolean
  /** When the profile was made; before there is one, when the user was. */
  readonly createdAt: Date
  /** When the profile last changed; before there is one, when the user was made. */
  readonly updatedAt: Date
}

/** Reads a user's profile. */
export async function getProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  userId: UserId,
): Promise<ProfileResult<Profile>> {
  return profileResult(context, await context.stores.userStore.findById(userId))
}

/** An account as the application sees it. @throws {@link UserNotFoundError} if there is none. */
export function profileResult<Profile extends object>(
  context: ProfileContext<Profile>,
  account: Account | null,
): ProfileResult<Profile> {
  if (account === null) throw new UserNotFoundError()
  const { user, profile } = account
  return {
    user,
    profileId: profile?.id ?? null,
    profile: (profile?.fields ?? {}) as Partial<Profile>,
    needsProfileCompletion: needsCompletion(context.profile, profile?.fields),
    createdAt: profile?.createdAt ?? user.createdAt,
    updatedAt: profile?.updatedAt ?? user.createdAt,
  }
}
