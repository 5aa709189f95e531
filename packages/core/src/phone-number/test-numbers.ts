import type { PhoneNumber } from './phone-number.ts'

// Numbers that regulators reserve for fiction, so that no user ever has one. Those of the United
// Kingdom and of France are missing, because they are invalid in the phone metadata and no
// challenge could be opened for them.
const UNASSIGNABLE = [
  // North America: 555-0100 to 555-0199 of every area code.
  /^\+1[2-9][0-9]{2}55501[0-9]{2}$/,
  // Sweden, mobile: 070-174 06 05 to 99.
  /^\+46701740(60[5-9]|6[1-9][0-9])$/,
  // Australia, mobile: 0491 570 006, 156 to 159, 110, 313 and 737.
  /^\+61491570(006|156|157|158|159|110|313|737)$/,
]

/** Whether a number is reserved for films and tests, so that no carrier may assign it. */
export function isUnassignable(phoneNumber: string): boolean {
  return UNASSIGNABLE.some((range) => range.test(phoneNumber))
}

/** Phone numbers with fixed codes. */
export interface TestNumbers {
  readonly codes: ReadonlyMap<string, string>
  readonly until: Date
}

/** The fixed code of a number at `now`; `null` for an ordinary number. */
export function fixedCodeOf({ codes, until }: TestNumbers, phoneNumber: PhoneNumber, now: Date): string | null {
  return now < until ? (codes.get(phoneNumber) ?? null) : null
}
