import type { ProfileContext } from '../context.ts'
import { InvalidInputError, UserNotFoundError } from '../errors.ts'
import { parsePhoneNumber } from '../phone-number/phone-number.ts'
import type { UserId } from '../ports/user-store.ts'
import { type ProfileResult, profileResult } from './get-profile.ts'
import { needsCompletion, type ProfilePatch, parseProfile, parseProfilePatch } from './profile.ts'

/** What {@link PhoneAuth.completeProfile} takes. */
export interface CompleteProfileOptions {
  readonly userId: UserId
  /** The fields, as the person sent them; checked against the schema. */
  readonly profile: unknown
  /** If given, must be the user's own number: a guard against filling in somebody else's profile. */
  readonly phoneNumber?: string | undefined
}

/** What {@link PhoneAuth.updateProfile} takes. */
export interface UpdateProfileOptions {
  readonly userId: UserId
  /** The fields to change, as the person sent them, `null` to remove one; checked against the schema. */
  readonly changes: unknown
}

/** Sets all the fields of a profile. */
export async function completeProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  { userId, profile, phoneNumber }: CompleteProfileOptions,
): Promise<ProfileResult<Profile>> {
  const fields = parseProfile(context.profile, profile)
  const claimed = phoneNumber === undefined ? undefined : parsePhoneNumber(phoneNumber, context.settings.phoneNumber)
  return save(context, userId, fields, claimed)
}

/** Sets or removes some fields of a profile. */
export async function updateProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  { userId, changes }: UpdateProfileOptions,
): Promise<ProfileResult<Profile>> {
  return save(context, userId, parseProfilePatch(context.profile, changes), undefined)
}

async function save<Profile extends object>(
  context: ProfileContext<Profile>,
  userId: UserId,
  patch: ProfilePatch,
  claimedNumber: string | undefined,
): Promise<ProfileResult<Profile>> {
  const { userStore } = context.stores
  const before = await userStore.findById(userId)
  if (before === null) throw new UserNotFoundError()
  if (claimedNumber !== undefined && claimedNumber !== before.user.phoneNumber) {
    throw new InvalidInputError('phoneNumber', 'the number you signed in with')
  }
  if (Object.keys(patch).length === 0) return profileResult(context, before)
  const result = profileResult(context, await userStore.saveProfile(userId, patch))
  context.emit({ type: 'profile_updated', userId })
  const wasIncomplete = needsCompletion(context.profile, before.profile?.fields)
  if (wasIncomplete && !result.needsProfileCompletion) context.emit({ type: 'profile_completed', userId })
  return result
}
