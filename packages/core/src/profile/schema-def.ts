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
