import type { Kysely } from 'kysely'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** The column types that databases name differently. */
export interface ColumnTypes {
  readonly id: 'integer' | 'bigint'
  readonly instant: 'integer' | 'timestamptz'
  readonly flag: 'integer' | 'boolean'
  readonly json: 'text' | 'jsonb'
}

/** Runs `work` on a connection. */
export type Connect = <Result>(work: (connection: Kysely<Tables>) => Promise<Result>) => Promise<Result>

/** What differs between databases when tables are created and changed. */
export interface SchemaDialect {
  /**
   * The names of the column types.
   * @internal
   */
  readonly types: ColumnTypes
  /**
   * Runs `work` on a connection: all of it takes effect, or none.
   * @internal
   */
  atomically<Result>(connection: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result>
  /**
   * Waits until no other process migrates the same schema, and creates the schema if it is missing.
   * Must run in an atomic step.
   * @internal
   */
  prepareSchema(db: Kysely<Tables>, names: TableNames): Promise<void>
  /** Whether an error means that a table does not exist. */
  isMissing(error: unknown): boolean
}
