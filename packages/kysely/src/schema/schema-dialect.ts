import type { Kysely } from 'kysely'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** The types of columns that have no name in common. */
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
   * What it calls the types of columns.
   * @internal
   */
  readonly types: ColumnTypes
  /**
   * Runs `work` on a connection so that it happens wholly or not at all.
   * @internal
   */
  atomically<Result>(connection: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result>
  /**
   * Waits, within an atomic step, until no other process changes the tables of that name, and
   * creates the schema that holds them.
   * @internal
   */
  prepareSchema(db: Kysely<Tables>, names: TableNames): Promise<void>
  /** Whether an error says that a table does not exist. */
  isMissing(error: unknown): boolean
}
