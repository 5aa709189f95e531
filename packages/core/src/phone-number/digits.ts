const DECIMAL_DIGIT = /\p{Nd}/u

/**
 * `text` with the decimal digits of every script (Arabic-Indic, Devanagari, fullwidth …) replaced
 * by `0` to `9`.
 */
export function toAsciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit.codePointAt(0) as number)))
}

// Unicode keeps the digits of a script in ascending runs of ten, so a digit's value is its distance
// from the start of its run.
function digitValue(codePoint: number): number {
  let distance = 0
  while (DECIMAL_DIGIT.test(String.fromCodePoint(codePoint - distance - 1))) distance += 1
  return distance % 10
}
