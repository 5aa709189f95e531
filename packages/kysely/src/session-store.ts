import type { NewSession, RotateOutcome, Rotation, Session, SessionStore, UserId } from '@phone-auth/core'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { sessionOf } from './rows.ts'
import type { SessionRow, Tables } from './schema.ts'

export class KyselySessionStore implements SessionStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  insert(userId: UserId, session: NewSession): Promise<Session> {
    return this.#database.atomically((db, now) => insertSession(db, now, userId, session))
  }

  rotate(rotation: Rotation): Promise<RotateOutcome> {
    return this.#database.atomically(async (db, now) => {
      const live = await findLive(db, now, rotation.sessionId)
      if (live === undefined) return { outcome: 'gone' }
      if (rotation.refreshTokenHash === live.refresh_token_hash) {
        const idleEnd = now.getTime() + rotation.idleSeconds * 1000
        const rotated = await db
          .updateTable('phone_auth_sessions')
          .set({
            refresh_token_hash: rotation.nextRefreshTokenHash,
            previous_refresh_token_hash: live.refresh_token_hash,
            last_used_at: now.getTime(),
            expires_at: Math.min(idleEnd, live.absolute_expires_at),
          })
          .where('id', '=', live.id)
          .returningAll()
          .executeTakeFirstOrThrow()
        return { outcome: 'rotated', session: sessionOf(rotated) }
      }
      const isParent = rotation.refreshTokenHash === live.previous_refresh_token_hash
      const isInTime = now.getTime() < live.last_used_at + rotation.reuseWindowSeconds * 1000
      if (isParent && isInTime) return { outcome: 'repeated', session: sessionOf(live) }
      await revokeLive(db, now).where('id', '=', live.id).execute()
      return { outcome: 'reused', session: sessionOf(live) }
    })
  }

  find(id: string): Promise<Session | null> {
    return this.#database.read(async (db, now) => {
      const row = await findLive(db, now, id)
      return row === undefined ? null : sessionOf(row)
    })
  }

  list(userId: UserId): Promise<Session[]> {
    return this.#database.read(async (db, now) => {
      const rows = await selectLive(db, now)
        .where('user_id', '=', Number(userId))
        .orderBy('last_used_at', 'desc')
        .execute()
      return rows.map(sessionOf)
    })
  }

  revoke(id: string): Promise<boolean> {
    return this.#database.atomically(async (db, now) => {
      const { numUpdatedRows } = await revokeLive(db, now).where('id', '=', id).executeTakeFirst()
      return numUpdatedRows > 0n
    })
  }

  revokeAll(userId: UserId, exceptId: string | null): Promise<number> {
    return this.#database.atomically(async (db, now) => {
      const { numUpdatedRows } = await revokeLive(db, now)
        .where('user_id', '=', Number(userId))
        .$if(exceptId !== null, (query) => query.where('id', '!=', exceptId))
        .executeTakeFirst()
      return Number(numUpdatedRows)
    })
  }

  purge(limit: number): Promise<number> {
    return this.#database.atomically(async (db, now) => {
      const { numDeletedRows } = await db
        .deleteFrom('phone_auth_sessions')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('phone_auth_sessions')
            .select('id')
            .where('absolute_expires_at', '<=', now.getTime())
            .limit(limit),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    })
  }
}

/** {@link SessionStore.insert} within an atomic step that may go on. */
export async function insertSession(
  db: Kysely<Tables>,
  now: Date,
  userId: UserId,
  session: NewSession,
): Promise<Session> {
  const absoluteEnd = now.getTime() + session.absoluteSeconds * 1000
  const row = await db
    .insertInto('phone_auth_sessions')
    .values({
      id: session.id,
      user_id: Number(userId),
      refresh_token_hash: session.refreshTokenHash,
      user_agent: session.userAgent,
      ip: session.ip,
      created_at: now.getTime(),
      last_used_at: now.getTime(),
      expires_at: Math.min(now.getTime() + session.idleSeconds * 1000, absoluteEnd),
      absolute_expires_at: absoluteEnd,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return sessionOf(row)
}

function selectLive(db: Kysely<Tables>, now: Date) {
  return db
    .selectFrom('phone_auth_sessions')
    .selectAll()
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now.getTime())
}

async function findLive(db: Kysely<Tables>, now: Date, id: string): Promise<SessionRow | undefined> {
  return selectLive(db, now).where('id', '=', id).executeTakeFirst()
}

/** Ends live sessions; which ones is for the caller to add. */
export function revokeLive(db: Kysely<Tables>, now: Date) {
  return db
    .updateTable('phone_auth_sessions')
    .set({ revoked_at: now.getTime() })
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now.getTime())
}
