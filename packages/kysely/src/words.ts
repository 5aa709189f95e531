import type { RawBuilder } from 'kysely'
import type { Tables } from './tables.ts'

/** What a database says in words of its own. */
export interface SqlWords {
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
  /**
   * The row of a table that was joined under a name, in a form that `part` reads.
   * @internal
   */
  joined(table: keyof Tables, of: string): RawBuilder<unknown>
  /** Whether a column's value is among those of a subquery: asked so that the column's index can answer. */
  isAmong(column: RawBuilder<unknown>, subquery: RawBuilder<unknown>): RawBuilder<boolean>
}
