import type { JsonValue, ProfileFields } from '../ports/user-store.ts'
import { inTime } from '../time/in-time.ts'
import { isStorable, type ProfileDefinition, type ProfileSchema } from './profile.ts'
import { allowsNull, type FieldRule, rulesOf } from './schema-def.ts'

/**
 * The fields of a profile. A complete profile has all the fields that the schema requires; an
 * incomplete one has those set so far.
 */
export type ProfileState<Profile extends object> =
  | { readonly needsProfileCompletion: false; readonly profile: Profile }
  | { readonly needsProfileCompletion: true; readonly profile: Partial<Profile> }

/** Returns the profile of stored fields, and whether it is complete. */
export async function profileState<Profile extends object>(
  { schema, isComplete }: ProfileDefinition<ProfileSchema<Profile>>,
  fields: ProfileFields,
): Promise<ProfileState<Profile>> {
  const complete = (await completed(schema, fields)) as Profile | null
  return complete !== null && (isComplete === undefined || isComplete(complete))
    ? { needsProfileCompletion: false, profile: complete }
    : { needsProfileCompletion: true, profile: fields as Partial<Profile> }
}

/**
 * Adds a value for each missing field that has one without input, such as a default, and `null` for
 * each that may be `null`, because storing `null` removes a field. Returns `null` if another
 * required field is missing.
 */
async function completed(schema: ProfileSchema, fields: ProfileFields): Promise<ProfileFields | null> {
  const complete = { ...fields }
  for (const [field, rule] of rulesOf(schema)) {
    if (Object.hasOwn(fields, field) || rule._zod.optout === 'optional') continue
    const value = allowsNull(rule) ? null : await withoutInput(rule)
    if (value === REQUIRED) return null
    if (value !== undefined) complete[field] = value
  }
  return complete
}

const REQUIRED = Symbol('required')

/** The value of a field that was never given; `undefined` if the field may be absent. */
async function withoutInput(rule: FieldRule): Promise<JsonValue | undefined | typeof REQUIRED> {
  // Most rules need no call, which would cost more than the rest of a profile.
  if (rule._zod.optin === undefined) return REQUIRED
  try {
    const { success, data } = await inTime(() => rule.safeParseAsync(undefined))
    return success && (data === undefined || isStorable(data)) ? data : REQUIRED
  } catch {
    return REQUIRED
  }
}
