import type { Kysely } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import type { Database } from '../query/run.ts'
import { statementBinder } from '../query/statement.ts'
import type { Connect } from '../schema/schema-dialect.ts'
import type { Tables } from '../schema/tables.ts'

/**
 * What an atomic step throws when somebody else has changed meanwhile what it began with: it is
 * undone and tried again.
 */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError'

  constructor() {
    super('Others kept changing the same rows.')
  }
}

const MAX_PAUSE_MS = 10

/**
 * Waits for a connection, and tries again while others are in the way, `waitSeconds` at most.
 *
 * The wait for a lock is here and not in the driver, whose own would hold up the whole process; and
 * the connection is given back meanwhile, so that others read on. The wait for a connection ends
 * because a call made within a transaction that the application holds on the same single connection
 * would otherwise wait for itself.
 */
export function connectTo(db: Kysely<Tables>, dialect: SqlDialect, waitSeconds: number): Connect {
  return async (work) => {
    // Not `AbortSignal.timeout`, which goes off, at a price, also when all is long done.
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), waitSeconds * 1000)
    try {
      return await connectUntil(controller.signal, db, dialect, work)
    } catch (error) {
      if (error !== controller.signal.reason) throw withoutValues(error)
      throw new Error(`Timeout: no connection was free for ${waitSeconds} s.`)
    } finally {
      clearTimeout(timer)
    }
  }
}

// PostgreSQL quotes the row that a constraint refused, phone number and hashes included; what is
// thrown here may be logged.
function withoutValues(error: unknown): unknown {
  for (const quoting of ['detail', 'where']) {
    if (error instanceof Error && quoting in error) Reflect.set(error, quoting, undefined)
  }
  return error
}

async function connectUntil<Result>(
  signal: AbortSignal,
  db: Kysely<Tables>,
  dialect: SqlDialect,
  work: (connection: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  let locked: unknown
  for (;;) {
    try {
      return await db.connection().execute(work, { signal })
    } catch (error) {
      if (error instanceof OvertakenError || dialect.isLocked(error)) locked = error
      // Out of time while waiting for the connection once more: that somebody had the lock is the
      // news.
      else if (locked === undefined || error !== signal.reason) throw error
      if (signal.aborted) throw locked
    }
    const [jitter = 0] = crypto.getRandomValues(new Uint8Array(1))
    await new Promise((resolve) => setTimeout(resolve, (MAX_PAUSE_MS * (jitter + 1)) / 256))
  }
}

/** Puts statements and connections together. Nothing runs before `ready` resolves. */
export function openDatabase(
  connect: Connect,
  dialect: SqlDialect,
  { db, clock }: { readonly db: Kysely<Tables>; readonly clock: (() => Date) | null },
  ready: () => Promise<void>,
): Database {
  const bind = statementBinder(db, dialect, clock)
  const now = clock ?? (() => new Date())
  return {
    run: async (statement, input) => {
      await ready()
      return connect((connection) => connection.executeQuery(bind(statement, input, now())))
    },
    atomically: async (step) => {
      await ready()
      return connect((connection) =>
        dialect.atomically(connection, (db) => {
          const at = now()
          return step((statement, input) => db.executeQuery(bind(statement, input, at)), at)
        }),
      )
    },
  }
}
