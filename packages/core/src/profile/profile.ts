import { z } from 'zod'
import { InvalidProfileError, type ProfileIssue } from '../errors/index.ts'
import type { JsonValue, ProfileFields, ProfilePatch } from '../ports/user-store.ts'
import { birthDate, emailAddress, line, personName } from './field-rules.ts'
import { allowsNull, isRequired, rulesOf } from './schema-def.ts'

/**
 * An object schema of any version of Zod 4: `z.object({ … })`. The compiler checks only these
 * members of your schema, because the full types of two Zod versions are not compatible.
 */
export interface ProfileSchema<Output extends object = object, Input = unknown> {
  /** The rule of each field, by the field's name. */
  readonly shape: object
  /** The types of the schema's output and input, where Zod keeps them. */
  readonly _zod: { readonly output: Output; readonly input: Input }
  /**
   * Returns the same schema, which then refuses unknown fields. Schemas of `zod/mini` lack this
   * method.
   */
  strict(): unknown
}

/** The output type of a profile schema: the fields as they are stored and read. */
export type ProfileOf<Schema extends ProfileSchema> = Schema['_zod']['output']

/** The fields of your application's profiles, and when a profile is complete. */
export interface ProfileDefinition<Schema extends ProfileSchema = DefaultProfileSchema> {
  /**
   * The fields and their rules, created with `z.object()` of Zod 4. A schema with rules over
   * several fields is refused: put them into `check`. A field that returns what JSON cannot hold,
   * such as `z.date()`, is refused too: use `z.iso.date()`. The SQL stores keep the text fields of
   * {@link defaultProfileSchema} in separate columns, if the text fits. All other fields share one
   * JSON column.
   */
  readonly schema: Schema
  /**
   * Whether a profile with all required fields is complete: an additional rule of your application.
   * It is synchronous. If it throws, the profile is incomplete, and a `hook_failed` event reports
   * the failure.
   * @defaultValue every profile with all required fields is complete
   */
  isComplete?(profile: ProfileOf<Schema>): boolean
  /**
   * Checks rules over several fields. It receives the profile as it would be saved, in which any
   * field may be missing, and returns the problems. It runs before the save and is not part of it:
   * two concurrent changes of one profile can each pass and together break a rule. If it throws or
   * takes longer than five seconds, the profile is refused, and a `hook_failed` event reports it.
   * @defaultValue no further rules
   */
  check?(fields: Partial<ProfileOf<Schema>>): readonly ProfileIssue[] | Promise<readonly ProfileIssue[]>
}

/**
 * The default profile: `name` (2 to 100 characters, or one letter of a script without upper case),
 * `email` (also in other scripts than Latin), and optionally `bio` (up to 500), `location` (up to
 * 100), `birthDate` (`YYYY-MM-DD`, past, from 1900) and `avatar` (an http(s) URL, up to 2048).
 *
 * These fields are never used to identify, find or link a user. Extend the schema with Zod's
 * `extend`.
 */
export const defaultProfileSchema = z.object({
  name: personName,
  email: emailAddress,
  bio: z
    .string('must be text')
    .trim()
    .max(500, 'must have at most 500 characters')
    .regex(/^[^\p{Cs}\0]*$/u, 'must not contain NUL')
    .optional(),
  location: line(100).optional(),
  birthDate: birthDate.optional(),
  avatar: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .max(2048, 'must have at most 2048 characters')
    .optional(),
})

/** The types of {@link defaultProfileSchema}. */
export interface DefaultProfileSchema
  extends ProfileSchema<z.output<typeof defaultProfileSchema>, z.input<typeof defaultProfileSchema>> {}

/**
 * Checks all the fields of a profile. For a field that may be absent, `null` and `""` mean absent,
 * because some clients cannot leave a field out.
 *
 * @throws {@link InvalidProfileError} listing every invalid field.
 */
export async function parseProfile(
  { schema }: { readonly schema: ProfileSchema },
  input: unknown,
): Promise<ProfileFields> {
  const fields = await parse(schema.strict() as z.ZodObject, withoutEmpty(schema, input, undefined))
  throwIfAny(lostFields(schema, fields))
  return withoutUndefined(fields)
}

/**
 * Checks a change to a profile: any of its fields, or `null` to remove a field. For a field that
 * may be absent, `""` means `null`. Only the fields in the input change; the defaults of the schema
 * do not apply.
 *
 * @throws {@link InvalidProfileError} listing every invalid field.
 */
