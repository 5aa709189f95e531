import type { RawBuilder } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** The expressions of SQL that each database writes in its own way. */
export interface SqlVocabulary {
  /** The database's own clock; `null` where it has none that serves, and the process's does. */
  readonly clock: RawBuilder<Date> | null
  /** Whether reading can lock rows, which a database with a single writer has no need for. */
  readonly locksRows: boolean
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
  /**
   * Whether a column's value is among those of a subquery: asked so that the column's index can
   * answer.
   */
  isAmong(column: RawBuilder<unknown>, subquery: RawBuilder<unknown>): RawBuilder<boolean>
}
