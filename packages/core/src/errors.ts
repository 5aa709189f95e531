const BRAND: unique symbol = Symbol.for('phone-auth.error')

/**
 * The base of every error this library throws on purpose. Anything else that it throws is a bug.
 *
 * Messages say what happened and what to do. They never hold a code, a token, a secret or a whole phone number.
 */
export abstract class PhoneAuthError extends Error {
  abstract override readonly name: string
  /** What went wrong, as a stable word: the same on the wire and in every version. */
  abstract readonly code: PhoneAuthErrorCode
  /** Marks the error for {@link isPhoneAuthError}, across copies of the package. */
  readonly [BRAND] = true as const
}

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

/** What the people who run the application are told of a provider's failure. */
export interface ProviderFailure {
  /** What is wrong and how to mend it. Holds no code and no whole phone number. */
  readonly explanation?: string
  /** The provider's own number for it. */
  readonly providerCode?: number | null
  /** For an unknown outcome: whether a provider that was asked later refused the number. */
  readonly concernsRecipient?: boolean
}

/**
 * Why a message was refused: the number is none, or its line or its owner receives none (`invalid_number`, `unreachable`, `unsubscribed`); or
 * the account that sends it must be mended (`region_not_enabled`, `recipient_not_verified`, `credentials`, `misconfigured`); or the provider
 * takes it for fraud (`blocked`).
 */
export type SmsRejection =
  | 'invalid_number'
  | 'unreachable'
  | 'unsubscribed'
  | 'region_not_enabled'
  | 'recipient_not_verified'
  | 'credentials'
  | 'misconfigured'
  | 'blocked'
  | 'other'

/** Thrown when the sender refuses a message for good. It did not go out. */
export class SmsRejectedError extends PhoneAuthError {
  override readonly name = 'SmsRejectedError'
  readonly code = 'sms_rejected'
  readonly reason: SmsRejection
  readonly providerCode: number | null

  constructor(reason: SmsRejection = 'other', { explanation, providerCode = null }: ProviderFailure = {}) {
    super(explanation ?? 'The SMS provider refused the message. Check the number, or use another one.')
    this.reason = reason
    this.providerCode = providerCode
  }

  /** Whether it lies with the number, so that no other provider would or should deliver the message either. */
  get concernsRecipient(): boolean {
    return this.reason === 'invalid_number' || this.reason === 'unreachable' || this.reason === 'unsubscribed'
  }
}

/** A challenge whose message may have gone out although the sender failed: its code, should it arrive, is good. */
export interface OpenChallenge {
  readonly challengeId: string
  readonly expiresAt: Date
  /** When a resend is admitted; `null` when all the challenge's messages are sent. */
  readonly resendAt: Date | null
}

/** Thrown when the sender failed in a way that leaves the outcome open, or could not be reached. */
export class SmsUnavailableError extends PhoneAuthError {
  override readonly name = 'SmsUnavailableError'
  readonly code = 'sms_unavailable'
  /** Whether the message may have gone out all the same. If so, it must not be blindly sent again. */
  readonly mayHaveBeenSent: boolean
  readonly providerCode: number | null
  /** Whether a provider that was asked later refused the number, so that none should be asked any more. */
  readonly concernsRecipient: boolean
  // Not a property: whoever prints the error would print the challenge id.
  readonly #challenge: OpenChallenge | null

  constructor(
    mayHaveBeenSent: boolean,
    { explanation, providerCode = null, concernsRecipient = false }: ProviderFailure = {},
    challenge: OpenChallenge | null = null,
  ) {
    super(explanation ?? 'The SMS provider is not available at the moment. Try again shortly.')
    this.mayHaveBeenSent = mayHaveBeenSent
    this.providerCode = providerCode
    this.concernsRecipient = concernsRecipient
    this.#challenge = challenge
  }

