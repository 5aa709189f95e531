import type { DeliveryOptions } from '../options/delivery.ts'
import type { OperationOptions } from '../options/operation.ts'
import { type PhoneNumberRules, parsePhoneNumber } from '../phone-number/phone-number.ts'
import { isUnassignable, type TestNumbers } from '../phone-number/test-numbers.ts'
import type { OptionChecks } from './option-checks.ts'

const NONE: TestNumbers = { codes: new Map(), until: new Date(0) }

/**
 * Checks the numbers with fixed codes. They are accepted only with a sender that sends nothing,
 * unless `unsafeAllowDevelopmentParts` is set. That they are not used in production is checked with
 * the other parts for development.
 */
export function resolveTestNumbers(
  checks: OptionChecks,
  options: DeliveryOptions & OperationOptions,
  codeLength: number,
  rules: PhoneNumberRules,
): TestNumbers {
  if (options.testNumbers === undefined) return NONE
  const { codes = {}, until } = options.testNumbers
  checks.demand(
    options.unsafeAllowDevelopmentParts === true || options.smsSender?.developmentOnly !== undefined,
    'testNumbers need a sender that sends nothing, such as the console sender; unsafeAllowDevelopmentParts allows any sender.',
  )
  checks.demand(
    options.codeService === undefined,
    'testNumbers cannot be used with a codeService, which creates the codes; remove them.',
  )
  const isDate = until instanceof Date && !Number.isNaN(until.getTime())
  checks.demand(
    isDate,
    'testNumbers.until must be a valid Date; set the day after which you no longer need the numbers.',
  )
  for (const [phoneNumber, code] of Object.entries(codes)) {
    checks.demand(
      isUnassignable(phoneNumber) && isAccepted(phoneNumber, rules),
      `testNumbers.codes["${phoneNumber}"] is not a number reserved for fiction in an allowed region; use one in E.164 such as +14155550100.`,
    )
    checks.demand(
      typeof code === 'string' && new RegExp(`^[0-9]{${codeLength}}$`).test(code),
      `testNumbers.codes["${phoneNumber}"] must be a code of ${codeLength} digits.`,
    )
  }
  return { codes: new Map(Object.entries(codes)), until: isDate ? until : NONE.until }
}

function isAccepted(phoneNumber: string, rules: PhoneNumberRules): boolean {
  try {
    return parsePhoneNumber(phoneNumber, rules) === phoneNumber
  } catch {
    return false
  }
}
