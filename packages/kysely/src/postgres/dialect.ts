import { sql } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import { codeOf } from '../query/error-code.ts'
import { postgresAdvice } from './advice.ts'
import { checkPostgres } from './check.ts'
import { createFunctions } from './functions/index.ts'
import { postgresSteps } from './steps.ts'

/** PostgreSQL, 15 or newer. */
export const postgres: SqlDialect = {
  // Not `now()`, which returns the time at which the transaction began, even after a wait for a
  // lock.
  clock: sql`clock_timestamp()`,
  locksRows: true,
  types: {
    id: 'bigint',
    instant: 'timestamptz',
    flag: 'boolean',
    json: 'jsonb',
    entries: sql`bigint[]`,
    key: sql`text collate "C"`,
  },
  // A row that is updated on its page needs no new entry in an index.
  storage: () => sql`with (fillfactor = 70)`,
  purgeIndex: (index, column) => index.using('brin').column(column),
  createFunctions: (db) => createFunctions(db, postgres),
  check: checkPostgres,
  instant: (instant) => instant,
  later: (instant, seconds) => sql`(cast(${instant} as timestamptz) + make_interval(secs => ${seconds}))`,
  // One value instead of a dozen, which the driver would parse one by one.
  joined: (_, of) => sql`row_to_json(${sql.ref(of)}) as ${sql.ref(of)}`,
  // An array, because a planner that has to guess the number of rows of a subquery prefers to read
  // the whole table.
  isAmong: (column, subquery) => sql`${column} = any (array(${subquery}))`,
  elements: (list) => sql`(select jsonb_array_elements_text(${list}::jsonb))`,
  atomically: (connection, work) =>
    // Each statement of a step must see what was committed before it. The server's default may be
    // stricter.
    connection.transaction().setIsolationLevel('read committed').execute(work),
  prepareSchema: async (db, { schema }) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`phone_auth migrations of ${schema ?? ''}`}, 0))`.execute(
      db,
    )
    if (schema === null) return
    // Not `if not exists`, which requires the right to create schemas even if the schema exists.
    const { rows } = await sql`select from pg_namespace where nspname = ${schema}`.execute(db)
    if (rows.length === 0) await db.schema.createSchema(schema).execute()
  },
  // serialization_failure, deadlock_detected, lock_not_available: the server has undone everything.
  isUndone: (error) => ['40001', '40P01', '55P03'].includes(codeOf(error)),
  // disk_full
  isFull: (error) => codeOf(error) === '53100',
  // undefined_table, invalid_schema_name, undefined_column, undefined_function
  isMissing: (error) => ['42P01', '3F000', '42703', '42883'].includes(codeOf(error)),
  // unique_violation
  isTaken: (error) => codeOf(error) === '23505',
  adviceOn: postgresAdvice,
  steps: postgresSteps,
}
