import type { HardenedCodes } from '../challenge/code-format.ts'
import type { Registration } from '../ports/user-store.ts'
import type { Duration } from '../time/duration.ts'
import type { LimitOptions } from './limits.ts'

/** How users sign up and log in. */
export interface SignInOptions {
  /**
   * `open`: verifying an unknown number creates a user. `closed`: for an unknown number the results
   * are the same, but no message is sent and no code matches.
   * @defaultValue "open"
   */
  readonly registration?: Registration
  /**
   * Refuses calls that name a challenge by its phone number alone. Turn this on when every client
   * sends the challenge id.
   * @defaultValue false
   */
  readonly requireChallengeId?: boolean
  /**
   * The time without a sign-in or a change of number after which the next sign-in counts as
   * dormant, because the number may have been given to another person. An event, the result and
   * `beforeSignIn` report it. Set it longer than a session lasts; otherwise users that stay signed
   * in count as dormant later.
   * @defaultValue "90d"
   */
  readonly dormantAfter?: Duration
  /** The one-time codes: their length, their life, their attempts. */
  readonly code?: CodeOptions
  /** The limits: how many messages and guesses are allowed in which time. */
  readonly limits?: LimitOptions
}

/** The one-time codes: their length, their life, their attempts. */
export interface CodeOptions {
  /**
   * The number of digits of a code, 6 to 10. Fewer are refused: 6 digits give the 20 bits that
   * OWASP ASVS 5 section 6.5.4 asks for.
   * @defaultValue 6
   */
  readonly length?: number
  /**
   * How long a code is valid. At most 10 minutes (NIST SP 800-63B-4 section 3.1.3.2).
   * @defaultValue "10m"
   */
  readonly ttl?: Duration
  /**
   * How many codes can be tried for one challenge, by all callers together. At most 10.
   * @defaultValue 5
   */
  readonly maxAttempts?: number
  /**
   * How many of these attempts are available to callers that know only the number and not the
   * challenge id. They share them. Must be less than `maxAttempts`.
   * @defaultValue 3
   */
  readonly maxAttemptsByNumber?: number
  /**
   * The number of messages for one challenge, including the first.
   * @defaultValue 3
   */
  readonly maxSends?: number
  /**
   * `repeat`: a resend repeats the code, so that a late first message still works. `rotate`: a
   * resend sends a new code, which replaces the old one.
   * @defaultValue "repeat"
   */
  readonly resend?: 'repeat' | 'rotate'
  /**
   * The format of the longer codes that a number receives when its guesses are used up.
   * `alphanumeric`: `XXXX-XXXX-XXXXX`. `digits`: 20 digits in groups of four, for operators that
   * deliver digits only. `auto`: `digits` for numbers of India, where operators deliver digits
   * only, and `alphanumeric` for all others.
   * @defaultValue "auto"
   */
  readonly hardened?: HardenedCodes
}
