import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' }
import { type CountryCode, getCountries, getExampleNumber, Metadata } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { parsePhoneNumber } from '../../src/phone-number/phone-number.ts'

const allowedRegions: ReadonlySet<string> = new Set(getCountries())

/** The number that `input` is read as, or the reason why it is refused. */
function read(input: string, defaultRegion?: string): string {
  try {
    return parsePhoneNumber(input, { allowedRegions, defaultRegion, additionalRanges: [] })
  } catch (error) {
    return (error as { reason: string }).reason
  }
}

// The library's types lack the trunk prefix.
function planOf(region: CountryCode): { IDDPrefix(): string; nationalPrefix(): string | undefined } {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(region)
  return metadata.numberingPlan as never
}

/** The example of a mobile number of each region, from Google's metadata. */
const EXAMPLES = getCountries().map((region) => {
  const example = getExampleNumber(region, examples)
  if (example === undefined) throw new Error(`There is no example number of ${region}.`)
  const international = example.formatInternational()
  return {
    region,
    number: example.number as string,
    callingCode: example.countryCallingCode as string,
    digits: example.nationalNumber as string,
    trunk: planOf(region).nationalPrefix() || '',
    groups: international.slice(international.indexOf(' ') + 1).replaceAll('-', ' '),
    national: example.formatNational(),
    example,
  }
})
type Example = (typeof EXAMPLES)[number]

const inScript = (zero: number) => (text: string) =>
  text.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)))

/** Spellings that need no default region. */
const INTERNATIONAL: Readonly<Record<string, (example: Example) => string>> = {
  'in E.164': ({ number }) => number,
  'with spaces': ({ callingCode, groups }) => `+${callingCode} ${groups}`,
  'with hyphens': ({ callingCode, groups }) => `+${callingCode}-${groups.replaceAll(' ', '-')}`,
  'with dots': ({ callingCode, groups }) => `+${callingCode}.${groups.replaceAll(' ', '.')}`,
  'with slashes': ({ callingCode, groups }) => `+${callingCode}/${groups.replaceAll(' ', ' / ')}`,
  'with non-breaking spaces': ({ callingCode, groups }) => `+${callingCode} ${groups}`.replaceAll(' ', '\u00a0'),
  'with dashes': ({ callingCode, groups }) => `+${callingCode} \u2013 ${groups.replaceAll(' ', '\u2011')}`,
  'with prolonged sound marks': ({ callingCode, groups }) => `+${callingCode} ${groups}`.replaceAll(' ', '\u30fc'),
  'with minus signs': ({ callingCode, groups }) => `+${callingCode} ${groups}`.replaceAll(' ', '\u2212'),
  'with middle dots': ({ callingCode, groups }) => `+${callingCode} ${groups}`.replaceAll(' ', '\u00b7'),
  'with square brackets': ({ callingCode, groups }) => `[+${callingCode}] ${groups}`,
  'with brackets around the country code': ({ callingCode, groups }) => `(+${callingCode}) ${groups}`,
  'with fullwidth brackets': ({ callingCode, groups }) => `\uff08\uff0b${callingCode}\uff09${groups}`,
  'in fullwidth characters': ({ number }) => inScript(0xff10)(number).replace('+', '\uff0b'),
  'in Arabic digits': ({ number }) => inScript(0x660)(number),
  'in Devanagari digits': ({ callingCode, groups }) => inScript(0x966)(`+${callingCode} ${groups}`),
  'with 00': ({ callingCode, groups }) => `00${callingCode} ${groups}`,
}

/** Spellings that need the default region. */
const NATIONAL: Readonly<Record<string, (example: Example) => string>> = {
  'as written in the region': ({ national }) => national,
  'without the trunk prefix': ({ groups }) => groups,
  'without the plus sign': ({ callingCode, groups }) => `${callingCode} ${groups}`,
}

