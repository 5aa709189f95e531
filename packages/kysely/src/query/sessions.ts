import type { NewSession, Rotation } from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import { COLUMNS, type SessionRow } from '../schema/tables.ts'
import { columns, insertSelect } from './columns.ts'
import type { Statement, Writing } from './statement.ts'

/** The values of a new session. */
export function sessionInput({ id, refreshTokenHash, userAgent, ip, absoluteSeconds, idleSeconds }: NewSession) {
  return {
    sessionId: id,
    refreshTokenHash,
    userAgent,
    ip,
    absoluteSeconds,
    firstSeconds: Math.min(idleSeconds, absoluteSeconds),
  }
}

export type SessionInput = ReturnType<typeof sessionInput>

/** Inserts a session. The caller adds `from`, `where` and `returning`. */
export function insertSelectSession(
  { input, now, dialect }: Writing<SessionInput>,
  userId: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return insertSelect('sessions', {
    id: input.sessionId,
    user_id: userId,
    refresh_token_hash: input.refreshTokenHash,
    user_agent: input.userAgent,
    ip: input.ip,
    created_at: now,
    last_used_at: now,
    expires_at: dialect.later(now, input.firstSeconds),
    absolute_expires_at: dialect.later(now, input.absoluteSeconds),
  })
}

export const insertSession: Statement<SessionInput & { userId: number }, SessionRow> = (writing) =>
  sql`${insertSelectSession(writing, writing.input.userId)} returning ${columns('sessions')}`

function selectLiveSessions({ db, now }: Pick<Writing<object>, 'db' | 'now'>) {
  return db
    .selectFrom('sessions')
    .select(COLUMNS.sessions)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
}

export const selectLiveSessionById: Statement<{ id: string }, SessionRow> = (writing) =>
  selectLiveSessions(writing).where('id', '=', writing.input.id)

export const selectLiveSessionsByUser: Statement<{ userId: number }, SessionRow> = (writing) =>
  selectLiveSessions(writing).where('user_id', '=', writing.input.userId).orderBy('last_used_at', 'desc')

/** Records a step-up. */
export const updateAuthenticatedAt: Statement<{ id: string }, SessionRow> = ({ db, input, now }) =>
  db
    .updateTable('sessions')
    .set({ authenticated_at: now })
    .where('id', '=', input.id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(COLUMNS.sessions)

function revokeLive({ db, now }: Pick<Writing<object>, 'db' | 'now'>) {
  return db
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
}

export const revokeSessionById: Statement<{ id: string }, { id: string }> = (writing) =>
  revokeLive(writing).where('id', '=', writing.input.id)

export const revokeSessionsByUser: Statement<{ userId: number; exceptId: string | null }, { id: string }> = (writing) =>
  revokeLive(writing)
    .where('user_id', '=', writing.input.userId)
    .where('id', 'is distinct from', writing.input.exceptId)

/** Ends the live sessions of a user, except the `count` that were used last. */
export const revokeSessionsBeyond: Statement<{ userId: number; count: number }, { id: string }> = (writing) => {
  const { db, dialect, input, now } = writing
  const live = selectLiveSessions(writing).where('user_id', '=', input.userId)
  // Rows are locked before they are ranked, because a refresh in progress changes the order.
  const beyond = sql`
    select id from (
      select id, row_number() over (order by last_used_at desc, created_at desc, id) as place
      from ${dialect.locksRows ? live.forUpdate() : live} as live
    ) as ranked where place > ${input.count}`
  return db
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where(dialect.isAmong(sql.ref('id'), beyond))
    .returning('id')
}

/** Deletes the sessions of a user and returns which of them were live. */
export const deleteSessionsByUser: Statement<{ userId: number }, { id: string; is_live: boolean | number }> = ({
  db,
  input,
  now,
}) =>
  db
    .deleteFrom('sessions')
    .where('user_id', '=', input.userId)
    .returning(['id', sql<boolean>`revoked_at is null and expires_at > ${now}`.as('is_live')])

/** Begins a generation and extends the session by its idle lifetime. */
function exchangeAssignments({ input, now, dialect }: Writing<Rotation>): RawBuilder<unknown> {
  const idleEnd = dialect.later(now, input.idleSeconds)
  return sql`
    generation = generation + 1,
    last_used_at = ${now},
    expires_at = case when ${idleEnd} < absolute_expires_at then ${idleEnd} else absolute_expires_at end`
}

/** Replaces the current refresh token by its successor. */
export function rotationAssignments(writing: Writing<Rotation>): RawBuilder<unknown> {
  return sql`
    previous_refresh_token_hash = refresh_token_hash,
    refresh_token_hash = ${writing.input.nextRefreshTokenHash},
    ${exchangeAssignments(writing)}`
}

/** Repeats the exchange of a refresh token, and voids the access tokens before it. */
export function repetitionAssignments(writing: Writing<Rotation>): RawBuilder<unknown> {
  return sql`oldest_generation = generation + 1, ${exchangeAssignments(writing)}`
}

export const rotateSession: Statement<Rotation, SessionRow> = (writing) => sql`
  update ${sql.table('sessions')} set ${rotationAssignments(writing)}
  where id = ${writing.input.sessionId} returning ${columns('sessions')}`

export const exchangeAgain: Statement<Rotation, SessionRow> = (writing) => sql`
  update ${sql.table('sessions')} set ${repetitionAssignments(writing)}
  where id = ${writing.input.sessionId} returning ${columns('sessions')}`

export const updateUsedGeneration: Statement<{ id: string; generation: number }, never> = ({ db, input, now }) =>
  db
    .updateTable('sessions')
    .set({ used_generation: input.generation })
    .where('id', '=', input.id)
    .where('generation', '=', input.generation)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
