import type { Context, ProfileContext } from '../context/context.ts'
import { InvalidInputError, UserNotFoundError } from '../errors/index.ts'
import { parsePhoneNumber } from '../phone-number/phone-number.ts'
import type { ProfilePatch, UserWithProfile } from '../ports/user-store.ts'
import { profileState } from '../profile/completion.ts'
import {
  checkProfile,
  type DefaultProfileSchema,
  type ProfileSchema,
  parseProfile,
  parseProfilePatch,
  patched,
} from '../profile/profile.ts'
import type { ProfileResult } from '../profile/profile-result.ts'
import type { UserReference } from '../session/user-reference.ts'
import { findUser, profileResult } from './get-profile.ts'

/** Options for {@link PhoneAuth.completeProfile}. */
export type CompleteProfileOptions<Schema extends ProfileSchema = DefaultProfileSchema> = UserReference & {
  /**
   * The fields, as the user sent them. They are checked against the schema at run time. `null` and
   * `""` in a field that may be absent mean that it is absent.
   */
  readonly profile: Schema['_zod']['input']
  /**
   * If given, it must be the user's own number. This guards against completing the profile of
   * another user.
   */
  readonly phoneNumber?: string | undefined
}

/** Options for {@link PhoneAuth.updateProfile}. */
export type UpdateProfileOptions<Schema extends ProfileSchema = DefaultProfileSchema> = UserReference & {
  /**
   * The fields to change, as the user sent them, or `null` to remove a field. They are checked
   * against the schema at run time. `""` also removes a field that may be absent.
   */
  readonly profile: {
    readonly [Field in keyof Schema['_zod']['input']]?: Schema['_zod']['input'][Field] | null | undefined
  }
}

/** Sets all the fields of a profile. */
export async function completeProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  options: CompleteProfileOptions<ProfileSchema>,
): Promise<ProfileResult<Profile>> {
  const { profile, phoneNumber } = options
  const before = await find(context, options)
  const fields = await context.hooks.checkProfile('schema', () => parseProfile(context.profile, profile))
  const claimed = phoneNumber === undefined ? undefined : parsePhoneNumber(phoneNumber, context.settings.phoneNumber)
  if (claimed !== undefined && claimed !== before.user.phoneNumber) {
    throw new InvalidInputError('phoneNumber', 'the number you signed in with')
  }
  return save(context, before, fields)
}

/** Sets or removes some fields of a profile. */
export async function updateProfile<Profile extends object>(
  context: ProfileContext<Profile>,
  options: UpdateProfileOptions<ProfileSchema>,
): Promise<ProfileResult<Profile>> {
  const before = await find(context, options)
  const parse = () => parseProfilePatch(context.profile, options.profile)
  return save(context, before, await context.hooks.checkProfile('schema', parse))
}

async function find(context: Context, user: UserReference): Promise<UserWithProfile> {
  const found = await findUser(context, user)
  if (found === null) throw new UserNotFoundError()
  return found
}

async function save<Profile extends object>(
  context: ProfileContext<Profile>,
  before: UserWithProfile,
  patch: ProfilePatch,
): Promise<ProfileResult<Profile>> {
  if (Object.keys(patch).length === 0) return profileResult(context, before)
  const fields = patched(before.profile.fields, patch)
  await context.hooks.checkProfile('check', () => checkProfile(context.profile, fields))
  const userId = before.user.id
  const saved = await context.stores.userStore.saveProfile(userId, patch)
  if (saved === null) throw new UserNotFoundError()
  const result = await profileResult(context, saved)
  context.emit({ type: 'profile_updated', userId })
  if (result.needsProfileCompletion) return result
  // Of concurrent calls, only the one that completes the profile finds it incomplete.
  const { needsProfileCompletion: wasIncomplete } = await profileState(context.profile, saved.previousFields)
  if (wasIncomplete) {
    context.emit({ type: 'profile_completed', userId })
    await context.hooks.afterProfileCompleted(result)
  }
  return result
}
