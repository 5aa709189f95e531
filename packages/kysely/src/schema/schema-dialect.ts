import type { CreateIndexBuilder, Kysely, RawBuilder } from 'kysely'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** The column types that databases name differently. */
interface ColumnTypes {
  readonly id: 'integer' | 'bigint'
  readonly instant: 'integer' | 'timestamptz'
  readonly flag: 'integer' | 'boolean'
  readonly json: 'text' | 'jsonb'
  /** The entries of a budget. */
  readonly entries: 'text' | RawBuilder<unknown>
  /** Texts that are compared byte by byte. */
  readonly key: 'text' | RawBuilder<unknown>
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
   * How the rows of a table are stored, at the end of its definition.
   * @internal
   */
  storage(table: keyof Tables): RawBuilder<unknown>
  /**
   * Indexes a column that never changes and that only purging asks for.
   * @internal
   */
  purgeIndex(index: CreateIndexBuilder, column: string): CreateIndexBuilder
  /**
   * Creates the functions that the statements call.
   * @internal
   */
  createFunctions(db: Kysely<Tables>, names: TableNames): Promise<void>
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
  /**
   * Checks that the database and its driver can be used.
   * @internal
   */
  check(db: Kysely<Tables>): Promise<void>
  /** Whether an error means that a table, a column or a function does not exist. */
  isMissing(error: unknown): boolean
}
