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
