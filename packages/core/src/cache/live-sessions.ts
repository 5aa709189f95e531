import type { UserId } from '../ports/user-store.ts'
import type { AccessTokenClaims } from '../token/access-token.ts'
import { remember } from './remember.ts'

interface Seen {
  readonly userId: UserId
  readonly atMs: number
}

/**
 * Remembers which sessions were seen to stand, for as long as the application lets that count.
 * Ended sessions are forgotten at once.
 */
export class LiveSessions {
  readonly #seen = new Map<string, Seen>()
  readonly #ageMs: number
  #endings = 0

  /** `ageSeconds` is how long having seen a session counts; 0 remembers nothing. */
  constructor(ageSeconds: number) {
    this.#ageMs = ageSeconds * 1000
  }

  /** Whether the session of a token was seen to stand lately. */
  has({ sessionId, userId }: AccessTokenClaims, now: Date): boolean {
    const seen = this.#seen.get(sessionId)
    if (seen === undefined || seen.userId !== userId) return false
    const ageMs = now.getTime() - seen.atMs
    // A clock that was set back must not make a memory last.
    return ageMs >= 0 && ageMs < this.#ageMs
  }

  /**
   * How many endings it was told of: what the store is asked before one and answers after it may be
   * out of date.
   */
  get endings(): number {
    return this.#endings
  }

  /**
   * Remembers that a session stands, unless one has ended since the store was asked, when there had
   * been `endings`.
   */
  keep({ sessionId, userId }: AccessTokenClaims, now: Date, endings: number): void {
    if (this.#ageMs === 0 || endings !== this.#endings) return
    remember(this.#seen, sessionId, { userId, atMs: now.getTime() })
  }

  /** Forgets a session that has ended. */
  forget(sessionId: string): void {
    this.#endings += 1
    this.#seen.delete(sessionId)
  }

  /** Forgets all sessions of a user but one, if it is named. */
  forgetAllOf(userId: UserId, exceptId: string | null): void {
    this.#endings += 1
    for (const [sessionId, seen] of this.#seen) {
      // An administrator may write the id as a string.
      if (String(seen.userId) === String(userId) && sessionId !== exceptId) this.#seen.delete(sessionId)
    }
  }
}
