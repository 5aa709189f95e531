import type { UserId } from '@phone-auth/core'
import type { NewSession, RotateOutcome, Rotation, Session, SessionStore } from '@phone-auth/core/adapters'
import type { DialectSteps } from '../query/dialect.ts'
import { purgeSessions } from '../query/purge.ts'
import { type Database, first, one } from '../query/run.ts'
import {
  insertSession,
  revokeSessionById,
  revokeSessionsBeyond,
  revokeSessionsByUser,
  selectLiveSessionById,
  selectLiveSessionsByUser,
  sessionInput,
  updateAuthenticatedAt,
  updateUsedGeneration,
} from '../query/sessions.ts'
import { rowId, sessionOf } from '../schema/rows.ts'

export class KyselySessionStore implements SessionStore {
  readonly #database: Database
  readonly #steps: DialectSteps

  constructor(database: Database, steps: DialectSteps) {
    this.#database = database
    this.#steps = steps
  }

  async insert(userId: UserId, session: NewSession): Promise<Session> {
    const input = { ...sessionInput(session), userId: rowId(userId) }
    return sessionOf(await one(this.#database.run(insertSession, input)))
  }

  rotate(rotation: Rotation): Promise<RotateOutcome> {
    return this.#steps.rotate(rotation)
  }

  async find(id: string): Promise<Session | null> {
    const row = await first(this.#database.run(selectLiveSessionById, { id }))
    return row === undefined ? null : sessionOf(row)
  }

  async markUsed(id: string, generation: number): Promise<void> {
    await this.#database.run(updateUsedGeneration, { id, generation })
  }

  async list(userId: UserId): Promise<Session[]> {
    const { rows } = await this.#database.run(selectLiveSessionsByUser, { userId: rowId(userId) })
    return rows.map(sessionOf)
  }

  async revoke(id: string): Promise<boolean> {
    const { rows } = await this.#database.run(revokeSessionById, { id })
    return rows.length > 0
  }

  async reauthenticate(id: string): Promise<Session | null> {
    const row = await first(this.#database.run(updateAuthenticatedAt, { id }))
    return row === undefined ? null : sessionOf(row)
  }

  async revokeAll(userId: UserId, exceptId: string | null): Promise<string[]> {
    const { rows } = await this.#database.run(revokeSessionsByUser, { userId: rowId(userId), exceptId })
    return rows.map(({ id }) => id)
  }

  async keepLatest(userId: UserId, count: number): Promise<string[]> {
    const { rows } = await this.#database.run(revokeSessionsBeyond, { userId: rowId(userId), count })
    return rows.map(({ id }) => id)
  }

  async purge(limit: number): Promise<number> {
    const { numAffectedRows } = await this.#database.run(purgeSessions, { limit })
    return Number(numAffectedRows ?? 0n)
  }
}
