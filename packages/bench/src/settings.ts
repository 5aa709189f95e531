/** The secret of all contenders. */
export const SECRET = 'the secret of the benchmarks, with 32 bytes and more'

/** The origin that contenders are configured with. */
export const ORIGIN = 'http://127.0.0.1'

/**
 * The IP address of the client for a phone number. As in production there are many clients, each
 * with a separate limit.
 */
export function addressOf(phoneNumber: string): string {
  // An odd and large factor: addresses of neighbouring numbers are far apart, and few are equal.
  const spread = (Number(phoneNumber.slice(-10)) * 2_654_435_761) % 2 ** 24
  return `10.${spread >> 16}.${(spread >> 8) & 255}.${spread & 255}`
}

const AREA_CODES = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228]

/** An address in the one network from which all calls of a scenario come. */
export function neighbourOf(index: number): string {
  return `10.0.0.${(index % 254) + 1}`
}

/** The nth of millions of valid phone numbers. */
export function phoneNumberOf(index: number): string {
  const area = AREA_CODES[index % AREA_CODES.length]
  const rest = Math.floor(index / AREA_CODES.length)
  return `+1${area}${String(2_340_000 + rest)}`
}