  /** From `start`, when the message may have gone out: the challenge, to go on with. */
  get challenge(): OpenChallenge | null {
    return this.#challenge
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

/** Thrown when the application refuses a sign-in (`beforeSignIn`). Told only to someone who has proven possession of the number. */
export class SignInRefusedError extends PhoneAuthError {
  override readonly name = 'SignInRefusedError'
  readonly code = 'sign_in_refused'
}

/** Thrown when a call needs possession of the number proven more lately than the token tells. Step up, and try again. */
export class StepUpRequiredError extends PhoneAuthError {
  override readonly name = 'StepUpRequiredError'
  readonly code = 'step_up_required'
  /** How old the proof may be, in seconds. */
  readonly maxAgeSeconds: number

  constructor(maxAgeSeconds: number) {
    super('Prove once more that the number is yours, then try again.')
    this.maxAgeSeconds = maxAgeSeconds
  }
}

/** Thrown when a number that somebody wants to change to belongs to another user. Told only to someone who has proven its possession. */
export class PhoneNumberTakenError extends PhoneAuthError {
  override readonly name = 'PhoneNumberTakenError'
  readonly code = 'phone_number_taken'
  readonly field = 'phoneNumber'

  constructor() {
    super('This number belongs to another account.')
  }
}

/** Thrown when a user has no such session, or it has ended. */
export class SessionNotFoundError extends PhoneAuthError {
  override readonly name = 'SessionNotFoundError'
  readonly code = 'session_not_found'

  constructor() {
    super('There is no such session.')
  }
}

/** Thrown when a user was deactivated. Told only to someone who has proven possession of the number. */
export class UserInactiveError extends PhoneAuthError {
  override readonly name = 'UserInactiveError'
  readonly code = 'user_inactive'

  constructor() {
    super('This account is inactive.')
  }
}

/** Thrown when an access token is missing, forged, malformed, of another kind, or its session was revoked. */
export class InvalidAccessTokenError extends PhoneAuthError {
  override readonly name = 'InvalidAccessTokenError'
  readonly code = 'invalid_access_token'

  constructor() {
    super('The access token is not valid. Sign in again.')
  }
}

/** Thrown when an access token is genuine but its time is over. Refresh it. */
export class AccessTokenExpiredError extends PhoneAuthError {
  override readonly name = 'AccessTokenExpiredError'
  readonly code = 'access_token_expired'

  constructor() {
    super('The access token has expired. Refresh it or sign in again.')
  }
}

/** Thrown when a refresh token is forged or malformed, or its session expired, was revoked or never existed. */
export class InvalidRefreshTokenError extends PhoneAuthError {
  override readonly name = 'InvalidRefreshTokenError'
  readonly code = 'invalid_refresh_token'

  constructor() {
    super('The refresh token is not valid. Sign in again.')
  }
}

/** Thrown when a refresh token is presented that was already exchanged: it may be stolen, so its session is now revoked. */
export class RefreshTokenReusedError extends PhoneAuthError {
  override readonly name = 'RefreshTokenReusedError'
  readonly code = 'refresh_token_reused'

  constructor() {
    super('The refresh token was used before. The session has been ended; sign in again.')
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

/** The stable word of every {@link AnyPhoneAuthError}. Each has an HTTP status in `@phone-auth/http`. */
export type PhoneAuthErrorCode =
  | 'invalid_options'
  | 'invalid_input'
  | 'invalid_phone_number'
  | 'region_not_allowed'
  | 'rate_limited'
  | 'too_many_sends'
  | 'sms_rejected'
  | 'sms_unavailable'
  | 'invalid_code'
  | 'challenge_expired'
  | 'too_many_attempts'
  | 'challenge_id_required'
  | 'user_inactive'
  | 'sign_in_refused'
  | 'step_up_required'
  | 'phone_number_taken'
  | 'session_not_found'
  | 'invalid_access_token'
  | 'access_token_expired'
  | 'invalid_refresh_token'
  | 'refresh_token_reused'
  | 'user_not_found'
  | 'invalid_profile'
  | 'store_unavailable'

/** Whether `error` was thrown on purpose by this library, even by another copy of it in `node_modules`. */
export function isPhoneAuthError(error: unknown): error is AnyPhoneAuthError {
  return typeof error === 'object' && error !== null && BRAND in error
}
