import { type Kysely, sql } from 'kysely'

/** What differs from one database to the next. Everything outside of it is the same for all. */
export interface SqlDialect {
  /** Runs `work` so that it happens wholly or not at all, and alone: nothing it read has changed when it writes. */
  atomically<Schema, Result>(db: Kysely<Schema>, work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result>
}

/** SQLite: one writer at a time, over all the processes that share the file. */
export const sqlite: SqlDialect = {
  atomically: (db, work) =>
    db.connection().execute(async (connection) => {
      // A transaction that begins as a reader cannot wait for the write lock, whatever the busy timeout; one that begins with it can.
      await sql`begin immediate`.execute(connection)
      try {
        const result = await work(connection)
        await sql`commit`.execute(connection)
        return result
      } catch (error) {
        // SQLite has rolled back by itself after some errors; what went wrong first is what the caller must hear.
        await sql`rollback`.execute(connection).catch(() => undefined)
        throw error
      }
    }),
}
