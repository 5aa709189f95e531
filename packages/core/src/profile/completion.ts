import type { ProfileFields } from '../ports/user-store.ts'
import type { ProfileDefinition, ProfileSchema } from './profile.ts'
import { defOf } from './schema-def.ts'

/**
 * The fields of a profile: all that the schema requires, or, of an incomplete one, those set so
 * far.
 */
export type ProfileState<Profile extends object> =
  | { readonly needsProfileCompletion: false; readonly profile: Profile }
  | { readonly needsProfileCompletion: true; readonly profile: Partial<Profile> }

/** Whether stored fields make a complete profile, and the profile as the application sees it. */
export function profileState<Profile extends object>(
  { schema, isComplete }: ProfileDefinition<ProfileSchema<Profile>>,
  fields: ProfileFields,
): ProfileState<Profile> {
  const complete = completed(schema, fields) as Profile | null
  return complete !== null && (isComplete === undefined || isComplete(complete))
    ? { needsProfileCompletion: false, profile: complete }
    : { needsProfileCompletion: true, profile: fields as Partial<Profile> }
}

/** How Zod 4 marks a field that may be left out of what the schema returns. */
interface FieldRule {
  readonly _zod: { readonly optout?: 'optional' }
}

/**
 * The fields, with `null` for each that may be `null` and is not set, because to store `null` is to
 * remove a field. `null` if another required field is not set.
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