export async function parseProfilePatch(
  { schema }: { readonly schema: ProfileSchema },
  input: unknown,
): Promise<ProfilePatch> {
  const shape = Object.entries(schema.shape as z.ZodRawShape).map(([field, rule]) => [
    field,
    z.nullable(rule).optional(),
  ])
  const changes = withoutEmpty(schema, input, null)
  const parsed = await parse(z.strictObject(Object.fromEntries(shape)), changes)
  const given = Object.entries(changes as object).filter(([, value]) => value !== undefined)
  const removed = new Set(given.filter(([, value]) => value === null).map(([field]) => field))
  const patch = Object.fromEntries(given.map(([field]) => [field, parsed[field]]))
  throwIfAny(lostFields(schema, patch).filter(({ field }) => !removed.has(field)))
  return withoutUndefined(patch)
}

// Replaces `""`, and `null` where the rule does not accept it, in fields that may be absent.
function withoutEmpty(schema: ProfileSchema, input: unknown, absent: null | undefined): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  const rules = new Map(rulesOf(schema))
  const isAbsent = (field: string, value: unknown) => {
    const rule = rules.get(field)
    const mayBeAbsent = rule?._zod.optin !== undefined
    return mayBeAbsent && (value === '' || (value === null && !allowsNull(rule)))
  }
  return Object.fromEntries(
    Object.entries(input).map(([field, value]) => [field, isAbsent(field, value) ? absent : value]),
  )
}

// A transformation can turn the value of a required field into `null`, which would remove it.
function lostFields(schema: ProfileSchema, fields: Readonly<Record<string, unknown>>): ProfileIssue[] {
  return rulesOf(schema)
    .filter(([field, rule]) => Object.hasOwn(fields, field) && (fields[field] ?? null) === null && isRequired(rule))
    .map(([field]) => ({ field, message: 'is required' }))
}

/**
 * Checks the rules over several fields for the profile as it would be saved.
 *
 * @throws {@link InvalidProfileError} if a rule is broken.
 */
export async function checkProfile<Profile extends object>(
  { check }: ProfileDefinition<ProfileSchema<Profile>>,
  fields: ProfileFields,
): Promise<void> {
  throwIfAny((await check?.(fields as Partial<Profile>)) ?? [])
}

/** Returns `fields` with `patch` applied. */
export function patched(fields: ProfileFields, patch: ProfilePatch): ProfileFields {
  return Object.fromEntries(Object.entries({ ...fields, ...patch }).filter(([, value]) => value !== null))
}

// Deep enough for any profile, and too shallow to exhaust the stack of a parser or a database.
const MAX_DEPTH = 32

async function parse(schema: z.ZodType, input: unknown): Promise<Record<string, unknown>> {
  if (isDeeperThan(MAX_DEPTH, input)) {
    throw new InvalidProfileError([{ field: 'profile', message: `must not be nested deeper than ${MAX_DEPTH} levels` }])
  }
  // Zod 4.4 ignores this key, even in a strict schema.
  if (Object.hasOwn(Object(input), '__proto__')) throwIfAny([unknownField('__proto__')])
  const result = await schema.safeParseAsync(input)
  throwIfAny(result.success ? unstorable(result.data) : once(input, result.error.issues.flatMap(profileIssues)))
  return result.data as Record<string, unknown>
}

// The first issue of a field without a value. Rules that run after the first failed one would say,
// for example, that an empty date must be in the past.
function once(input: unknown, issues: readonly ProfileIssue[]): ProfileIssue[] {
  const values = Object(input) as Readonly<Record<string, unknown>>
  const isEmpty = (field: string) => (values[field] ?? '') === ''
  return issues.filter(
    ({ field }, index) => !isEmpty(field) || issues.findIndex((other) => other.field === field) === index,
  )
}

function throwIfAny([first, ...rest]: readonly ProfileIssue[]): void {
  if (first !== undefined) throw new InvalidProfileError([first, ...rest])
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member))
}

function unstorable(fields: unknown): ProfileIssue[] {
  return Object.entries(fields as object)
    .filter(([, value]) => value !== undefined && !isStorable(value))
    .map(([field]) => ({ field, message: 'must be JSON without NUL or broken characters' }))
}

function profileIssues(issue: z.core.$ZodIssue): ProfileIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField([...issue.path, key].join('.')))
  }
  return [{ field: issue.path.length === 0 ? 'profile' : issue.path.join('.'), message: issue.message }]
}

function unknownField(field: string): ProfileIssue {
  return { field, message: 'is not a field of the profile' }
}

/** Whether a store can hold a value: JSON without NUL or broken characters. */
export function isStorable(value: unknown): value is JsonValue {
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
