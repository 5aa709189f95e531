import {
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber as ParsedNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { InvalidPhoneNumberError, RegionNotAllowedError } from '../errors/index.ts'
import { toAsciiDigits } from './digits.ts'

/**
 * A phone number in E.164 form, such as `+14155550123`: the only form in which this library stores,
 * compares or answers one.
 *
 * Made by parsing alone, so that holding one is proof of having been checked.
 */
export type PhoneNumber = string & { readonly __phoneNumber: true }

/** Which numbers {@link parsePhoneNumber} accepts. */
export interface PhoneNumberRules {
  /**
   * ISO 3166 regions whose numbers are accepted; regions, not calling codes, so that `US` excludes
   * Jamaica's `+1 876`.
   */
  readonly allowedRegions: ReadonlySet<string>
  /**
   * The region that a number without a country code is read in. Without it such a number is
   * refused.
   */
  readonly defaultRegion: string | undefined
}

const MAX_INPUT_LENGTH = 32

// Space separators, dashes, the minus sign, brackets and dots are how people group digits; nothing
// else may stand in a number.
const GROUPING = /[\p{Zs}\p{Pd}\u2212().[\]]/gu

// Until 2019 Mexican mobiles were dialled from abroad with an extra 1; address books still hold
// them, and it is the same line.
const MEXICAN_MOBILE_FORM = /^\+521([0-9]{10})$/

// A line that can receive an SMS; undefined metadata means invalid, everything else cannot, or
// costs its caller a premium.
const SMS_CAPABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'VOIP'])

/**
 * Reads what a person typed as a phone number and returns it in E.164 form.
 *
 * Accepts spaces, dashes, brackets, dots, a leading `00` and the decimal digits of every script;
 * the result of a result is itself. Refuses whatever could be read in two ways (letters,
 * extensions, several plus signs, control and direction marks).
 *
 * @throws {@link InvalidPhoneNumberError} if `input` is not one unambiguous number of a line that
 *   can receive SMS.
 * @throws {@link RegionNotAllowedError} if the number belongs to a region that `rules` does not
 *   list.
 */
export function parsePhoneNumber(input: unknown, rules: PhoneNumberRules): PhoneNumber {
  const digits = groupedDigits(input)
  const parsed = parsePhoneNumberFromString(digits, rules.defaultRegion as CountryCode | undefined)
  if (parsed === undefined || hasStrayTrunkPrefix(digits, parsed)) {
    throw new InvalidPhoneNumberError('malformed')
  }
  const { country } = parsed
  if (country === undefined && parsed.isNonGeographic()) throw new RegionNotAllowedError(undefined)
  if (country === undefined || !parsed.isPossible()) throw new InvalidPhoneNumberError('malformed')
  if (!rules.allowedRegions.has(country)) throw new RegionNotAllowedError(country)
  if (!parsed.isValid()) throw new InvalidPhoneNumberError('malformed')
  if (!SMS_CAPABLE.has(parsed.getType() ?? '')) throw new InvalidPhoneNumberError('not_mobile')
  return parsed.number as string as PhoneNumber
}

/** Whether `region` is an ISO 3166 code that phone metadata knows. */
export function isRegion(region: string): boolean {
  return isSupportedCountry(region)
}

/** The ISO 3166 region of a number; undefined where its calling code belongs to none. */
export function regionOf(phoneNumber: PhoneNumber): string | undefined {
  return parsePhoneNumberFromString(phoneNumber)?.country
}

/**
 * The number with its middle hidden, for events and logs: `+1******0123`.
 *
 * Keeps at most the first digit of the calling code and the last four, fewer of a short number.
 */
export function maskPhoneNumber(phoneNumber: PhoneNumber): string {
  const hidden = Math.max(phoneNumber.length - 6, 4)
  return phoneNumber.slice(0, 2) + '*'.repeat(hidden) + phoneNumber.slice(2 + hidden)
}

function groupedDigits(input: unknown): string {
  if (typeof input !== 'string' || input.length > 2 * MAX_INPUT_LENGTH || [...input].length > MAX_INPUT_LENGTH) {
    throw new InvalidPhoneNumberError('malformed')
  }
  const digits = toAsciiDigits(input)
    .replaceAll('\uff0b', '+')
    .replace(GROUPING, '')
    .replace(/^00/, '+')
    .replace(MEXICAN_MOBILE_FORM, '+52$1')
  if (!/^\+?[0-9]{4,20}$/.test(digits)) throw new InvalidPhoneNumberError('malformed')
  return digits
}

// "+91 0 98765 43210" mixes the international form with a trunk prefix; dropping the zero would be
// a guess.
function hasStrayTrunkPrefix(digits: string, parsed: ParsedNumber): boolean {
  const afterCallingCode = digits.slice(1 + parsed.countryCallingCode.length)
  return digits.startsWith('+') && afterCallingCode.startsWith('0') && !parsed.nationalNumber.startsWith('0')
}
