import type { CreateIndexBuilder, CreateTableBuilder, Kysely, RawBuilder } from 'kysely'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** The column types that databases name differently. */
interface ColumnTypes {
  readonly id: 'integer' | 'bigint'
  readonly instant: 'integer' | 'timestamptz'
  readonly flag: 'integer' | 'boolean'
  readonly json: 'text' | 'jsonb'
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
   * Adds the columns that hold the entries of a budget.
   * @internal
   */
  // biome-ignore lint/suspicious/noExplicitAny: the names of the columns differ between databases
  budgetColumns(table: CreateTableBuilder<'budgets', any>): CreateTableBuilder<'budgets', any>
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
  /** Whether an error means that a table does not exist. */
  isMissing(error: unknown): boolean
}
