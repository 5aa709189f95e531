import type { AccessTokenKeySet } from '../keys/key-set.ts'
import type { Duration } from '../time/duration.ts'

/** The secret, the tokens and the sessions that are made with it. */
export interface TokenOptions {
  /**
   * The secret from which every key is drawn: at least 32 bytes of randomness. To rotate it without
   * downtime, give a list: the current one first, then those that older codes and tokens are still
   * verified with. A rotation resets the budgets of numbers, because they are kept under pseudonyms
   * that the secret makes.
   */
  readonly secret: string | readonly string[]
  /** The access tokens: their life, their claims, their keys. */
  readonly accessToken?: AccessTokenOptions
  /** The sessions: how long they last, and how many there can be. */
  readonly session?: SessionOptions
}

/** The access tokens: their life, their claims, their keys. */
export interface AccessTokenOptions {
  /**
   * How long an access token is valid. At most 60 minutes.
   * @defaultValue "30m"
   */
  readonly ttl?: Duration
  /**
   * The clock difference between servers that is tolerated. At most 60 seconds.
   * @defaultValue "5s"
   */
  readonly clockTolerance?: Duration
  /**
   * The `iss` claim: the server that issues the tokens.
   * @defaultValue "phone-auth"
   */
  readonly issuer?: string
  /**
   * The `aud` and `client_id` claims: the servers that the tokens are for.
   * @defaultValue "phone-auth"
   */
  readonly audience?: string
  /**
   * Separate keys, so that other servers can verify access tokens without being able to issue any
   * ({@link PhoneAuth.jwks}). Make them with `generateKeySet` of `@phone-auth/core/keys`. With them
   * nothing is signed or accepted under HS256 (RFC 8725 section 3.1).
   * @defaultValue none: tokens are signed with HS256, by a key drawn from `secret`
   */
  readonly keys?: AccessTokenKeySet
}

/** The sessions: how long they last, and how many there can be. */
export interface SessionOptions {
  /**
   * How long a session lasts without being refreshed.
   * @defaultValue "14d"
   */
  readonly idle?: Duration
  /**
   * How long a session lasts at most (NIST SP 800-63B-4 section 2.1.3 asks for at most 30 days).
   * @defaultValue "30d"
   */
  readonly absolute?: Duration
  /**
   * How long an exchanged refresh token may be used once more, as two tabs do, without ending the
   * session. At most 30 seconds. A deviation from RFC 9700 section 4.14.2: within the window both
   * get the same successor.
   * @defaultValue "10s"
   */
  readonly reuseWindow?: Duration
  /**
   * How long `authenticate` relies on having seen that a session is active, before it asks the
   * store again; at most 5 minutes. Sessions that end in this process are refused at once all the
   * same; those that another process ends, that much later.
   * @defaultValue "0s"
   */
  readonly cacheAge?: Duration
  /**
   * How many sessions a user can have at once, 1 to 1000. A further sign-in ends those that were
   * not refreshed for longest.
   * @defaultValue no limit
   */
  readonly max?: number
  /**
   * How old the proof of possession may be for sensitive operations: changing the number, deleting
   * the account, and `requireFresh` without a `maxAgeSeconds`.
   * @defaultValue "10m"
   */
  readonly fresh?: Duration
}
