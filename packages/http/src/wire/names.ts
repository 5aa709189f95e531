// The API calls a code `otp_code`.
const OWN_NAMES: Readonly<Record<string, string>> = { code: 'otp_code' }

/** The JSON name of a field of the library: `phoneNumber` is `phone_number`. */
export function wireName(field: string): string {
  return Object.hasOwn(OWN_NAMES, field) ? (OWN_NAMES[field] as string) : snakeCase(field)
}

/** Converts `camelCase` to `snake_case`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
