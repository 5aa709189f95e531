// Soft hyphen; zero-width space and joiners; LRM and RLM; LRE, PDF and LRO; word joiner; LRI, FSI
// and PDI; byte order mark; variation selectors. Contacts and messengers put them around numbers.
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a\u202c\u202d\u2060\u2066\u2068\u2069\ufeff\p{Variation_Selector}]/gu

// ALM, RLE, RLO and RLI. After one of them, the digits that a person sees are not in the order in
// which they are stored.
const REORDERING = /[\u061c\u202b\u202e\u2067]/

/**
 * Removes the invisible characters that change neither which digits a person sees nor their order,
 * and white space at both ends.
 */
export function withoutMarks(text: string): string {
  return text.replace(INVISIBLE, '').replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
}

/** Whether a text contains an invisible character that can change the order of digits. */
export function isReordered(text: string): boolean {
  return REORDERING.test(text)
}
