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

/** Binds a dialect and a clock to a Kysely instance. Nothing runs before `ready` resolves. */
export function openDatabase(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  now: () => Date,
  ready: () => Promise<void>,
): Database {
  return {
    run: async (query) => {
      await ready()
      return query(db, now())
    },
    atomically: async (step) => {
      await ready()
      return dialect.atomically(db, (connection) => step(connection, now()))
    },
  }
}
