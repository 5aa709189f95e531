// The contract's word for a code is older than the library's.
const OWN_NAMES: Readonly<Record<string, string>> = { code: 'otp_code' }

/** The name on the wire of a field of the library: `phoneNumber` is `phone_number`. */
export function wireName(field: string): string {
  return Object.hasOwn(OWN_NAMES, field) ? (OWN_NAMES[field] as string) : snakeCase(field)
}

/** `camelCase` as `snake_case`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * The profile fields of a body under the library's names. A name that no field of the profile has on the wire is left as it stands,
 * marked so that it cannot be mistaken for one, and the library refuses it by that name.
 */
export function profileInput(body: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  const byWireName = new Map(fields.map((field) => [snakeCase(field), field]))
  const entries = Object.entries(body).map(([name, value]) => [byWireName.get(name) ?? unknownName(name, fields), value])
  return Object.fromEntries(entries)
}

// `birthDate` is the library's name of a field and nobody's on the wire.
function unknownName(name: string, fields: readonly string[]): string {
  return fields.includes(name) ? `"${name}"` : name
}
