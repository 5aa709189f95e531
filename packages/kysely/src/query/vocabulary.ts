import type { RawBuilder } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** The SQL expressions that each database writes differently. */
export interface SqlVocabulary {
  /** The clock of the database; `null` if statements use the clock of the process. */
  readonly clock: RawBuilder<Date> | null
  /** Whether a read can lock rows. A database with a single writer does not need that. */
  readonly locksRows: boolean
  /** An instant as the value of a parameter. */
  instant(instant: Date): number | Date
  /** The instant that is `seconds` later than `instant`. */
  later(instant: RawBuilder<Date>, seconds: RawBuilder<number>): RawBuilder<Date>
  /** The elements of a JSON list of texts, as a subquery. */
  elements(list: RawBuilder<string>): RawBuilder<string>
  /**
   * The row of a table that was joined under the name `of`, in a form that `part` reads.
   * @internal
   */
  joined(table: keyof Tables, of: string): RawBuilder<unknown>
  /**
   * Whether a column's value is among those of a subquery, written so that the column's index is
   * used.
   */
  isAmong(column: RawBuilder<unknown>, subquery: RawBuilder<unknown>): RawBuilder<boolean>
}
