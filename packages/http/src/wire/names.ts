import { fieldsOf, MAX_SCHEMAS, membersOf, type Rule } from './rules.ts'

// The API calls a code `otp_code`.
const OWN_NAMES: Readonly<Record<string, string>> = { code: 'otp_code' }

/** The JSON name of a field of the library: `phoneNumber` is `phone_number`. */
export function wireName(field: string): string {
  return Object.hasOwn(OWN_NAMES, field) ? (OWN_NAMES[field] as string) : snakeCase(field)
}

/** Converts `camelCase` to `snake_case`. Acronyms are words: `URLSlug` is `url_slug`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** The JSON path of a field of the library, such as `address.postalCode`, that `rules` define. */
export function wirePath(path: string, rules: readonly Rule[]): string {
  const [name = '', ...rest] = path.split('.')
  const field = fieldsOf(rules).get(name)
  const wire = field === undefined ? name : snakeCase(name)
  return rest.length === 0 ? wire : `${wire}.${wirePath(rest.join('.'), field ?? membersOf(rules))}`
}

/** Returns the paths of fields in a schema that have the JSON name of another field beside them. */
export function duplicateNames(schema: Rule): string[] {
  const found: string[] = []
  const seen = new Set<Rule>()
  const visit = (rules: readonly Rule[], path: string): void => {
    const unseen = rules.filter((rule) => !seen.has(rule))
    if (unseen.length === 0 || seen.size > MAX_SCHEMAS) return
    for (const rule of unseen) seen.add(rule)
    const names = new Set<string>()
    for (const [field, inner] of fieldsOf(rules)) {
      if (names.has(snakeCase(field))) found.push(path + field)
      names.add(snakeCase(field))
      visit(inner, `${path}${field}.`)
    }
    visit(membersOf(rules), path)
  }
  visit([schema], '')
  return found
}

/** How to rename the keys of objects. */
export interface Renaming {
  /** The key that a field has before. */
  readonly from: (field: string) => string
  /** The key that a field gets. */
  readonly to: (field: string) => string
  /** Called with each key that belongs to no field. */
  readonly onOther?: (key: string, fields: readonly string[], path: readonly string[]) => void
}

// As deep as the library accepts profiles. Values that are deeper are returned unchanged.
const MAX_DEPTH = 32

/** Returns `value` with the keys of the fields that `rules` name renamed, at every depth. */
export function renamed(
  value: unknown,
  rules: readonly Rule[],
  renaming: Renaming,
  path: readonly string[] = [],
): unknown {
  if (typeof value !== 'object' || value === null || rules.length === 0 || path.length > MAX_DEPTH) return value
  const members = membersOf(rules)
  if (Array.isArray(value)) {
    return value.map((item, index) => renamed(item, members, renaming, [...path, String(index)]))
  }
  const fields = fieldsOf(rules)
  const byKey = new Map([...fields.keys()].map((field) => [renaming.from(field), field]))
  const entries = Object.entries(value).map(([key, member]) => {
    const field = byKey.get(key)
    if (field === undefined) renaming.onOther?.(key, [...fields.keys()], path)
    const name = field === undefined ? key : renaming.to(field)
    return [name, renamed(member, fields.get(field ?? '') ?? members, renaming, [...path, key])]
  })
  return Object.fromEntries(entries)
}
