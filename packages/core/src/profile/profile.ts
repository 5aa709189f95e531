import { z } from 'zod'
import { InvalidProfileError, type ProfileIssue } from '../errors.ts'

/** A value that a profile field can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The fields of a profile that have a value, by name. */
export type ProfileFields = { readonly [field: string]: JsonValue }

/** Fields to set, and, as `null`, fields to remove. */
export type ProfilePatch = { readonly [field: string]: JsonValue }

/** What a profile of this application holds, and when it is complete. */
export interface ProfileDefinition<Profile extends object> {
  /**
   * The fields and their rules. The values must be JSON. The fields named as in {@link defaultProfile} have columns of their own in
   * the SQL stores and keep to their lengths there; all others live in one JSON column.
   */
  readonly schema: z.ZodObject & z.ZodType<Profile>
  /** Whether these fields make a complete profile: what `needsProfileCompletion` answers the opposite of. */
  readonly isComplete: (fields: Partial<Profile>) => boolean
}

// The one thing text must not hold: what a database cannot store (NUL, lone surrogates) and what could forge a line of a log.
const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')

/** The fields of {@link defaultProfile}. */
export const defaultProfileSchema = z.object({
  name: line(100).min(2),
  email: z.email().max(254),
  bio: z
    .string()
    .trim()
    .max(500)
    .regex(/^[^\p{Cs}\0]*$/u, 'must not contain NUL')
    .optional(),
  location: line(100).optional(),
  birthDate: z.iso
    .date()
    .refine((date) => date >= '1900-01-01' && Date.parse(date) < Date.now(), 'must be a past date')
    .optional(),
  avatar: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
})

/** The profile an application has unless it defines its own. */
export type DefaultProfile = z.output<typeof defaultProfileSchema>

/**
 * The profile an application has unless it defines its own: `name` (2 to 100 characters), `email`, `bio` (up to 500), `location`
 * (up to 100), `birthDate` (`YYYY-MM-DD`, past) and `avatar` (an http(s) URL, up to 2048). Complete with `name` and `email`.
 *
 * None of it is ever used to identify, find or link a user (OWASP ASVS 5 section 6.1).
 */
export const defaultProfile: ProfileDefinition<DefaultProfile> = {
  schema: defaultProfileSchema,
  isComplete: ({ name, email }) => name !== undefined && email !== undefined,
}

/** Checks all the fields of a profile. @throws {@link InvalidProfileError} naming every field at fault. */
export function parseProfile<Profile extends object>(
  definition: ProfileDefinition<Profile>,
  input: unknown,
): ProfileFields {
  return withoutUndefined(check(definition.schema.strict(), input))
}

/**
 * Checks a change to a profile: any of its fields, `null` to remove one.
 *
 * @throws {@link InvalidProfileError} naming every field at fault.
 */
export function parseProfilePatch<Profile extends object>(
  definition: ProfileDefinition<Profile>,
  input: unknown,
): ProfilePatch {
  const shape = Object.entries(definition.schema.shape).map(([field, rule]) => [field, z.nullable(rule).optional()])
  const patch = z.strictObject(Object.fromEntries(shape))
  return withoutUndefined(check(patch, input))
}

/** Whether the profile stored so far, if any, still lacks something. */
export function needsCompletion<Profile extends object>(
  definition: ProfileDefinition<Profile>,
  fields: ProfileFields | undefined,
): boolean {
  return !definition.isComplete((fields ?? {}) as Partial<Profile>)
}

function check(schema: z.ZodType, input: unknown): Record<string, unknown> {
  const result = schema.safeParse(input)
  const [first, ...rest] = result.success ? unstorable(result.data) : result.error.issues.flatMap(profileIssues)
  if (first !== undefined) throw new InvalidProfileError([first, ...rest])
  return result.data as Record<string, unknown>
}

function unstorable(fields: unknown): ProfileIssue[] {
  return Object.entries(fields as object)
    .filter(([, value]) => value !== undefined && !isStorable(value))
    .map(([field]) => ({ field, message: 'must be JSON without NUL or broken characters' }))
}

function profileIssues(issue: z.core.$ZodIssue): ProfileIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((field) => ({ field, message: 'is not a field of the profile' }))
  }
  return [{ field: issue.path.length === 0 ? 'profile' : issue.path.join('.'), message: issue.message }]
}

function isStorable(value: unknown): value is JsonValue {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'boolean') return true
  if (Array.isArray(value)) return value.every(isStorable)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member))
}

function withoutUndefined(fields: Record<string, unknown>): ProfileFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ProfileFields
}
