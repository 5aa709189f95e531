/**
 * Thrown when the database cannot be used as it is set up. The message says what is wrong and what
 * fixes it. It contains no password and no values of a row.
 */
export class DatabaseSetupError extends Error {
  override readonly name = 'DatabaseSetupError'
  /**
   * Identifies the problem: the code of Node.js (`ECONNREFUSED`), of PostgreSQL (an SQLSTATE such
   * as `28P01`) or of SQLite (`SQLITE_NOTADB`). Problems that the stores find themselves are `url`,
   * `encoding`, `driver`, `ssl` and `timeout`.
   */
  readonly code: string
  /** Whether the same call fails again until something is changed. */
  readonly isPermanent: boolean

  constructor(code: string, message: string, isPermanent: boolean, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.isPermanent = isPermanent
  }
}
