import { unknownField } from './body.ts'

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

/** The profile fields of a body under the library's names. @throws {@link HttpError} for a field that the profile does not have. */
export function profileInput(
  body: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  const byWireName = new Map(fields.map((field) => [snakeCase(field), field]))
  const entries = Object.entries(body).map(([name, value]) => {
    const field = byWireName.get(name)
    if (field === undefined) throw unknownField(name)
    return [field, value]
  })
  return Object.fromEntries(entries)
}
