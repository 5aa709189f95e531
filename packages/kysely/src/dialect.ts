import type { Kysely, RawBuilder } from 'kysely'
import type { Database } from './database.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'

/** What differs from one database to the next. Everything outside of it is the same for all. */
export interface SqlDialect {
  /** The database's own clock; `null` where it has none that serves, and the process's does. */
  readonly clock: RawBuilder<Date> | null
  /** Whether reading can lock rows, which a database with a single writer has no need for. */
  readonly locksRows: boolean
  /** The types of columns that have no name in common. */
  readonly types: {
    readonly id: 'integer' | 'bigint'
    readonly instant: 'integer' | 'timestamptz'
    readonly flag: 'integer' | 'boolean'
    readonly json: 'text' | 'jsonb'
  }
  /** An instant as the value of a parameter. */
  instant(instant: Date): number | Date
  /** The instant some seconds after another one. */
  later(instant: RawBuilder<Date>, seconds: RawBuilder<number>): RawBuilder<Date>
  /** The elements of a JSON list of texts, as a subquery. */
  elements(list: RawBuilder<string>): RawBuilder<string>
  /** Runs `work` on a connection so that it happens wholly or not at all. */
  atomically<Result>(connection: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result>
  /** Waits, within an atomic step, until nobody else changes the tables called so. */
  lockSchema(db: Kysely<Tables>, name: string): Promise<void>
  /** Whether an error says that somebody else was in the way, and that nothing has happened. */
  isLocked(error: unknown): boolean
  /** Whether an error says that a table is not there. */
  isMissing(error: unknown): boolean
  /** Whether an error says that a value is taken which must be the only one. */
  isTaken(error: unknown): boolean
  /** The steps of a sign-in, in the fewest round trips. */
  steps(database: Database): Steps
}
