import type { UserId } from '../ports/user-store.ts'
import type { AccessTokenClaims } from '../token/access-token.ts'
import { remember } from './remember.ts'

interface Seen {
  readonly userId: UserId
  /** The tokens that count as active: of generations that the store knows to be used, not void. */
  readonly oldest: number
  readonly latest: number
  readonly atMs: number
}

/**
 * Remembers which sessions were active, for as long as the application allows. Ended sessions are
 * forgotten at once.
 */
export class LiveSessions {
  readonly #seen = new Map<string, Seen>()
  readonly #ageMs: number
  #endings = 0

  /**
   * `ageSeconds` is how long a session counts as active after the store has returned it; 0
   * remembers nothing.
   */
  constructor(ageSeconds: number) {
    this.#ageMs = ageSeconds * 1000
  }

  /** Whether the session of a token was recently active, and the store knows that it is used. */
  has({ sessionId, userId, generation }: AccessTokenClaims, now: Date): boolean {
    const seen = this.#seen.get(sessionId)
    if (seen === undefined || seen.userId !== userId) return false
    if (generation < seen.oldest || generation > seen.latest) return false
    const ageMs = now.getTime() - seen.atMs
    // A clock that is set back must not extend an entry.
    return ageMs >= 0 && ageMs < this.#ageMs
  }

  /**
   * Counts the endings of sessions. If it changes during a call of the store, the result of that
   * call may be out of date.
   */
  get endings(): number {
    return this.#endings
  }

  /**
   * Remembers that a session is active, unless one has ended since the store was called. `endings`
   * is the count at that time. Generations before `oldest` are void.
   */
  keep({ sessionId, userId, generation }: AccessTokenClaims, oldest: number, now: Date, endings: number): void {
    if (this.#ageMs === 0 || endings !== this.#endings) return
    const latest = Math.max(generation, this.#seen.get(sessionId)?.latest ?? 0)
    remember(this.#seen, sessionId, { userId, oldest, latest, atMs: now.getTime() })
  }

  /** Forgets a session that has ended. */
  forget(sessionId: string): void {
    this.#endings += 1
    this.#seen.delete(sessionId)
  }

  /** Forgets all sessions of a user, except `exceptId`. */
  forgetAllOf(userId: UserId, exceptId: string | null): void {
    this.#endings += 1
    for (const [sessionId, seen] of this.#seen) {
      // An administrator may pass the id as a string.
      if (String(seen.userId) === String(userId) && sessionId !== exceptId) this.#seen.delete(sessionId)
    }
  }
}
