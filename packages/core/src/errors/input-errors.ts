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

/**
 * Thrown when a phone number is invalid, or belongs to a line that cannot receive SMS. Nothing was
 * stored or sent.
 */
export class InvalidPhoneNumberError extends PhoneAuthError {
  override readonly name = 'InvalidPhoneNumberError'
  readonly code = 'invalid_phone_number'
  readonly field = 'phoneNumber'
  /**
   * `malformed`: not one unambiguous number. `not_mobile`: a fixed, premium, pager or other line
   * without SMS.
   */
  readonly reason: 'malformed' | 'not_mobile'

  constructor(reason: 'malformed' | 'not_mobile') {
    super(
      reason === 'malformed'
        ? 'Invalid phone number. Write it with its country code, as in +14155550123.'
        : 'This phone number cannot receive SMS. Use a mobile number.',
    )
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
