import { type Kysely, sql } from 'kysely'

/** What differs from one database to the next. Everything outside of it is the same for all. */
export interface SqlDialect {
  /** Runs `work` on `connection` so that it happens wholly or not at all, and alone: nothing it read has changed when it writes. */
  atomically<Schema, Result>(connection: Kysely<Schema>, work: () => Promise<Result>): Promise<Result>
  /** Whether an error says that somebody else holds what was needed, and that nothing has happened. */
  isLocked(error: unknown): boolean
}

/** SQLite: one writer at a time, over all the processes that share the file. */
export const sqlite: SqlDialect = {
  atomically: async (connection, work) => {
    // A transaction that begins as a reader can find that it may not become a writer, after it has read; one that begins with the write
    // lock has it for good.
    await sql`begin immediate`.execute(connection)
    try {
      const result = await work()
      await sql`commit`.execute(connection)
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors; what went wrong first is what the caller must hear.
      await sql`rollback`.execute(connection).catch(() => undefined)
      throw error
    }
  },
  isLocked: (error) => String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY'),
}
