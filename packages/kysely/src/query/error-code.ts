/** The code that a driver gives an error: an SQLSTATE, or the name of an SQLite result code. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code)
}
