import type { Kysely } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import { explained } from '../query/explain.ts'
import type { Database, Run } from '../query/run.ts'
import { revokeSessionById } from '../query/sessions.ts'
import { statementBinder } from '../query/statement.ts'
import type { Connect } from '../schema/schema-dialect.ts'
import type { Tables } from '../schema/tables.ts'

/**
 * Thrown in an atomic step when another caller has changed what the step has read. The step is
 * undone and runs again.
 */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError'

  constructor() {
    super('Other callers kept changing the same rows.')
  }
}

const MAX_PAUSE_MS = 10

/**
 * Runs work on a connection. Waits for the connection, and runs the work again while other callers
 * hold a lock, for at most `waitSeconds`.
 *
 * The driver does not wait for locks, because its wait would block the whole process. Between two
 * tries the connection is released, so that other calls can read. The wait for a connection is
 * limited, because a call inside a transaction that the application holds on the only connection
 * would otherwise wait for itself.
 */
export function connectTo(db: Kysely<Tables>, dialect: SqlDialect, waitSeconds: number): Connect {
  return async (work) => {
    // Not `AbortSignal.timeout`, which fires even after the work is done, and costs time.
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), waitSeconds * 1000)
    try {
      return await connectUntil(controller.signal, db, dialect, work)
    } catch (error) {
      if (error !== controller.signal.reason) throw explained(withoutValues(error), dialect.adviceOn)
      throw new Error(`Timeout: no connection was free for ${waitSeconds} s.`)
    } finally {
      clearTimeout(timer)
    }
  }
}

// PostgreSQL quotes the row that a constraint refused, with phone number and hashes. The
// application may log this error.
function withoutValues(error: unknown): unknown {
  for (let each = error; each instanceof Error; each = each.cause) {
    for (const quoting of ['detail', 'where']) if (quoting in each) Reflect.set(each, quoting, undefined)
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
      if (error instanceof OvertakenError || dialect.isUndone(error)) locked = error
      // The time ran out in a later wait for the connection. The lock is the error to report.
      else if (locked === undefined || error !== signal.reason) throw error
      if (signal.aborted) throw locked
    }
    const [jitter = 0] = crypto.getRandomValues(new Uint8Array(1))
    await new Promise((resolve) => setTimeout(resolve, (MAX_PAUSE_MS * (jitter + 1)) / 256))
  }
}

/** The schema of the stores' tables. */
export interface Schema {
  /** Resolves if the tables exist. A success is remembered. */
  readonly ready: () => Promise<void>
  /** Checks again, even after a success. */
  readonly checkAgain: () => Promise<void>
}

// How long a full disk counts as full. It still has room for statements that change no row.
const FULL_MS = 60_000

/** The database that stores use. Runs no statement before the schema is ready. */
export function openDatabase(
  connect: Connect,
  dialect: SqlDialect,
  { db, clock }: { readonly db: Kysely<Tables>; readonly clock: (() => Date) | null },
  schema: Schema,
): Database {
  const bind = statementBinder(db, dialect, clock)
  const now = clock ?? (() => new Date())
  let full: { readonly error: unknown; readonly at: number } | undefined

  const onSchema: Connect = async (work) => {
    await schema.ready()
    try {
      return await connect(work)
    } catch (error) {
      if (dialect.isFull(error)) full = { error, at: now().getTime() }
      if (!dialect.isMissing(error)) throw error
      // The tables were dropped, restored or changed after the check. The step has changed nothing.
      await schema.checkAgain()
      return connect(work)
    }
  }

  const run: Run = (statement, input) =>
    onSchema((connection) => connection.executeQuery(bind(statement, input, now())))

  return {
    run,
    ping: async () => {
      // A read-only database refuses this, although it changes no row.
      await run(revokeSessionById, { id: '' })
      if (full !== undefined && now().getTime() < full.at + FULL_MS) throw full.error
    },
    atomically: (step) =>
      onSchema((connection) =>
        dialect.atomically(connection, (db) => {
          const at = now()
          return step((statement, input) => db.executeQuery(bind(statement, input, at)), at)
        }),
      ),
  }
}
