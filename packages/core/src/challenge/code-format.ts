import type { CodeAlphabet, CodeFormat } from './challenge.ts'

/**
 * The characters of hardened codes: letters and digits, digits alone, or the choice that the region
 * of the number needs.
 *
 * @inline
 */
export type HardenedCodes = 'auto' | 'alphanumeric' | 'digits'

/** The characters of each alphabet. */
export const CHARACTERS: Readonly<Record<CodeAlphabet, string>> = {
  digits: '0123456789',
  crockford32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
}

/** The formats of hardened codes: `XXXX-XXXX-XXXXX` with 65 bits, or 20 digits with 66 bits. */
export const HARDENED_FORMATS = {
  alphanumeric: { alphabet: 'crockford32', length: 13 },
  digits: { alphabet: 'digits', length: 20 },
} as const satisfies Readonly<Record<Exclude<HardenedCodes, 'auto'>, CodeFormat>>

// India's operators deliver only registered texts and check each variable against its tag.
// `#numeric#` accepts digits; no tag accepts a code with hyphens.
const DIGITS_ONLY_REGIONS: ReadonlySet<string | undefined> = new Set(['IN'])

// NIST SP 800-63B-4 section 3.2.2 requires throttling only for secrets below 64 bits. From 64 bits
// on, no number of guesses is dangerous.
const HARDENED_BITS = 64

/** The format of hardened codes for numbers of a region. */
export function hardenedFormat(choice: HardenedCodes, region: string | undefined): CodeFormat {
  if (choice !== 'auto') return HARDENED_FORMATS[choice]
  return HARDENED_FORMATS[DIGITS_ONLY_REGIONS.has(region) ? 'digits' : 'alphanumeric']
}

/** Whether codes of a format are hardened: there are too many to guess. */
export function isHardened({ alphabet, length }: CodeFormat): boolean {
  // Stryker disable next-line EqualityOperator: no format has exactly 64 bits.
  return length * Math.log2(CHARACTERS[alphabet].length) >= HARDENED_BITS
}

/**
 * The groups in which a message shows a code: one for an ordinary code, several for a hardened one.
 */
export function codeGroups(code: string, format: CodeFormat): readonly string[] {
  // Groups of four. A single remaining character joins the last group.
  return isHardened(format) ? [...code.matchAll(/.{4}(?!.$)|.+/g)].map(([group]) => group) : [code]
}

/** The code as a message shows it: a hardened code is in groups, so that it can be read aloud. */
export function displayCode(code: string, format: CodeFormat): string {
  return codeGroups(code, format).join(format.alphabet === 'digits' ? ' ' : '-')
}
