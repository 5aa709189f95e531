import { type Kysely, sql } from 'kysely'

/** What differs from one database to the next. Everything outside of it is the same for all. */
export interface SqlDialect {
  /** Runs `work` on `connection` so that it happens wholly or not at all, and alone: nothing it read has changed when it writes. */
  atomically<Schema, Result>(connection: Kysely<Schema>, work: () => Promise<Result>): Promise<Result>
}

const LOCK_TIMEOUT_MS = 10_000
const LOCK_RETRY_MS = 10

/** SQLite: one writer at a time, over all the processes that share the file. */
export const sqlite: SqlDialect = {
  atomically: async (connection, work) => {
    await beginImmediate(connection)
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
}

// A transaction that begins as a reader cannot wait for the write lock; one that begins with it can. The wait is out here and not in the
// driver, whose own would hold up the whole process, and with it whoever in the process has the lock.
async function beginImmediate<Schema>(connection: Kysely<Schema>): Promise<void> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS
  for (;;) {
    try {
      await sql`begin immediate`.execute(connection)
      return
    } catch (error) {
      const isLocked = (error as { code?: string }).code === 'SQLITE_BUSY'
      if (!isLocked || performance.now() >= deadline) throw error
    }
    const [jitter = 0] = crypto.getRandomValues(new Uint8Array(1))
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS * (jitter / 255)))
  }
}
