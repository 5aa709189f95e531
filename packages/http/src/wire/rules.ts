/** A Zod 4 schema. */
export interface Rule {
  readonly _zod?: object
}

/** The parts of the internal definition of a schema that name the keys of its values. */
interface Def {
  readonly shape?: Readonly<Record<string, Rule>>
  readonly getter?: () => Rule
  readonly [part: string]: unknown
}

/** A schema can create new parts at each access, so without a limit a walk might never end. */
export const MAX_SCHEMAS = 1000

// The keys of the schemas that have the same value as the schema they are part of, and of those
// whose values are members of its value.
const SAME_VALUE = ['innerType', 'in', 'out', 'left', 'right', 'options']
const MEMBERS = ['element', 'items', 'rest', 'valueType', 'catchall']

/** Returns the rules of the fields that `rules` name, by field. A union can have several. */
export function fieldsOf(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const fields = new Map<string, Rule[]>()
  for (const def of defsOf(rules)) {
    for (const [field, rule] of Object.entries(def.shape ?? {})) fields.set(field, [...(fields.get(field) ?? []), rule])
  }
  return fields
}

/** Returns the rules of members that have no name: items of arrays, values of records. */
export function membersOf(rules: readonly Rule[]): readonly Rule[] {
  return defsOf(rules).flatMap((def) => partsOf(def, MEMBERS))
}

function defsOf(rules: readonly Rule[]): readonly Def[] {
  // A schema can contain itself, so each is visited once.
  const waiting = new Set(rules)
  const defs: Def[] = []
  for (const rule of waiting) {
    const { def } = (rule._zod ?? {}) as { readonly def?: Def }
    if (def === undefined || defs.length === MAX_SCHEMAS) continue
    defs.push(def)
    for (const part of partsOf(def, SAME_VALUE)) waiting.add(part)
    if (def.getter !== undefined) waiting.add(def.getter())
  }
  return defs
}

function partsOf(def: Def, names: readonly string[]): Rule[] {
  return names.flatMap((name) => (def[name] ?? []) as Rule | Rule[])
}
