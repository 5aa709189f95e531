import type { UserId } from './user-store.ts'

/** A session to insert. */
export interface NewSession {
  /** 128 random bits. */
  readonly id: string
  /** SHA-256 of the session's first refresh token. */
  readonly refreshTokenHash: string
  /** What the client calls itself. */
  readonly userAgent: string | null
  /** The address it signed in from. */
  readonly ip: string | null
  /** How long the session lives, whatever happens. */
  readonly absoluteSeconds: number
  /** How long it lives without being refreshed. */
  readonly idleSeconds: number
}

/** One sign-in and its chain of refresh tokens. */
export interface Session {
  readonly id: string
  readonly userId: UserId
  readonly userAgent: string | null
  readonly ip: string | null
  /** When the session began, by a proof that the user possesses the number. */
  readonly createdAt: Date
  /**
   * When the user last proved possession of the number in this session: `createdAt` until a
   * step-up.
   */
  readonly authenticatedAt: Date
  /** When the session was last refreshed. */
  readonly lastUsedAt: Date
  /** When the session ends unless it is refreshed before. Never later than `absoluteExpiresAt`. */
  readonly expiresAt: Date
  /** When the session ends whatever happens. */
  readonly absoluteExpiresAt: Date
}

/** The exchange of a session's refresh token for the next one. */
export interface Rotation {
  readonly sessionId: string
  readonly refreshTokenHash: string
  readonly nextRefreshTokenHash: string
  readonly idleSeconds: number
  /** How long the exchanged token may be presented once more without being taken for stolen. */
  readonly reuseWindowSeconds: number
}

/** What became of a {@link Rotation}. */
export type RotateOutcome =
  | { readonly outcome: 'rotated'; readonly session: Session }
  /**
   * The token was exchanged moments ago and its successor is unused: the successor, the same one,
   * stands.
   */
  | { readonly outcome: 'repeated'; readonly session: Session }
  /** The token was exchanged before. The session is now revoked. */
  | { readonly outcome: 'reused'; readonly session: Session }
  | { readonly outcome: 'gone' }

/**
 * Keeps sessions.
 *
 * Each method is one atomic step. Time is the store's own. An expired, a revoked, a purged and a
 * never inserted session are one case.
 */
export interface SessionStore {
  /** Why the store must not serve in production, if so. */
  readonly developmentOnly?: string

  /** Inserts a session of a user. */
  insert(userId: UserId, session: NewSession): Promise<Session>

  /**
   * Exchanges the session's refresh token for its successor.
   *
   * - Of N concurrent calls with the current token one is `rotated` and the others are `repeated`.
   * - The token before the current one is `repeated` within the reuse window, and `reused` from its
   *   end on.
   * - Any other token is `reused`: the caller has made sure that it is genuine.
   * - A reused token revokes the session, and is told once.
   * - Extends the idle life of the session, never its absolute one.
   */
  rotate(rotation: Rotation): Promise<RotateOutcome>

  /** Finds a live session. */
  find(id: string): Promise<Session | null>

  /** The live sessions of a user, the one used last first. */
  list(userId: UserId): Promise<Session[]>

  /** Ends a session; `false` when there was none. */
  revoke(id: string): Promise<boolean>

  /**
   * Notes that the user has just proved possession of the number once more.
   *
   * - Sets `authenticatedAt` of a live session and nothing else; `null` for one that has ended.
   */
  reauthenticate(id: string): Promise<Session | null>

  /**
   * Ends every session of a user, but for one if it is named; returns the ids of those it ended, in
   * any order.
   */
  revokeAll(userId: UserId, exceptId: string | null): Promise<string[]>

  /**
   * Ends all live sessions of a user but the `count` that were used last, of those used at once the
   * ones created last; returns the ids of those it ended, in any order.
   *
   * - Of N concurrent calls each session that ends is told to one.
   */
  keepLatest(userId: UserId, count: number): Promise<string[]>

  /**
   * Deletes at most `limit` sessions that are past their absolute end, and no live one; returns how
   * many that were.
   */
  purge(limit: number): Promise<number>
}
