import { defOf, type SchemaDef } from './schema-def.ts'

interface NotJson {
  readonly returned: string
  readonly instead: string
}

const INSTANCE: NotJson = { returned: 'an instance of a class', instead: 'z.object()' }
const BIGINT: NotJson = { returned: 'a bigint', instead: 'z.int(), or z.string() for longer numbers' }

/** Schema types with output that JSON cannot hold. */
const NOT_JSON: Readonly<Record<string, NotJson>> = {
  bigint: BIGINT,
  date: { returned: 'a Date', instead: 'z.iso.date() or z.iso.datetime()' },
  file: { returned: 'a File', instead: 'z.url() for where you store the file' },
  function: { returned: 'a function', instead: 'z.json()' },
  map: { returned: 'a Map', instead: 'z.record()' },
  nan: { returned: 'NaN', instead: 'z.number()' },
  set: { returned: 'a Set', instead: 'z.array()' },
  symbol: { returned: 'a symbol', instead: 'z.enum()' },
}

/**
 * The keys of a schema's inner schemas, which define its output. A pipe has the output of its
 * `out`.
 */
const PARTS = ['innerType', 'element', 'valueType', 'items', 'rest', 'options', 'left', 'right', 'out', 'catchall']

// A schema can create new parts at each access, so without a limit the walk might never end.
const MAX_SCHEMAS = 1000

const REMEDY = 'create it with z.object() of "zod", version 4.'

/**
 * Returns the reasons why a profile cannot use `schema`, one sentence each: it is not an object
 * schema of Zod 4, it has rules over several fields, or a field returns what JSON cannot hold.
 *
 * The output of `.transform()` and `z.custom()` is not known before they run. Such a field passes
 * here and is checked at each save.
 */
export function profileSchemaProblems(schema: unknown): string[] {
  const def = defOf(schema)
  if (def === undefined) return [`profile.schema is ${isZod3(schema) ? 'a Zod 3' : 'not a Zod'} schema; ${REMEDY}`]
  if (def.type !== 'object') return [`profile.schema is a Zod schema of type "${def.type}"; ${REMEDY}`]
  if (typeof (schema as { strict?: unknown }).strict !== 'function') {
    return [`profile.schema is a zod/mini schema; ${REMEDY}`]
  }
  const fields = Object.entries(def.shape ?? {}).flatMap(([field, rule]) => fieldProblems(field, rule))
  if ((def.checks?.length ?? 0) === 0) return fields
  return [
    'profile.schema has rules over several fields, which updateProfile could not check; move them to profile.check.',
    ...fields,
  ]
}

function fieldProblems(field: string, rule: unknown): string[] {
  const problems = new Set<string>()
  const seen = new Set<unknown>()
  const waiting = [{ path: field, schema: rule }]
  for (const { path, schema } of waiting) {
    if (seen.has(schema) || seen.size === MAX_SCHEMAS) continue
    seen.add(schema)
    const def = defOf(schema)
    const notJson = def && notJsonOf(schema, def)
    if (def === undefined) {
      problems.add(`profile.schema.${path} is not a Zod 4 schema.`)
    } else if (notJson !== undefined) {
      problems.add(
        `profile.schema.${path} returns ${notJson.returned}, which JSON cannot hold; use ${notJson.instead}.`,
      )
    } else {
      waiting.push(...partsOf(path, def))
    }
  }
  return [...problems]
}

function notJsonOf(schema: unknown, def: SchemaDef): NotJson | undefined {
  if (def.type === 'literal') return def.values?.some((value) => typeof value === 'bigint') ? BIGINT : undefined
  // Where Zod keeps the class of z.instanceof().
  const { bag } = (schema as { _zod: { bag?: { Class?: unknown } } })._zod
  return bag?.Class === undefined ? NOT_JSON[def.type] : INSTANCE
}

function partsOf(path: string, def: SchemaDef): { path: string; schema: unknown }[] {
  // Its output is whether the inner schema succeeded, not the output of the inner schema.
  if (def.type === 'success') return []
  const fields = Object.entries(def.shape ?? {}).map(([name, schema]) => ({ path: `${path}.${name}`, schema }))
  const parts = [...PARTS.map((name) => def[name]), def.getter?.()].flat()
  return [...fields, ...parts.filter((schema) => schema != null).map((schema) => ({ path, schema }))]
}

function isZod3(schema: unknown): boolean {
  return typeof (schema as { _def?: { typeName?: unknown } } | null | undefined)?._def?.typeName === 'string'
}
