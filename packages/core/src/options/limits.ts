import type { Duration } from '../time/duration.ts'

/**
 * How many are allowed in each window: `{ "1h": 5, "24h": 10 }`. A longer window must not allow
 * fewer than a shorter one.
 *
 * @inline
 */
export type Rates = { readonly [window: Duration]: number }

/**
 * The limits, kept in the store and so shared by all processes. Where they are full, `start` and
 * `resend` are refused; an open challenge can always be verified. "Network" is an IPv4 /24 or an
 * IPv6 /48, "address" an IPv4 address or an IPv6 /64.
 */
export interface LimitOptions {
  /**
   * The waits between messages to one number that remain unanswered; a sign-in resets them.
   * @defaultValue `["30s", "60s", "120s", "300s"]`
   */
  readonly cooldown?: readonly Duration[]
  /**
   * Messages to one number.
   * @defaultValue `{ "15m": 3, "1h": 5, "24h": 10 }`
   */
  readonly sendsPerNumber?: Rates
  /**
   * Messages to one number asked for from one network, so that no single source can use up a
   * number's messages.
   * @defaultValue `{ "1h": 3, "24h": 5 }`
   */
  readonly sendsPerNumberAndNetwork?: Rates
  /**
   * Challenges of one number that can be started within the life of a code. None is ever dropped
   * for a new one.
   * @defaultValue 5
   */
  readonly liveChallenges?: number
  /**
   * Guesses at the codes of one number, reserved when a challenge starts. When they are used up the
   * number is not locked: its next codes have 65 bits. At most 100 in some window of 30 days or
   * more (NIST SP 800-63B-4 section 3.2.2).
   * @defaultValue `{ "1h": 15, "24h": 30, "30d": 100 }`
   */
  readonly guessesPerNumber?: Rates
  /**
   * Starts and resends from one address.
   * @defaultValue `{ "1h": 150 }`
   */
  readonly startsPerAddress?: Rates
  /**
   * Starts and resends from one network.
   * @defaultValue `{ "1h": 600 }`
   */
  readonly startsPerNetwork?: Rates
  /**
   * Starts and resends from all callers together whose address is unknown.
   * @defaultValue `{ "1h": 60 }`
   */
  readonly startsFromUnknown?: Rates
  /**
   * Wrong codes from one address.
   * @defaultValue `{ "10m": 30, "1h": 60 }`
   */
  readonly failuresPerAddress?: Rates
  /**
   * Wrong codes from one network.
   * @defaultValue `{ "1h": 200 }`
   */
  readonly failuresPerNetwork?: Rates
}
