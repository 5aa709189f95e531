/** The secret of all contenders. */
export const SECRET = 'the secret of the benchmarks, with 32 bytes and more'

/** The origin that contenders believe to be served from. */
export const ORIGIN = 'http://127.0.0.1'

/**
 * The client's address that goes with a number: many clients, as in life, each with a limit of its
 * own.
 */
export function addressOf(phoneNumber: string): string {
  // Odd and large: neighbours are far apart, and few share an address.
  const spread = (Number(phoneNumber.slice(-10)) * 2_654_435_761) % 2 ** 24
  return `10.${spread >> 16}.${(spread >> 8) & 255}.${spread & 255}`
}

const AREA_CODES = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228]

/** The nth of millions of numbers that could be somebody's. */
export function phoneNumberOf(index: number): string {
  const area = AREA_CODES[index % AREA_CODES.length]
  const rest = Math.floor(index / AREA_CODES.length)
  return `+1${area}${String(2_340_000 + rest)}`
}
