import { PhoneAuthError } from './phone-auth-error.ts'

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

/**
 * Thrown when a challenge's message was already sent as often as it may be. Start a new challenge.
 */
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

/**
 * Thrown when no challenge is open: it expired, was already used, or never existed. The three are
 * one case.
 */
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
