import type { HardenedCodes } from '../challenge/code-format.ts'
import type { Registration } from '../ports/user-store.ts'
import type { Duration } from '../time/duration.ts'
import type { LimitOptions } from './limits.ts'

/** How users sign up and log in. */
export interface SignInOptions {
  /**
   * `open`: verifying an unknown number creates its user. `closed`: an unknown number gets the same
   * results, but no message, and no code ever matches.
   * @defaultValue "open"
   */
  readonly registration?: Registration
  /**
   * Refuses calls that name a challenge by its phone number alone. Turn it on when every client
   * sends the challenge id.
   * @defaultValue false
   */
  readonly requireChallengeId?: boolean
  /**
   * After how long without a sign-in the next one counts as dormant, because the number may have
   * been given to another person: an event, the result and `beforeSignIn` report it. Set it longer
   * than a session lasts, or users who stay signed in come back as dormant.
   * @defaultValue "90d"
   */
  readonly dormantAfter?: Duration
  /** The one-time codes: their length, their life, their attempts. */
  readonly code?: CodeOptions
  /** The limits: how many messages and guesses are allowed, and how fast. */
  readonly limits?: LimitOptions
}

/** The one-time codes: their length, their life, their attempts. */
export interface CodeOptions {
  /**
   * Digits of a code, 6 to 10. Fewer are refused: 6 give the 20 bits that OWASP ASVS 5 section
   * 6.5.4 asks for.
   * @defaultValue 6
   */
  readonly length?: number
  /**
   * How long a code can be used. At most 10 minutes (NIST SP 800-63B-4 section 3.1.3.2).
   * @defaultValue "10m"
   */
  readonly ttl?: Duration
  /**
   * How many codes are compared for one challenge, over all callers, at most 10.
   * @defaultValue 5
   */
  readonly maxAttempts?: number
  /**
   * How many of these attempts callers share that know only the number. Less than `maxAttempts`.
   * @defaultValue 3
   */
  readonly maxAttemptsByNumber?: number
  /**
   * Messages for one challenge, the first one included.
   * @defaultValue 3
   */
  readonly maxSends?: number
  /**
   * `repeat`: a resend repeats the code, so that a late first message still works. `rotate`: it
   * sends a new code that replaces the old one.
   * @defaultValue "repeat"
   */
  readonly resend?: 'repeat' | 'rotate'
  /**
   * What the longer codes of a number whose guesses are used up are made of: `alphanumeric`,
   * `XXXX-XXXX-XXXXX`, or `digits`, 20 of them in groups of four, where operators deliver nothing
   * else. `auto`: digits for numbers of India, whose operators take digits only, and letters for
   * all others.
   * @defaultValue "auto"
   */
  readonly hardened?: HardenedCodes
}
