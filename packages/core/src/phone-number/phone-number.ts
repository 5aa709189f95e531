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
 * compares or returns phone numbers.
 *
 * Only parsing creates this type, so every value of it has been checked.
 */
export type PhoneNumber = string & { readonly __phoneNumber: true }

/** Which numbers {@link parsePhoneNumber} accepts. */
export interface PhoneNumberRules {
  /**
   * The ISO 3166 regions with accepted numbers. They are regions, not calling codes, so that `US`
   * excludes Jamaica's `+1 876`.
   */
  readonly allowedRegions: ReadonlySet<string>
  /** The region of numbers without a country code. Without it such numbers are refused. */
  readonly defaultRegion: string | undefined
}

const MAX_INPUT_LENGTH = 32

// People group digits with space separators, dashes, the minus sign, brackets and dots. Other
// characters are refused.
const GROUPING = /[\p{Zs}\p{Pd}\u2212().[\]]/gu

// Until 2019 Mexican mobile numbers were dialled from abroad with an extra 1. Address books still
// contain that form of the same number.
const MEXICAN_MOBILE_FORM = /^\+521([0-9]{10})$/

// The line types that can receive an SMS. All others cannot, or charge a premium.
const SMS_CAPABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'VOIP'])

/**
 * Parses a phone number as a person types it and returns it in E.164 form.
 *
 * Accepts spaces, dashes, brackets, dots, a leading `00` and the decimal digits of every script.
 * Parsing a result again returns the same number. Refuses ambiguous input: letters, extensions,
 * several plus signs, control and direction marks.
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

/** Whether `region` is an ISO 3166 code in the phone metadata. */
export function isRegion(region: string): boolean {
  return isSupportedCountry(region)
}

/** The ISO 3166 region of a number; undefined if its calling code belongs to no region. */
export function regionOf(phoneNumber: PhoneNumber): string | undefined {
  return parsePhoneNumberFromString(phoneNumber)?.country
}

/**
 * The number with its middle hidden, for events and logs: `+1******0123`.
 *
 * Keeps at most the first digit of the calling code and the last four digits, and fewer of a short
 * number.
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

// "+91 0 98765 43210" mixes the international form with a trunk prefix. To remove the zero would be
// a guess.
function hasStrayTrunkPrefix(digits: string, parsed: ParsedNumber): boolean {
  const afterCallingCode = digits.slice(1 + parsed.countryCallingCode.length)
  return digits.startsWith('+') && afterCallingCode.startsWith('0') && !parsed.nationalNumber.startsWith('0')
}