/** Spellings with the trunk prefix, in the regions that have one. */
const WITH_TRUNK_PREFIX: Readonly<Record<string, (example: Example) => string>> = {
  'in brackets beside the country code': ({ callingCode, trunk, groups }) => `+${callingCode} (${trunk}) ${groups}`,
  'beside the country code': ({ callingCode, trunk, digits }) => `+${callingCode}${trunk}${digits}`,
  'without country code': ({ trunk, digits }) => trunk + digits,
}

/** What copying adds to a number. */
const DECORATIONS: readonly ((text: string) => string)[] = [
  (text) => `\u202a${text}\u202c`,
  (text) => `\u2066${text}\u2069`,
  (text) => `\u2068${text}\u2069`,
  (text) => `\u202d${text}\u202c`,
  (text) => `\u200e${text}\u200f`,
  (text) => `\ufeff${text}\u200b`,
  (text) => `\t${text}\r\n`,
  (text) => `\u2003${text}\u2028`,
  (text) => `tel:${text}`,
  (text) => `${text.slice(0, 4)}\u00ad\u2060\ufe0f\u200d${text.slice(4)}`,
]

/** One region for each international prefix in the metadata, which is a pattern in some regions. */
const DIALLING_REGIONS = [...new Map(getCountries().map((region) => [planOf(region).IDDPrefix(), region])).values()]

/** How often each outcome occurs; every number other than the expected one is an outcome. */
function outcomes(spellings: readonly { text: string; region?: string; number: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { text, region, number } of spellings) {
    const result = read(text, region)
    const outcome = result === number ? 'read' : result
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

describe('the example numbers of all regions', () => {
  it('PHN-2 are read in 17 international and 3 national spellings', () => {
    const international = Object.values(INTERNATIONAL)
    const national = Object.values(NATIONAL)
    expect([EXAMPLES.length, international.length, national.length]).toEqual([245, 17, 3])
    const spellings = EXAMPLES.flatMap((example) => [
      ...international.map((spelled) => ({ text: spelled(example), number: example.number })),
      ...national.map((spelled) => ({ text: spelled(example), region: example.region, number: example.number })),
    ])
    expect(outcomes(spellings)).toEqual({ read: 4900 })
  })

  it('PHN-2 are read with a trunk prefix beside the country code', () => {
    const withPrefix = EXAMPLES.filter(({ trunk }) => trunk !== '')
    const spellings = withPrefix.flatMap((example) =>
      Object.values(WITH_TRUNK_PREFIX).map((spelled) => ({
        text: spelled(example),
        region: example.region,
        number: example.number,
      })),
    )
    expect(withPrefix.length).toBeGreaterThan(140)
    expect(outcomes(spellings)).toEqual({ read: 3 * withPrefix.length })
  })

  it('PHN-2 are read with each of 10 decorations of copied text', () => {
    const spellings = EXAMPLES.flatMap(({ number, callingCode, groups }) =>
      DECORATIONS.map((decorated) => ({ number, text: decorated(`+${callingCode} ${groups}`) })),
    )
    expect(outcomes(spellings)).toEqual({ read: 2450 })
  })

  it('PHN-2 are read with the international prefix of the default region, or are ambiguous, and never other numbers', () => {
    const spellings = DIALLING_REGIONS.flatMap((region) =>
      EXAMPLES.flatMap(({ number, example }) => {
        const text = example.format('IDD', { fromCountry: region }) as string | undefined
        return text === undefined ? [] : [{ text: text.replace('~', ' '), region, number }]
      }),
    )
    const { read: isRead = 0, ambiguous = 0, ...others } = outcomes(spellings)
    expect(others).toEqual({})
    expect(isRead).toBeGreaterThan(3000)
    expect(ambiguous).toBeLessThan(0.02 * isRead)
  })

  it('PHN-2 never become other numbers with 00 in any default region, and the error says to write the country code', () => {
    const spellings = DIALLING_REGIONS.flatMap((region) =>
      EXAMPLES.filter((_, index) => index % 3 === 0).map(({ number }) => ({
        text: `00${number.slice(1)}`,
        region,
        number,
      })),
    )
    expect(Object.keys(outcomes(spellings)).toSorted()).toEqual(['ambiguous', 'malformed', 'read'])
  })
})
