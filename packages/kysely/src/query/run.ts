import type { QueryResult } from 'kysely'
import type { Statement } from './statement.ts'

/** Runs one statement. */
export type Run = <Input extends object, Row>(
  statement: Statement<Input, Row>,
  input: Input,
) => Promise<QueryResult<Row>>

/** The database as the stores use it. */
export interface Database {
  /** Runs one statement that is a whole step. */
  readonly run: Run
  /** Resolves if statements can read and write. */
  ping(): Promise<void>
  /**
   * Runs several statements as one step: all of them take effect, or none. `now` is the time of the
   * process, read after the step has begun.
   */
  atomically<Result>(step: (run: Run, now: Date) => Promise<Result>): Promise<Result>
}

/** The first row of a result. */
export async function first<Row>(result: Promise<{ readonly rows: readonly Row[] }>): Promise<Row | undefined> {
  return (await result).rows[0]
}

/** The row of a result that always has one. */
export async function one<Row>(result: Promise<{ readonly rows: readonly Row[] }>): Promise<Row> {
  return (await result).rows[0] as Row
}
