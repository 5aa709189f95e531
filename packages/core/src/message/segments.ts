/** The size of a text as SMS. */
export interface SmsSegments {
  /**
   * GSM-7 if every character is in the GSM alphabet; otherwise UCS-2, which fits less than half as
   * many characters.
   */
  readonly encoding: 'GSM-7' | 'UCS-2'
  /**
   * The length in units of the encoding. A few GSM-7 characters, such as `€`, take two units, and
   * so do emoji in UCS-2.
   */
  readonly units: number
  /** How many messages the provider charges. */
  readonly segments: number
  /** The characters that force UCS-2, each once, in the order of the text. Empty for GSM-7. */
  readonly nonGsmCharacters: readonly string[]
}

// 3GPP TS 23.038 section 6.2.1: the default alphabet, and the characters of the extension table,
// which need an escape character each.
const GSM_7 = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]$/
const GSM_7_EXTENSION = /^[\f^{}\\[~\]|€]$/

// The capacity of a single message, and of each part of a longer one, which needs room for a header
// (3GPP TS 23.040 section 9.2.3.24.1).
const CAPACITY = { 'GSM-7': { alone: 160, joined: 153 }, 'UCS-2': { alone: 70, joined: 67 } } as const

/** Counts the segments of a text and lists the characters that force UCS-2. */
export function smsSegments(text: string): SmsSegments {
  const characters = [...text]
  const nonGsmCharacters = characters.filter((character) => !GSM_7.test(character) && !GSM_7_EXTENSION.test(character))
  const encoding = nonGsmCharacters.length === 0 ? 'GSM-7' : 'UCS-2'
  const sizes = characters.map((character) =>
    encoding === 'UCS-2' ? character.length : GSM_7_EXTENSION.test(character) ? 2 : 1,
  )
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const segments = units <= CAPACITY[encoding].alone ? 1 : partsOf(sizes, CAPACITY[encoding].joined)
  return { encoding, units, segments, nonGsmCharacters: [...new Set(nonGsmCharacters)] }
}

// A character of two units is never split between two parts.
function partsOf(sizes: readonly number[], capacity: number): number {
  let parts = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > capacity) {
      parts += 1
      used = 0
    }
    used += size
  }
  return parts
}

/** Whether every character is in the GSM default alphabet, where it takes one unit. */
export function isGsm7(text: string): boolean {
  return [...text].every((character) => GSM_7.test(character))
}
