import type { Kysely } from 'kysely'
import type { TableNames } from './names.ts'
import type { Database, Steps } from './steps.ts'
import type { Tables } from './tables.ts'
import type { SqlWords } from './words.ts'

/** What differs from one database to the next. Everything outside of it is the same for all. Its members are nobody else's business. */
export interface SqlDialect extends SqlWords {
  /**
   * Runs `work` on a connection so that it happens wholly or not at all.
   * @internal
   */
  atomically<Result>(connection: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result>
  /**
   * Waits, within an atomic step, until nobody else changes the tables of that name, and makes the schema that holds them.
   * @internal
   */
  prepareSchema(db: Kysely<Tables>, names: TableNames): Promise<void>
  /** Whether an error says that somebody else was in the way, and that nothing has happened. */
  isLocked(error: unknown): boolean
  /** Whether an error says that a table is not there. */
  isMissing(error: unknown): boolean
  /** Whether an error says that a value is taken which must be the only one. */
  isTaken(error: unknown): boolean
  /**
   * The steps of a sign-in, in the fewest round trips.
   * @internal
   */
  steps(database: Database): Steps
}
