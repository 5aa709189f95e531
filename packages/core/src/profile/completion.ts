import type { ProfileFields } from '../ports/user-store.ts'
import type { ProfileDefinition, ProfileSchema } from './profile.ts'
import { defOf } from './schema-def.ts'

/**
 * The fields of a profile. A complete profile has all the fields that the schema requires; an
 * incomplete one has those set so far.
 */
export type ProfileState<Profile extends object> =
  | { readonly needsProfileCompletion: false; readonly profile: Profile }
  | { readonly needsProfileCompletion: true; readonly profile: Partial<Profile> }

/** Returns the profile of stored fields, and whether it is complete. */
export function profileState<Profile extends object>(
  { schema, isComplete }: ProfileDefinition<ProfileSchema<Profile>>,
  fields: ProfileFields,
): ProfileState<Profile> {
  const complete = completed(schema, fields) as Profile | null
  return complete !== null && (isComplete === undefined || isComplete(complete))
    ? { needsProfileCompletion: false, profile: complete }
    : { needsProfileCompletion: true, profile: fields as Partial<Profile> }
}

/** How Zod 4 marks a field that the output of the schema may omit. */
interface FieldRule {
  readonly _zod: { readonly optout?: 'optional' }
}

/**
 * Adds `null` for each missing field that may be `null`, because storing `null` removes a field.
 * Returns `null` if another required field is missing.
 */
function completed(schema: ProfileSchema, fields: ProfileFields): ProfileFields | null {
  const rules = Object.entries(schema.shape as Readonly<Record<string, FieldRule>>)
  const missing = rules.filter(([field, rule]) => !Object.hasOwn(fields, field) && rule._zod.optout !== 'optional')
  if (!missing.every(([, rule]) => allowsNull(rule))) return null
  return { ...fields, ...Object.fromEntries(missing.map(([field]) => [field, null])) }
}

// A schema can contain itself.
const MAX_DEPTH = 32

function allowsNull(rule: unknown, depth = 0): boolean {
  const def = defOf(rule)
  if (def === undefined || depth > MAX_DEPTH) return false
  if (['any', 'null', 'nullable', 'unknown'].includes(def.type)) return true
  if (def.type === 'literal') return def.values?.includes(null) === true
  if (def.type === 'success') return false
  const results = def.type === 'pipe' ? [def.out] : [def.innerType, def.options, def.getter?.()].flat()
  return results.some((result) => allowsNull(result, depth + 1))
}
