import { type CountryCode, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max'
import { InvalidPhoneNumberError, type PhoneAuthError, RegionNotAllowedError } from '../errors/index.ts'
import { type AdditionalRange, isSmsCapable, parse, readingsOf } from './readings.ts'
import { spelledDigits } from './spelling.ts'

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
  /** Numbers that are accepted in addition to those of the phone metadata. */
  readonly additionalRanges: readonly AdditionalRange[]
}

/**
 * Parses a phone number as a person types or pastes it and returns it in E.164 form.
 *
 * Accepts spaces, dashes, dots, slashes, brackets and the decimal digits of every script, `tel:`,
 * and the invisible marks that surround a copied number. A trunk prefix beside the country code, as
 * in `+44 (0)7400 123456`, is dropped. Parsing a result again returns the same number.
 *
 * Refuses input that is not one number: letters, extensions, several plus signs, control
 * characters, marks that reorder digits, and digits that can stand for two numbers.
 *
 * @throws {@link InvalidPhoneNumberError} if `input` is not one unambiguous number of a line that
 *   can receive SMS.
 * @throws {@link RegionNotAllowedError} if the number belongs to a region that `rules` does not
 *   list.
 */
export function parsePhoneNumber(input: unknown, rules: PhoneNumberRules): PhoneNumber {
  const digits = spelledDigits(input)
  const [reading, other] = readingsOf(digits, rules.defaultRegion, rules.additionalRanges)
  if (reading === undefined) throw refusal(digits, rules)
  if (other !== undefined) throw new InvalidPhoneNumberError('ambiguous')
  if (!rules.allowedRegions.has(reading.region)) throw new RegionNotAllowedError(reading.region)
  return reading.number as PhoneNumber
}

// Why digits without a reading are refused.
function refusal(digits: string, { allowedRegions, defaultRegion }: PhoneNumberRules): PhoneAuthError {
  const abroad = digits.startsWith('00') ? parse(`+${digits.slice(2)}`, undefined) : undefined
  const parsed = defaultRegion === undefined ? (abroad ?? parse(digits, undefined)) : parse(digits, defaultRegion)
  // After the prefix of another region, what the digits are in this one would be beside the point.
  const isDialledElsewhere = abroad?.isValid() === true && abroad.number !== parsed?.number
  if (parsed === undefined || isDialledElsewhere) return new InvalidPhoneNumberError('malformed')
  const { country } = parsed
  if (country === undefined && parsed.isNonGeographic()) return new RegionNotAllowedError(undefined)
  if (country === undefined || !parsed.isPossible()) return new InvalidPhoneNumberError('malformed')
  if (!allowedRegions.has(country)) return new RegionNotAllowedError(country)
  return new InvalidPhoneNumberError(parsed.isValid() && !isSmsCapable(parsed) ? 'not_mobile' : 'malformed')
}

/** Whether `region` is an ISO 3166 code in the phone metadata. */
export function isRegion(region: string): boolean {
  return isSupportedCountry(region)
}

/** The country calling code of a region, without a plus sign. */
export function callingCodeOf(region: string): string {
  return getCountryCallingCode(region as CountryCode)
}

/** The ISO 3166 region of a number; undefined if its calling code belongs to no region. */
export function regionOf(phoneNumber: PhoneNumber): string | undefined {
  return parse(phoneNumber, undefined)?.country
}

/** The digits of a number after its country calling code. */
export function nationalDigits(phoneNumber: PhoneNumber): string {
  return parse(phoneNumber, undefined)?.nationalNumber ?? phoneNumber.slice(1)
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
