import { InvalidPhoneNumberError } from '../errors/index.ts'
import { toAsciiDigits } from './digits.ts'
import { isReordered, withoutMarks } from './marks.ts'

const MAX_INPUT_LENGTH = 32

// What people group digits with: space separators, dashes of all scripts, the minus sign, the
// prolonged sound mark that Japanese keyboards offer as a dash, dots, slashes and brackets.
const GROUPING = /[\p{Zs}\p{Pd}\u2212\u30fc\uff70.\u00b7\uff0e/\uff0f()\uff08\uff09[\]\uff3b\uff3d]/gu

// After an area code there are at least four digits. Fewer after the only slash are the end of a
// second number, which differs from the first in them.
const ALTERNATIVE = /^[^/\uff0f]+[/\uff0f](?:[^0-9/\uff0f]*[0-9]){0,3}[^0-9/\uff0f]*$/

/**
 * Returns the digits of a phone number as a person wrote it, with a leading `+` if there is one.
 *
 * @throws {@link InvalidPhoneNumberError} if the input is not digits with common grouping.
 */
export function spelledDigits(input: unknown): string {
  if (typeof input !== 'string' || input.length > 2 * MAX_INPUT_LENGTH || [...input].length > MAX_INPUT_LENGTH) {
    throw new InvalidPhoneNumberError('malformed')
  }
  if (isReordered(input)) throw new InvalidPhoneNumberError('reordered')
  const spelled = toAsciiDigits(withoutMarks(input)).replace(/^tel:/i, '').replace('\uff0b', '+')
  const digits = spelled.replace(GROUPING, '')
  if (ALTERNATIVE.test(spelled) || !/^\+?[0-9]{4,20}$/.test(digits)) throw new InvalidPhoneNumberError('malformed')
  return digits
}
