import type { Duration } from '../time/duration.ts'

/**
 * The maximum in each window: `{ "1h": 5, "24h": 10 }` allows 5 in an hour and 10 in 24 hours. A
 * longer window must not allow fewer than a shorter one.
 *
 * @inline
 */
export type Rates = { readonly [window: Duration]: number }

/**
 * The limits. The store counts them, so all processes share them. When a limit is reached, `start`
 * and `resend` are refused; an open challenge can always be verified. "Network" is an IPv4 /24 or
 * an IPv6 /48, "address" an IPv4 address or an IPv6 /64.
 */
export interface LimitOptions {
  /**
   * The waits between successive messages to one number. A sign-in resets them.
   * @defaultValue `["30s", "60s", "120s", "300s"]`
   */
  readonly cooldown?: readonly Duration[]
  /**
   * Messages to one number.
   * @defaultValue `{ "15m": 3, "1h": 5, "24h": 10 }`
   */
  readonly sendsPerNumber?: Rates
  /**
   * Messages to one number that one network requests, so that no single source can use up the
   * messages of a number.
   * @defaultValue `{ "1h": 3, "24h": 5 }`
   */
  readonly sendsPerNumberAndNetwork?: Rates
  /**
   * Challenges that can be started for one number within the lifetime of a code. A new challenge
   * never replaces an older one.
   * @defaultValue 5
   */
  readonly liveChallenges?: number
  /**
   * Guesses at the codes of one number, reserved when a challenge starts. When they are used up,
   * the number is not locked: its next codes have at least 65 bits. One window of 30 days or more
   * must allow at most 100 (NIST SP 800-63B-4 section 3.2.2).
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
   * Starts and resends from all callers without a known address together.
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
