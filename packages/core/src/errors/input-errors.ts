import { PhoneAuthError } from './phone-auth-error.ts'

/**
 * Thrown at construction when options are missing, unsafe or contradictory. The message lists every
 * reason.
 */
export class InvalidOptionsError extends PhoneAuthError {
  override readonly name = 'InvalidOptionsError'
  readonly code = 'invalid_options'
  /** One sentence for each problem. */
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(`Phone Auth cannot start. Fix these options:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`)
    this.reasons = reasons
  }
}

/** Thrown when an argument has the wrong type or form. Nothing was stored, sent or counted. */
export class InvalidInputError extends PhoneAuthError {
  override readonly name = 'InvalidInputError'
  readonly code = 'invalid_input'
  /** The name of the invalid argument. */
  readonly field: string

  constructor(field: string, expectation: string) {
    super(`${field} must be ${expectation}.`)
    this.field = field
  }
}

const INVALID_PHONE_NUMBER = {
  malformed: 'Invalid phone number. Check its digits, and write it with its country code, as in +14155550123.',
  ambiguous:
    'This phone number can be read as two different numbers. Write it with + and its country code, as in +14155550123.',
  reordered:
    'This phone number contains an invisible character that changes the order of its digits. Type the number instead of pasting it.',
  not_mobile: 'This phone number cannot receive SMS. Use a mobile number.',
} as const satisfies Record<InvalidPhoneNumberError['reason'], string>

/**
 * Thrown when a phone number is invalid, or belongs to a line that cannot receive SMS. Nothing was
 * stored or sent.
 */
export class InvalidPhoneNumberError extends PhoneAuthError {
  override readonly name = 'InvalidPhoneNumberError'
  readonly code = 'invalid_phone_number'
  readonly field = 'phoneNumber'
  /**
   * Why it is invalid.
   *
   * - `malformed`: it is not a phone number.
   * - `ambiguous`: its digits can stand for two numbers. For example, they begin with a prefix that
   *   is dialled for abroad in one region and is part of a number in another.
   * - `reordered`: it contains an invisible character after which digits are not displayed in the
   *   order in which they are stored, such as U+202E.
   * - `not_mobile`: it belongs to a fixed, premium, pager or other line without SMS.
   */
  readonly reason: 'malformed' | 'ambiguous' | 'reordered' | 'not_mobile'

  constructor(reason: InvalidPhoneNumberError['reason']) {
    super(INVALID_PHONE_NUMBER[reason])
    this.reason = reason
  }
}

/**
 * Thrown when a phone number belongs to a region outside `allowedRegions`. Nothing was stored or
 * sent.
 */
export class RegionNotAllowedError extends PhoneAuthError {
  override readonly name = 'RegionNotAllowedError'
  readonly code = 'region_not_allowed'
  readonly field = 'phoneNumber'
  /**
   * The number's ISO 3166 region; undefined if its calling code belongs to no region, as with
   * satellite phones.
   */
  readonly region: string | undefined

  constructor(region: string | undefined) {
    super(`Phone numbers of ${region ?? 'this network'} are not accepted. Use a number of another region.`)
    this.region = region
  }
}
