import {
  type CountryCode,
  getCountryCallingCode,
  Metadata,
  type PhoneNumber as ParsedNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'

/** Numbers that are accepted in addition to those of the phone metadata. */
export interface AdditionalRange {
  readonly region: string
  /** Matches whole numbers in E.164. */
  readonly pattern: RegExp
}

/** A number that can receive SMS, in E.164, and its ISO 3166 region. */
export interface Reading {
  readonly number: string
  readonly region: string
}

// The line types that can receive an SMS. All others cannot, or charge a premium.
const SMS_CAPABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'VOIP'])

// Until 2019 Mexican mobile numbers were dialled from abroad with an extra 1. Address books still
// contain that form of the same number. Within Mexico there was no such form.
const MEXICAN_MOBILE_FORM = /^\+521([0-9]{10})$/
const withoutMexicanPrefix = (number: string) => number.replace(MEXICAN_MOBILE_FORM, '+52$1')

// In the plan of this calling code the trunk prefix is also the calling code. After an
// international prefix, a second one is more likely a part of another number.
const NORTH_AMERICAN = '1'

// The international prefix of most regions (ITU-T E.164), and the length of the longest one.
const USUAL_PREFIX = '00'
const LONGEST_PREFIX = 8

/**
 * Every number that can receive SMS and that `digits` can stand for, without duplicates.
 *
 * The phone metadata decides which trunk prefix may stand beside a country code, and which
 * international prefixes are dialled in the default region. Where `00` is not one of them, it gives
 * no reading, but makes another one ambiguous: the digits may come from a region where it is.
 */
export function readingsOf(
  digits: string,
  defaultRegion: string | undefined,
  additional: readonly AdditionalRange[],
): readonly Reading[] {
  if (digits.startsWith('+')) return distinct(readingsOfE164(withoutMexicanPrefix(digits), additional, true))
  const read = (number: string) => readingsOfE164(withoutMexicanPrefix(number), additional, false)
  const abroad = digits.startsWith(USUAL_PREFIX) ? read(`+${digits.slice(USUAL_PREFIX.length)}`) : []
  if (defaultRegion === undefined) return distinct(abroad)
  const region = defaultRegion as CountryCode
  const national = readingsOfE164(`+${getCountryCallingCode(region)}${digits}`, additional, false)
  const complete = [...internationalForms(digits, region).flatMap(read), ...national]
  // The metadata adds the area code to the short local numbers of some islands.
  const own = complete.length > 0 ? complete : acceptable(parse(digits, region))
  return own.length === 0 ? [] : distinct([...own, ...abroad])
}

/**
 * Reads digits as the phone metadata does by itself; `undefined` if they cannot be a number.
 */
export function parse(digits: string, defaultRegion: string | undefined): ParsedNumber | undefined {
  return parsePhoneNumberFromString(digits, defaultRegion as CountryCode)
}

/** Whether a line of this kind can receive an SMS. */
export function isSmsCapable(parsed: ParsedNumber): boolean {
  return SMS_CAPABLE.has(parsed.getType() ?? '')
}

// The international forms of digits without a plus sign: with an international prefix, and without
// the plus sign only.
function internationalForms(digits: string, region: CountryCode): string[] {
  const callingCode = getCountryCallingCode(region)
  const prefix = new RegExp(`^(?:${planOf(region)?.IDDPrefix()})$`)
  const lengths = Array.from({ length: LONGEST_PREFIX }, (_, index) => index + 1)
  const dialled = lengths.filter((length) => prefix.test(digits.slice(0, length))).map((length) => digits.slice(length))
  return [...dialled, ...(digits.startsWith(callingCode) ? [digits] : [])].map((form) => `+${form}`)
}

function readingsOfE164(number: string, additional: readonly AdditionalRange[], hasPlus: boolean): Reading[] {
  const parsed = parse(number, undefined)
  const added = inAdditionalRange(number, additional)
  // The library drops a trunk prefix by itself.
  if (!hasPlus && parsed?.countryCallingCode === NORTH_AMERICAN && parsed.number !== number) return added
  const readings = [...added, ...acceptable(parsed)]
  if (readings.length > 0 || parsed === undefined) return readings
  const callingCode = `+${parsed.countryCallingCode}`
  const trunkPrefix = trunkPrefixOf(parsed.countryCallingCode)
  if (trunkPrefix === undefined || !number.startsWith(callingCode + trunkPrefix)) return []
  // Where carriers add digits to the trunk prefix, the metadata would remove these as well.
  const shorter = callingCode + number.slice(callingCode.length + trunkPrefix.length)
  const read = [...inAdditionalRange(shorter, additional), ...acceptable(parse(shorter, undefined))]
  return read.filter((reading) => reading.number === shorter)
}

function inAdditionalRange(number: string, additional: readonly AdditionalRange[]): Reading[] {
  return additional.filter(({ pattern }) => pattern.test(number)).map(({ region }) => ({ number, region }))
}

function acceptable(parsed: ParsedNumber | undefined): Reading[] {
  const region = parsed?.country
  return region !== undefined && parsed?.isValid() && isSmsCapable(parsed) ? [{ number: parsed.number, region }] : []
}

function distinct(readings: readonly Reading[]): Reading[] {
  return [...new Map(readings.toReversed().map((reading) => [reading.number, reading])).values()]
}

function planOf(regionOrCallingCode: string) {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(regionOrCallingCode as CountryCode)
  return metadata.numberingPlan
}

// The library's types lack this method.
function trunkPrefixOf(callingCode: string): string | undefined {
  const plan = planOf(callingCode) as { nationalPrefix?(): string | undefined } | undefined
  return plan?.nationalPrefix?.() || undefined
}
