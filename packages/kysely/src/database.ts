import type { Kysely } from 'kysely'
import type { SqlDialect } from './dialect.ts'
import type { Tables } from './schema.ts'

/** The database as the stores use it. */
export interface Database {
  /** Runs one statement, or several that need not agree. */
  run<Result>(query: (db: Kysely<Tables>, now: Date) => Promise<Result>): Promise<Result>
  /** Runs statements wholly or not at all, and alone. `now` is read once their turn has come. */
  atomically<Result>(step: (db: Kysely<Tables>, now: Date) => Promise<Result>): Promise<Result>
}

// A call made within a transaction that the application holds on the same single connection would wait for itself.
const CONNECTION_TIMEOUT_MS = 10_000

/** Binds a dialect and a clock to a Kysely instance. Nothing runs before `ready` resolves. */
export function openDatabase(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  now: () => Date,
  ready: () => Promise<void>,
): Database {
  const onConnection = async <Result>(work: (connection: Kysely<Tables>) => Promise<Result>): Promise<Result> => {
    await ready()
    return db.connection().execute(work, { signal: AbortSignal.timeout(CONNECTION_TIMEOUT_MS) })
  }
  return {
    run: (query) => onConnection((connection) => query(connection, now())),
    atomically: (step) => onConnection((connection) => dialect.atomically(connection, () => step(connection, now()))),
  }
}
