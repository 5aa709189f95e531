import { PhoneAuthError } from './phone-auth-error.ts'

/** Thrown when a limit of this library or of a code service is reached. Nothing was sent. */
export class RateLimitedError extends PhoneAuthError {
  override readonly name = 'RateLimitedError'
  readonly code = 'rate_limited'
  /** Whole seconds until the same call is allowed, unless other callers reach the limit first. */
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super(`Too many requests. Try again in ${retryAfterSeconds} s.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Thrown when a challenge allows no more messages. Start a new challenge. */
export class TooManySendsError extends PhoneAuthError {
  override readonly name = 'TooManySendsError'
  readonly code = 'too_many_sends'

  constructor() {
    super('This code cannot be sent again. Request a new one.')
  }
}

/** Thrown when the submitted code is wrong. One attempt was counted. */
export class InvalidCodeError extends PhoneAuthError {
  override readonly name = 'InvalidCodeError'
  readonly code = 'invalid_code'
  /** How many attempts this caller has left on the challenge. */
  readonly attemptsRemaining: number

  constructor(attemptsRemaining: number) {
    super(`Invalid OTP. ${attemptsRemaining} ${attemptsRemaining === 1 ? 'attempt' : 'attempts'} remaining`)
    this.attemptsRemaining = attemptsRemaining
  }
}

/** Thrown when no challenge is open. Expired, used and unknown challenges give the same error. */
export class ChallengeExpiredError extends PhoneAuthError {
  override readonly name = 'ChallengeExpiredError'
  readonly code = 'challenge_expired'

  constructor() {
    super('This code has expired or was already used. Request a new one.')
  }
}

/** Thrown when all attempts of a challenge are used. Then the right code is refused too. */
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
    super('The challenge id is missing. Send the id that the code request returned.')
  }
}
