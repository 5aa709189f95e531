const encoder = new TextEncoder()

/** `text` as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const letter = (bits: number) => BASE64URL.charCodeAt(bits & 63)

/** `bytes` in base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  // Text that grows letter by letter would take four times as long.
  const letters: number[] = []
  for (let index = 0; index < bytes.length; index += 3) {
    const bits = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
    letters.push(letter(bits >> 18), letter(bits >> 12), letter(bits >> 6), letter(bits))
  }
  letters.length = Math.ceil((bytes.length * 4) / 3)
  return String.fromCharCode(...letters)
}

/**
 * The bytes of `text`; `null` unless it is the canonical base64url spelling of exactly `length`
 * bytes.
 */
export function fromBase64Url(text: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (text.length !== Math.ceil((length * 4) / 3) || !/^[A-Za-z0-9_-]*$/.test(text)) return null
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0))
  return toBase64Url(bytes) === text ? bytes : null
}

/** `parts` joined in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

const POOL_BYTES = 512
let pool = new Uint8Array(0)
let used = 0

/** `length` bytes from the platform's cryptographic random source. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(length))
  // One draw of many bytes costs as much as one of a few.
  if (used + length > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES))
    used = 0
  }
  const bytes = pool.slice(used, used + length)
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

/**
 * Compares `a` and `b` in a time that does not depend on where they differ (OWASP ASVS 5 section
 * 11.2.4).
 */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}
