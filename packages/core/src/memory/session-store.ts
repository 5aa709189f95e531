import type { NewSession, RotateOutcome, Rotation, Session, SessionStore } from '../ports/session-store.ts'
import type { UserId } from '../ports/user-store.ts'
import { DEVELOPMENT_ONLY } from './development-only.ts'

interface SessionRow extends Session {
  readonly refreshTokenHash: string
  readonly previousRefreshTokenHash: string | null
}

/**
 * A {@link SessionStore} in memory. No method awaits anything, so each is one atomic step. A
 * session that ends is deleted.
 */
export class MemorySessionStore implements SessionStore {
  readonly developmentOnly = DEVELOPMENT_ONLY
  readonly #sessions = new Map<string, SessionRow>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  async insert(
    userId: UserId,
    { id, refreshTokenHash, userAgent, ip, absoluteSeconds, idleSeconds }: NewSession,
  ): Promise<Session> {
    const now = this.#now()
    const absoluteExpiresAt = later(now, absoluteSeconds)
    const row: SessionRow = {
      id,
      userId,
      userAgent,
      ip,
      createdAt: now,
      authenticatedAt: now,
      lastUsedAt: now,
      generation: 0,
      oldestGeneration: 0,
      isGenerationUsed: false,
      expiresAt: earlier(later(now, idleSeconds), absoluteExpiresAt),
      absoluteExpiresAt,
      refreshTokenHash,
      previousRefreshTokenHash: null,
    }
    this.#sessions.set(id, row)
    return withoutHashes(row)
  }

  async rotate(rotation: Rotation): Promise<RotateOutcome> {
    const now = this.#now()
    const row = this.#live(rotation.sessionId)
    if (row === null) return { outcome: 'gone' }
    const exchanged = {
      ...row,
      generation: row.generation + 1,
      isGenerationUsed: false,
      lastUsedAt: now,
      expiresAt: earlier(later(now, rotation.idleSeconds), row.absoluteExpiresAt),
    }
    if (rotation.refreshTokenHash === row.refreshTokenHash) {
      const rotated: SessionRow = {
        ...exchanged,
        refreshTokenHash: rotation.nextRefreshTokenHash,
        previousRefreshTokenHash: row.refreshTokenHash,
      }
      this.#sessions.set(row.id, rotated)
      return { outcome: 'rotated', session: withoutHashes(rotated) }
    }
    if (rotation.refreshTokenHash === row.previousRefreshTokenHash && rotation.reuseWindowSeconds > 0) {
      if (now < later(row.lastUsedAt, rotation.reuseWindowSeconds)) {
        return { outcome: 'repeated', session: withoutHashes(row) }
      }
      if (!row.isGenerationUsed) {
        const again = { ...exchanged, oldestGeneration: exchanged.generation }
        this.#sessions.set(row.id, again)
        return { outcome: 'repeated', session: withoutHashes(again) }
      }
    }
    this.#end([row])
    return { outcome: 'reused', session: withoutHashes(row) }
  }

  async find(id: string): Promise<Session | null> {
    const row = this.#live(id)
    return row === null ? null : withoutHashes(row)
  }

  async markUsed(id: string, generation: number): Promise<void> {
    const row = this.#live(id)
    if (row?.generation === generation) this.#sessions.set(id, { ...row, isGenerationUsed: true })
  }

  async list(userId: UserId): Promise<Session[]> {
    return this.#liveOf(userId).map(withoutHashes)
  }

  async revoke(id: string): Promise<boolean> {
    const row = this.#live(id)
    return row !== null && this.#end([row]).length > 0
  }

  async reauthenticate(id: string): Promise<Session | null> {
    const row = this.#live(id)
    if (row === null) return null
    const reauthenticated = { ...row, authenticatedAt: this.#now() }
    this.#sessions.set(id, reauthenticated)
    return withoutHashes(reauthenticated)
  }

  async revokeAll(userId: UserId, exceptId: string | null): Promise<string[]> {
    return this.#end(this.#liveOf(userId).filter(({ id }) => id !== exceptId))
  }

  async keepLatest(userId: UserId, count: number): Promise<string[]> {
    return this.#end(this.#liveOf(userId).slice(count))
  }

  async purge(limit: number): Promise<number> {
    const now = this.#now()
    const isOver = (row: SessionRow) => row.absoluteExpiresAt <= now
    return this.#end([...this.#sessions.values()].filter(isOver).slice(0, limit)).length
  }

  // The session used last comes first. Of sessions used at the same time, the one created last
  // comes first.
  #liveOf(userId: UserId): SessionRow[] {
    return [...this.#sessions.values()]
      .filter((row) => String(row.userId) === String(userId) && this.#live(row.id) !== null)
      .reverse()
      .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
  }

  #end(rows: readonly SessionRow[]): string[] {
    for (const { id } of rows) this.#sessions.delete(id)
    return rows.map(({ id }) => id)
  }

  #live(id: string): SessionRow | null {
    const row = this.#sessions.get(id)
    return row !== undefined && this.#now() < row.expiresAt ? row : null
  }
}

function later(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000)
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}

function withoutHashes({ refreshTokenHash: _, previousRefreshTokenHash: __, ...session }: SessionRow): Session {
  return session
}
