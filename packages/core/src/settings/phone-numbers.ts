import type { PhoneNumberOptions } from '../options/phone-numbers.ts'
import { callingCodeOf, isRegion, type PhoneNumberRules } from '../phone-number/phone-number.ts'
import type { AdditionalRange } from '../phone-number/readings.ts'
import type { OptionChecks } from './option-checks.ts'

/** Checks which phone numbers are accepted. */
export function resolvePhoneNumbers(
  checks: OptionChecks,
  { allowedRegions = [], defaultRegion, additionalRanges = {} }: Partial<PhoneNumberOptions>,
): PhoneNumberRules {
  if (!Array.isArray(allowedRegions)) {
    checks.reasons.push('allowedRegions must be a list of ISO 3166 regions, such as ["IN", "US"].')
    return { allowedRegions: new Set(), defaultRegion: undefined, additionalRanges: [] }
  }
  checks.demand(
    allowedRegions.length > 0,
    'allowedRegions is required; list the ISO 3166 regions to accept numbers from, such as ["IN", "US"].',
  )
  for (const region of [...allowedRegions, ...(defaultRegion === undefined ? [] : [defaultRegion])]) {
    checks.demand(
      isRegion(region),
      `"${region}" is not an ISO 3166 region with phone numbers; use a code in upper case such as "GB", not "gb", "UK" or "+44".`,
    )
  }
  checks.demand(
    defaultRegion === undefined || allowedRegions.includes(defaultRegion),
    'defaultRegion must be one of allowedRegions; numbers of any other region are refused.',
  )
  const isObject = typeof additionalRanges === 'object' && additionalRanges !== null
  checks.demand(isObject, 'additionalRanges must be an object with regions as keys.')
  const ranges = Object.entries(isObject ? additionalRanges : {}).flatMap(([region, patterns]) =>
    rangesOf(checks, region, patterns, allowedRegions),
  )
  return { allowedRegions: new Set(allowedRegions), defaultRegion, additionalRanges: ranges }
}

function rangesOf(
  checks: OptionChecks,
  region: string,
  patterns: readonly RegExp[],
  allowedRegions: readonly string[],
): AdditionalRange[] {
  const name = `additionalRanges.${region}`
  checks.demand(allowedRegions.includes(region), `${name} has no effect; add "${region}" to allowedRegions.`)
  if (!isRegion(region)) return []
  const beginning = `\\+${callingCodeOf(region)}`
  const areValid =
    Array.isArray(patterns) &&
    patterns.length > 0 &&
    patterns.every((pattern) => pattern instanceof RegExp && pattern.source.startsWith(beginning))
  checks.demand(
    areValid,
    `${name} must be a list of regular expressions that begin with "${beginning}"; each is matched against a whole number in E.164.`,
  )
  return areValid ? patterns.map((pattern) => ({ region, pattern: wholeNumber(pattern) })) : []
}

// A number in E.164 has at most 15 digits. A pattern with the flag g or y would remember where it
// last matched.
function wholeNumber({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?=\\+[1-9][0-9]{6,14}$)(?:${source})$`, flags.replace(/[gy]/g, ''))
}
