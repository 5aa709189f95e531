import { sql } from 'kysely'
import { prefixed } from '../query/columns.ts'
import type { SqlDialect } from '../query/dialect.ts'
import { codeOf } from '../query/error-code.ts'
import { sqliteAdvice } from './advice.ts'
import { checkSqlite } from './check.ts'
import { sqliteSteps } from './steps.ts'

/** SQLite. It has one writer at a time, over all processes that share the file. */
export const sqlite: SqlDialect = {
  clock: null,
  locksRows: false,
  types: { id: 'integer', instant: 'integer', flag: 'integer', json: 'text', entries: 'text', key: 'text' },
  // Small rows are kept in the index of their key, and not in a second tree.
  storage: (table) => (table === 'budgets' ? sql`without rowid` : sql``),
  purgeIndex: (index, column) => index.column(column),
  createFunctions: async () => undefined,
  check: checkSqlite,
  instant: (instant) => instant.getTime(),
  later: (instant, seconds) => sql`(${instant} + ${seconds} * 1000)`,
  joined: prefixed,
  isAmong: (column, subquery) => sql`${column} in (${subquery})`,
  elements: (list) => sql`(select value from json_each(${list}))`,
  atomically: async (connection, work) => {
    // A transaction that begins as a reader can fail after its reads, when it asks for the write
    // lock. One that begins with the write lock keeps it.
    await sql`begin immediate`.execute(connection)
    try {
      const result = await work(connection)
      await sql`commit`.execute(connection)
      return result
    } catch (error) {
      // After some errors SQLite has already rolled back. The caller must receive the first error.
      await sql`rollback`.execute(connection).catch(() => undefined)
      throw error
    }
  },
  prepareSchema: async (_, { schema }) => {
    // An atomic step already runs alone. What SQLite calls a schema is a file.
    if (schema !== null) throw new RangeError('schema is an option for PostgreSQL only. Remove it for SQLite.')
  },
  isUndone: (error) => codeOf(error).startsWith('SQLITE_BUSY'),
  isFull: (error) => codeOf(error) === 'SQLITE_FULL',
  isMissing: (error) => codeOf(error) === 'SQLITE_ERROR' && /no such|no column/.test((error as Error).message),
  isTaken: (error) => codeOf(error) === 'SQLITE_CONSTRAINT_UNIQUE',
  adviceOn: sqliteAdvice,
  steps: sqliteSteps,
}
