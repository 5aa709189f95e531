import type { AccessTokenKeySet } from '../keys/key-set.ts'
import type { Duration } from '../time/duration.ts'

/** The secret, the tokens and the sessions. */
export interface TokenOptions {
  /**
   * The secret from which every key is derived: at least 32 random bytes. To rotate it without
   * downtime, pass a list: the current secret first, then the earlier ones, which still verify
   * older codes and tokens. A rotation resets the budgets of numbers, because they are stored under
   * pseudonyms that depend on the secret.
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
   * The tolerated clock difference between servers. At most 60 seconds.
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
   * Separate keys, so that other servers can verify access tokens but not issue them
   * ({@link PhoneAuth.jwks}). Create them with `generateKeySet` of `@phone-auth/core/keys`. With
   * them, no token is signed or accepted under HS256 (RFC 8725 section 3.1).
   * @defaultValue none: tokens are signed with HS256 and a key derived from `secret`
   */
  readonly keys?: AccessTokenKeySet
}

/** The sessions: how long they last, and how many there can be. */
export interface SessionOptions {
  /**
   * How long a session lasts without a refresh.
   * @defaultValue "14d"
   */
  readonly idle?: Duration
  /**
   * How long a session lasts at most (NIST SP 800-63B-4 section 2.1.3 asks for at most 30 days).
   * @defaultValue "30d"
   */
  readonly absolute?: Duration
  /**
   * How long an exchanged refresh token can be used again without ending the session, as two tabs
   * of a browser do. At most 30 seconds. This deviates from RFC 9700 section 4.14.2: within the
   * window both calls return the same successor. Later calls do, too, as long as no token of the
   * exchange was used, because its answer may have been lost. With "0s", no token can be used
   * again.
   * @defaultValue "10s"
   */
  readonly reuseWindow?: Duration
  /**
   * How long `authenticate` relies on an earlier check that a session is active, before it asks the
   * store again. At most 5 minutes. A session that ends in this process is refused at once. A
   * session that another process ends is refused after this time at the latest.
   * @defaultValue "0s"
   */
  readonly cacheAge?: Duration
  /**
   * How many sessions a user can have at once, 1 to 1000. A further sign-in ends the sessions that
   * were refreshed least recently.
   * @defaultValue no limit
   */
  readonly max?: number
  /**
   * How recently the user must have proven possession of the number for sensitive operations:
   * changing the number, deleting the account, and `requireFresh` without a `maxAgeSeconds`.
   * @defaultValue "10m"
   */
  readonly fresh?: Duration
}
