/** What Zod 4 keeps of a schema, as far as it is read here. */
export interface SchemaDef {
  readonly type: string
  readonly checks?: readonly unknown[]
  readonly shape?: object
  readonly values?: readonly unknown[]
  readonly getter?: () => unknown
  readonly [part: string]: unknown
}

/** What Zod 4 keeps of a schema; `undefined` if it is not one. */
export function defOf(schema: unknown): SchemaDef | undefined {
  return (schema as { _zod?: { def?: SchemaDef } } | null | undefined)?._zod?.def
}
