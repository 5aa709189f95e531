import { sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { Statement } from './statement.ts'

/** Deletes rows for which `column` has passed, except those that another step has locked. */
function purgeRows<Table extends keyof Tables>(
  table: Table,
  key: keyof Tables[Table] & string,
  column: keyof Tables[Table] & string,
): Statement<{ limit: number }, never> {
  return ({ dialect, input, now }) => {
    const over = sql`select ${sql.ref(key)} from ${sql.table(table)} where ${sql.ref(column)} <= ${now} limit ${input.limit}`
    const free = dialect.locksRows ? sql`${over} for update skip locked` : over
    return sql`delete from ${sql.table(table)} where ${dialect.isAmong(sql.ref(key), free)}`
  }
}

export const purgeChallenges = purgeRows('challenges', 'id_hash', 'expires_at')
export const purgeBudgets = purgeRows('budgets', 'key', 'ends_at')
export const purgeSessions = purgeRows('sessions', 'id', 'absolute_expires_at')
