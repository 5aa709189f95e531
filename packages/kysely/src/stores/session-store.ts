import type { NewSession, RotateOutcome, Rotation, Session, SessionStore, UserId } from '@phone-auth/core'
import { rowId, sessionOf } from '../rows.ts'
import { purgeSessions } from '../statements/purge.ts'
import {
  findSession,
  insertSession,
  listSessions,
  reauthenticateSession,
  revokeSession,
  revokeSessionsBeyond,
  revokeSessionsOf,
  sessionInput,
} from '../statements/sessions.ts'
import type { Database, Steps } from '../steps.ts'
import type { SessionRow } from '../tables.ts'

export class KyselySessionStore implements SessionStore {
  readonly #database: Database
  readonly #steps: Steps

  constructor(database: Database, steps: Steps) {
    this.#database = database
    this.#steps = steps
  }

  async insert(userId: UserId, session: NewSession): Promise<Session> {
    const input = { ...sessionInput(session), userId: rowId(userId) }
    const [row] = (await this.#database.run(insertSession, input)).rows
    return sessionOf(row as SessionRow)
  }

  rotate(rotation: Rotation): Promise<RotateOutcome> {
    return this.#steps.rotate(rotation)
  }

  async find(id: string): Promise<Session | null> {
    const [row] = (await this.#database.run(findSession, { id })).rows
    return row === undefined ? null : sessionOf(row)
  }

  async list(userId: UserId): Promise<Session[]> {
    const { rows } = await this.#database.run(listSessions, { userId: rowId(userId) })
    return rows.map(sessionOf)
  }

  async revoke(id: string): Promise<boolean> {
    const { rows } = await this.#database.run(revokeSession, { id })
    return rows.length > 0
  }

  async reauthenticate(id: string): Promise<Session | null> {
    const [row] = (await this.#database.run(reauthenticateSession, { id })).rows
    return row === undefined ? null : sessionOf(row)
  }

  async revokeAll(userId: UserId, exceptId: string | null): Promise<string[]> {
    const { rows } = await this.#database.run(revokeSessionsOf, { userId: rowId(userId), exceptId })
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
