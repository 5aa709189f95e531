import type { UserId } from './user-store.ts'

/** A session to insert. */
export interface NewSession {
  /** 128 random bits. */
  readonly id: string
  /** The SHA-256 hash of the session's first refresh token. */
  readonly refreshTokenHash: string
  /** The `User-Agent` of the client. */
  readonly userAgent: string | null
  /** The IP address of the client at sign-in. */
  readonly ip: string | null
  /** The absolute lifetime: how long the session lasts at most. */
  readonly absoluteSeconds: number
  /** The idle lifetime: how long the session lasts without a refresh. */
  readonly idleSeconds: number
}

/** One sign-in and its chain of refresh tokens. */
export interface Session {
  readonly id: string
  readonly userId: UserId
  readonly userAgent: string | null
  readonly ip: string | null
  /** When the session was created, by verifying the phone number. */
  readonly createdAt: Date
  /**
   * When the user last verified the phone number in this session. Equals `createdAt` until a
   * step-up.
   */
  readonly authenticatedAt: Date
  /** When the session was last refreshed. */
  readonly lastUsedAt: Date
  /** How often tokens were issued by exchange. The latest tokens are of this generation. */
  readonly generation: number
  /**
   * Access tokens of earlier generations are void. 0 until an exchange is repeated, because its
   * first answer was lost or a thief has it.
   */
  readonly oldestGeneration: number
  /** Whether an access token of the current generation was used. */
  readonly isGenerationUsed: boolean
  /** When the session ends unless it is refreshed first. Never later than `absoluteExpiresAt`. */
  readonly expiresAt: Date
  /** When the session ends, even if it is refreshed. */
  readonly absoluteExpiresAt: Date
}

/** The exchange of a session's refresh token for the next one. */
export interface Rotation {
  readonly sessionId: string
  readonly refreshTokenHash: string
  readonly nextRefreshTokenHash: string
  readonly idleSeconds: number
  /**
   * How long the exchanged token may be used again without being treated as stolen, even if its
   * successor is used. 0 treats every token that is used again as stolen.
   */
  readonly reuseWindowSeconds: number
}

/** The outcome of a {@link Rotation}. */
export type RotateOutcome =
  | { readonly outcome: 'rotated'; readonly session: Session }
  /** The token was exchanged before, for the same successor, and is not treated as stolen. */
  | { readonly outcome: 'repeated'; readonly session: Session }
  /** The token was exchanged before. The session is revoked. */
  | { readonly outcome: 'reused'; readonly session: Session }
  | { readonly outcome: 'gone' }

/**
 * Stores sessions.
 *
 * Each method is one atomic step. The store uses its own clock. A session that is expired, revoked
 * or purged is treated like one that never existed.
 */
export interface SessionStore {
  /** Why the store must not be used in production, if it must not. */
  readonly developmentOnly?: string

  /**
   * Inserts a session of a user.
   *
   * - The methods `insert` and `find` return the session with all its fields, and without the
   *   hashes of its refresh tokens.
   * - A session that is not refreshed ends after its idle lifetime.
   */
  insert(userId: UserId, session: NewSession): Promise<Session>

  /**
   * Exchanges the session's refresh token for its successor. The caller has verified that the token
   * was issued for this session.
   *
   * - Of concurrent calls with the current token, one returns `rotated` and the others return
   *   `repeated`.
   * - The token before the current one returns `repeated` within the reuse window.
   * - From the end of the window on, it returns `repeated` as long as the current generation is
   *   unused, and counts as exchanged at that time, in a new generation that voids all earlier
   *   ones.
   * - Once the generation is used, and without a reuse window, it returns `reused`, like every
   *   other token.
   * - A reused token revokes the session, and only one call returns `reused`.
   * - A rotation extends the idle lifetime of the session, but never the absolute lifetime.
   */
  rotate(rotation: Rotation): Promise<RotateOutcome>

  /** Finds a live session. */
  find(id: string): Promise<Session | null>

  /**
   * Records that an access token of a generation was used.
   *
   * - Sets `isGenerationUsed` of a live session if `generation` is its current one, and changes
   *   nothing else.
   * - A rotation begins a generation that is unused.
   */
  markUsed(id: string, generation: number): Promise<void>

  /** Lists the live sessions of a user, the most recently used first. */
  list(userId: UserId): Promise<Session[]>

  /** Ends a session, and returns `false` if there is no such live session. */
  revoke(id: string): Promise<boolean>

  /**
   * Records that the user has just verified the phone number again.
   *
   * - Sets `authenticatedAt` of a live session and changes nothing else.
   * - A session that has ended cannot be reauthenticated, and the result is `null`.
   */
  reauthenticate(id: string): Promise<Session | null>

  /**
   * Ends every live session of a user, except `exceptId` if it is given, and returns the ids of the
   * sessions that it ended. The ids are in any order.
   */
  revokeAll(userId: UserId, exceptId: string | null): Promise<string[]>

  /**
   * Ends all live sessions of a user except the `count` most recently used, and returns the ids of
   * the sessions that it ended. The ids are in any order.
   *
   * - Of sessions that were last used at the same time, the most recently created are kept.
   * - Of concurrent calls, only one returns the id of each session that ended.
   */
  keepLatest(userId: UserId, count: number): Promise<string[]>

  /**
   * Deletes at most `limit` sessions that are past `absoluteExpiresAt`, and no live session.
   * Returns how many it deleted.
   */
  purge(limit: number): Promise<number>
}
