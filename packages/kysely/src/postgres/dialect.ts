import { sql } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import { codeOf } from '../query/error-code.ts'
import { isContended } from './budgets.ts'
import { postgresSteps } from './steps.ts'

/** PostgreSQL, 15 or newer. */
export const postgres: SqlDialect = {
  // Not `now()`, which stands still from the beginning of a transaction on, however long it waits
  // for a lock.
  clock: sql`clock_timestamp()`,
  locksRows: true,
  types: { id: 'bigint', instant: 'timestamptz', flag: 'boolean', json: 'jsonb' },
  instant: (instant) => instant,
  later: (instant, seconds) => sql`(cast(${instant} as timestamptz) + make_interval(secs => ${seconds}))`,
  // One value instead of a dozen, each of which the driver would look at by itself.
  joined: (_, of) => sql`row_to_json(${sql.ref(of)}) as ${sql.ref(of)}`,
  // An array, because a planner that has to guess how many rows a subquery gives prefers to read
  // the whole table.
  isAmong: (column, subquery) => sql`${column} = any (array(${subquery}))`,
  elements: (list) => sql`(select jsonb_array_elements_text(${list}::jsonb))`,
  atomically: (connection, work) =>
    // Steps count on each statement seeing what was committed before it, whatever the server's
    // default is.
    connection.transaction().setIsolationLevel('read committed').execute(work),
  prepareSchema: async (db, { schema }) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`phone_auth migrations of ${schema ?? ''}`}, 0))`.execute(
      db,
    )
    if (schema === null) return
    // Not `if not exists`, which asks for the right to make schemas also where there is nothing to
    // make.
    const { rows } = await sql`select from pg_namespace where nspname = ${schema}`.execute(db)
    if (rows.length === 0) await db.schema.createSchema(schema).execute()
  },
  // serialization_failure, deadlock_detected, lock_not_available: the server has undone everything.
  isLocked: (error) => ['40001', '40P01', '55P03'].includes(codeOf(error)) || isContended(error),
  // undefined_table, invalid_schema_name
  isMissing: (error) => ['42P01', '3F000'].includes(codeOf(error)),
  // unique_violation
  isTaken: (error) => codeOf(error) === '23505',
  steps: postgresSteps,
}
