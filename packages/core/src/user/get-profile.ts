import type { Context, ProfileContext } from '../context/context.ts'
import { UserNotFoundError } from '../errors/index.ts'
import type { UserWithProfile } from '../ports/user-store.ts'
import { profileState } from '../profile/completion.ts'
import type { ProfileResult } from '../profile/profile-result.ts'
import { findSignedIn } from '../session/authenticate.ts'
import { isByToken, type UserReference } from '../session/user-reference.ts'

/** Reads a user's profile. */
export async function getProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  user: UserReference,
): Promise<ProfileResult<Profile>> {
  return profileResult(context, await findUser(context, user))
}

/** Returns a user and the profile. An access token is verified, and its session must be active. */
export async function findUser(context: Context, user: UserReference): Promise<UserWithProfile | null> {
  return isByToken(user) ? findSignedIn(context, user.accessToken) : context.stores.userStore.findById(user.userId)
}

/**
 * Returns a user's profile for the application.
 *
 * @throws {@link UserNotFoundError} if there is no such user.
 */
export async function profileResult<Profile extends object>(
  context: ProfileContext<Profile>,
  found: UserWithProfile | null,
): Promise<ProfileResult<Profile>> {
  if (found === null) throw new UserNotFoundError()
  const { user, profile } = found
  return {
    user,
    profileId: profile.id,
    ...(await profileState(context.profile, profile.fields)),
    createdAt: profile.createdAt,
    updatedAt: profile.updatedAt,
  }
}
