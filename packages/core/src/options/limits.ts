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
   * Messages to one number, over all callers but its known devices. Strangers can request all but
   * two of them (all but half of a limit below 4): the rest is kept for networks from which the
   * number has signed in.
   * @defaultValue `{ "1h": 5, "24h": 10 }`
   */
  readonly sendsPerNumber?: Rates
  /**
   * Messages to one number that one network requests, so that no single source can use up the
   * messages of a number.
   * @defaultValue `{ "1h": 3, "24h": 5 }`
   */
  readonly sendsPerNumberAndNetwork?: Rates
  /**
   * Messages that a known device requests. They do not count as messages to the number.
   * @defaultValue `{ "1h": 5, "24h": 10 }`
   */
  readonly sendsPerDevice?: Rates
  /**
   * Messages that one signed-in user requests for step-ups and changes of number, to any number.
   * @defaultValue `{ "1h": 5, "24h": 10 }`
   */
  readonly sendsPerUser?: Rates
  /**
   * Guesses at the codes of one number. A challenge reserves its attempts when it starts and
   * returns what it did not need when the right code comes or when it expires. Strangers can use
   * two thirds: the rest is kept for networks from which the number has signed in. When the guesses
   * are used up, the number is not locked: its next codes have at least 64 bits. One window of 30
   * days or more must allow at most 100 (NIST SP 800-63B-4 section 3.2.2).
   * @defaultValue `{ "1h": 15, "24h": 30, "30d": 100 }`
   */
  readonly guessesPerNumber?: Rates
  /**
   * Guesses at codes that one known device requests. 10 wrong codes in a row also end its short
   * codes, until the next sign-in.
   * @defaultValue `{ "1h": 10, "24h": 20 }`
   */
  readonly guessesPerDevice?: Rates
  /**
   * How many wrong codes in a row a number allows, at most 100, before codes that strangers request
   * have at least 64 bits. A sign-in starts the count again. At 100 this also applies to known
   * networks and devices (NIST SP 800-63B-4 section 3.2.2).
   * @defaultValue 50
   */
  readonly guessesInARow?: number
  /**
   * Starts and resends from one address. Counted in tenths of the shortest window, so that a window
   * can be up to a tenth longer than stated.
   * @defaultValue `{ "1h": 150 }`
   */
  readonly startsPerAddress?: Rates
  /**
   * Starts and resends from one network, counted like those of an address.
   * @defaultValue `{ "1h": 600 }`
   */
  readonly startsPerNetwork?: Rates
  /**
   * Starts and resends from all callers without a known address together.
   * @defaultValue `{ "1h": 60 }`
   */
  readonly startsFromUnknown?: Rates
  /**
   * Wrong codes from one address: those that it submitted, and those of challenges that it started.
   * A start reserves the attempts of its challenge, so that codes cannot be requested first and
   * guessed later.
   * @defaultValue `{ "1h": 60 }`
   */
  readonly failuresPerAddress?: Rates
  /**
   * Wrong codes from one network, counted like those of an address.
   * @defaultValue `{ "1h": 200 }`
   */
  readonly failuresPerNetwork?: Rates
  /**
   * How long a network is known after a number signed in from it.
   * @defaultValue "90d"
   */
  readonly knownNetwork?: Duration
  /**
   * How long a device token is valid after the sign-in that issued it.
   * @defaultValue "180d"
   */
  readonly knownDevice?: Duration
}
