import { BRAND, PhoneAuthError } from './errors/phone-auth-error.ts'
import type {
  AccessTokenExpiredError,
  InvalidAccessTokenError,
  InvalidRefreshTokenError,
  PhoneNumberTakenError,
  RefreshTokenReusedError,
  SessionNotFoundError,
  SignInRefusedError,
  StepUpRequiredError,
  UserInactiveError,
} from './errors/session-errors.ts'
import type { SmsRejectedError, SmsUnavailableError } from './errors/sms-errors.ts'

export { PhoneAuthError, type PhoneAuthErrorCode } from './errors/phone-auth-error.ts'
export * from './errors/session-errors.ts'
export * from './errors/sms-errors.ts'

/** Thrown by the constructor when options are missing, unsafe or contradict each other; the message lists every reason. */
export class InvalidOptionsError extends PhoneAuthError {
  override readonly name = 'InvalidOptionsError'
  readonly code = 'invalid_options'
  /** One sentence for each thing to mend. */
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(`Phone Auth cannot start:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`)
    this.reasons = reasons
  }
}

/** Thrown when an argument has the wrong type or form. Nothing was stored, sent or counted. */
export class InvalidInputError extends PhoneAuthError {
  override readonly name = 'InvalidInputError'
  readonly code = 'invalid_input'
  /** The argument at fault. */
  readonly field: string

  constructor(field: string, expectation: string) {
    super(`${field} must be ${expectation}.`)
    this.field = field
  }
}

/** Thrown when a phone number cannot be read, or is of a line that receives no SMS. Nothing was stored or sent. */
export class InvalidPhoneNumberError extends PhoneAuthError {
  override readonly name = 'InvalidPhoneNumberError'
  readonly code = 'invalid_phone_number'
  readonly field = 'phoneNumber'
  /** `malformed`: not one unambiguous number; `not_mobile`: a fixed, premium, pager or other line without SMS. */
  readonly reason: 'malformed' | 'not_mobile'

  constructor(reason: 'malformed' | 'not_mobile') {
    super(
      reason === 'malformed'
        ? 'Invalid phone number. Write it with its country code, as in +14155550123.'
        : 'This phone number belongs to a line that cannot receive SMS. Use a mobile number.',
    )
    this.reason = reason
  }
}

/** Thrown when a phone number belongs to a region outside `allowedRegions`. Nothing was stored or sent. */
export class RegionNotAllowedError extends PhoneAuthError {
  override readonly name = 'RegionNotAllowedError'
  readonly code = 'region_not_allowed'
  readonly field = 'phoneNumber'
  /** The number's ISO 3166 region; undefined where its calling code belongs to none, as with satellite phones. */
  readonly region: string | undefined

  constructor(region: string | undefined) {
    super(`Phone numbers of ${region ?? 'this network'} are not accepted here.`)
    this.region = region
  }
}

/** Thrown when a limit is reached, of this library's or of a code service's. Nothing was sent. */
export class RateLimitedError extends PhoneAuthError {
  override readonly name = 'RateLimitedError'
  readonly code = 'rate_limited'
  /** Whole seconds after which the same call is admitted, unless others use the room first. */
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(`Too many requests. Try again in ${retryAfterSeconds} s.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Thrown when a challenge's message was already sent as often as it may be. Start a new challenge. */
export class TooManySendsError extends PhoneAuthError {
  override readonly name = 'TooManySendsError'
  readonly code = 'too_many_sends'

  constructor() {
    super('This code was already sent as often as it may be. Request a new one.')
  }
}

/** Thrown when the submitted code is not the challenge's. One attempt was counted. */
export class InvalidCodeError extends PhoneAuthError {
  override readonly name = 'InvalidCodeError'
  readonly code = 'invalid_code'
  /** How many more attempts this caller has on the challenge. */
  readonly attemptsRemaining: number

  constructor(attemptsRemaining: number) {
    super(`Invalid OTP. ${attemptsRemaining} ${attemptsRemaining === 1 ? 'attempt' : 'attempts'} remaining`)
    this.attemptsRemaining = attemptsRemaining
  }
}

/** Thrown when no challenge is open: it expired, was already used, or never existed. The three are one case. */
export class ChallengeExpiredError extends PhoneAuthError {
  override readonly name = 'ChallengeExpiredError'
  readonly code = 'challenge_expired'

  constructor() {
    super('This code has expired or was already used. Request a new one.')
  }
}

/** Thrown when a challenge's attempts are used up; not even the right code is accepted any more. */
export class TooManyAttemptsError extends PhoneAuthError {
  override readonly name = 'TooManyAttemptsError'
  readonly code = 'too_many_attempts'

  constructor() {
    super('Too many wrong codes. Request a new one.')
  }
}

/** Thrown when `requireChallengeId` is set and a call names only the phone number. */
export class ChallengeIdRequiredError extends PhoneAuthError {
  override readonly name = 'ChallengeIdRequiredError'
  readonly code = 'challenge_id_required'
  readonly field = 'challengeId'

  constructor() {
    super('Send the challenge id that came with the code request.')
  }
}

/** Thrown when no user has the given id. */
export class UserNotFoundError extends PhoneAuthError {
  override readonly name = 'UserNotFoundError'
  readonly code = 'user_not_found'

  constructor() {
    super('There is no such user.')
  }
}

/** One thing to mend in a profile. */
export interface ProfileIssue {
  /** The field at fault, by its name in the schema. */
  readonly field: string
  /** What is wrong with it. */
  readonly message: string
}

/** Thrown when profile fields do not satisfy the schema. Nothing was saved. */
export class InvalidProfileError extends PhoneAuthError {
  override readonly name = 'InvalidProfileError'
  readonly code = 'invalid_profile'
  /** Every field at fault, the first one first. Never empty. */
  readonly issues: readonly [ProfileIssue, ...ProfileIssue[]]

  constructor(issues: readonly [ProfileIssue, ...ProfileIssue[]]) {
    super(`Invalid profile. ${issues.map(({ field, message }) => `${field}: ${message}`).join('; ')}`)
    this.issues = issues
  }
}

/** Thrown when a store fails: the operation was refused, or its outcome is unknown. `cause` holds the store's own error. */
export class StoreUnavailableError extends PhoneAuthError {
  override readonly name = 'StoreUnavailableError'
  readonly code = 'store_unavailable'

  constructor(cause: unknown) {
    super('The database is not available at the moment. Try again shortly.', { cause })
  }
}

/** Every error this library throws on purpose, told apart by `code`. */
export type AnyPhoneAuthError =
  | InvalidOptionsError
  | InvalidInputError
  | InvalidPhoneNumberError
  | RegionNotAllowedError
  | RateLimitedError
  | TooManySendsError
  | SmsRejectedError
  | SmsUnavailableError
  | InvalidCodeError
  | ChallengeExpiredError
  | TooManyAttemptsError
  | ChallengeIdRequiredError
  | UserInactiveError
  | SignInRefusedError
  | StepUpRequiredError
  | PhoneNumberTakenError
  | SessionNotFoundError
  | InvalidAccessTokenError
  | AccessTokenExpiredError
  | InvalidRefreshTokenError
  | RefreshTokenReusedError
  | UserNotFoundError
  | InvalidProfileError
  | StoreUnavailableError

/** Whether `error` was thrown on purpose by this library, even by another copy of it in `node_modules`. */
export function isPhoneAuthError(error: unknown): error is AnyPhoneAuthError {
  return typeof error === 'object' && error !== null && BRAND in error
}
