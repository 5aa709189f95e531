import { type RawBuilder, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { Statement, Writing } from './statement.ts'

interface PurgeInput {
  readonly limit: number
}

/** Deletes rows for which `column` has passed, except those that another step has locked. */
function deleteOver<Table extends keyof Tables>(
  { dialect, input, now }: Writing<PurgeInput>,
  table: Table,
  key: keyof Tables[Table] & string,
  column: keyof Tables[Table] & string,
): RawBuilder<never> {
  const over = sql`select ${sql.ref(key)} from ${sql.table(table)} where ${sql.ref(column)} <= ${now} limit ${input.limit}`
  const free = dialect.locksRows ? sql`${over} for update skip locked` : over
  return sql`delete from ${sql.table(table)} where ${dialect.isAmong(sql.ref(key), free)}`
}

interface PurgedChallengeRow {
  readonly phone_number: string
  /** The handle of the challenge's message, unless the challenge was consumed. */
  readonly unused_handle: string | null
}

export const purgeChallenges: Statement<PurgeInput, PurgedChallengeRow> = (writing) => sql`
  ${deleteOver(writing, 'challenges', 'id_hash', 'expires_at')}
  returning phone_number, case when consumed_at is null then handle end as unused_handle`

export const purgeBudgets: Statement<PurgeInput, never> = (writing) =>
  deleteOver(writing, 'budgets', 'subject', 'ends_at')

export const purgeSessions: Statement<PurgeInput, never> = (writing) =>
  deleteOver(writing, 'sessions', 'id', 'absolute_expires_at')
