/** The parts of a Zod 4 schema's internal definition that this package reads. */
export interface SchemaDef {
  readonly type: string
  readonly checks?: readonly unknown[]
  readonly shape?: object
  readonly values?: readonly unknown[]
  readonly getter?: () => unknown
  readonly [part: string]: unknown
}

/** Returns the internal definition of a Zod 4 schema; `undefined` for any other value. */
export function defOf(schema: unknown): SchemaDef | undefined {
  return (schema as { _zod?: { def?: SchemaDef } } | null | undefined)?._zod?.def
}

/** The parts of a field's rule that are the same in every version of Zod 4. */
export interface FieldRule {
  /** Zod sets `optin` and `optout` if the input and the output of the schema may omit the field. */
  readonly _zod: { readonly optin?: string; readonly optout?: string }
  safeParseAsync(value: unknown): Promise<{ readonly success: boolean; readonly data?: unknown }>
}

/** Returns the rule of each field of an object schema, by the field's name. */
export function rulesOf({ shape }: { readonly shape: object }): readonly (readonly [string, FieldRule])[] {
  return Object.entries(shape as Readonly<Record<string, FieldRule>>)
}

/** Whether a profile without a value for the field of this rule is incomplete. */
export function isRequired(rule: FieldRule): boolean {
  return rule._zod.optin === undefined && rule._zod.optout === undefined && !allowsNull(rule)
}

// A schema can contain itself.
const MAX_DEPTH = 32

/** Whether the output of a rule can be `null`. What a transformation returns is not known. */
export function allowsNull(rule: unknown, depth = 0): boolean {
  const def = defOf(rule)
  if (def === undefined || depth > MAX_DEPTH) return false
  if (['any', 'null', 'nullable', 'unknown'].includes(def.type)) return true
  if (def.type === 'literal') return def.values?.includes(null) === true
  if (def.type === 'success') return false
  const results = def.type === 'pipe' ? [def.out] : [def.innerType, def.options, def.getter?.()].flat()
  return results.some((result) => allowsNull(result, depth + 1))
}
