/**
 * Phone Auth on a SQLite file: users, profiles, sessions, challenges and limits, shared by all the
 * processes of one machine.
 *
 * @module @phone-auth/sqlite
 */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type KyselyStores, type KyselyStoresOptions, kyselyStores, sqlite } from '@phone-auth/kysely'
import DatabaseConstructor from 'better-sqlite3'
import { CompiledQuery, Kysely, SqliteDialect, type SqliteStatement } from 'kysely'

export { SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'

/** The stores on one file, as `PhoneAuth` takes them. */
export interface SqliteStores extends KyselyStores {
  /** Closes the file. `PhoneAuth.close` calls it. */
  readonly close: () => Promise<void>
}

/**
 * Creates stores on a SQLite file. The file and its folder are created if they do not exist, and
 * the tables before the first query.
 *
 * Several processes may share the file. Each step is one transaction that holds the write lock from
 * its beginning, so no step is lost, and a step that has to wait does not fail with `SQLITE_BUSY`.
 * A committed step survives a loss of power: a used code stays used. The file must be on a local
 * disk.
 *
 * @example
 * ```ts
 * import { consoleSender } from '@phone-auth/console'
 * import { PhoneAuth } from '@phone-auth/core'
 * import { sqliteStores } from '@phone-auth/sqlite'
 *
 * const auth = new PhoneAuth({
 *   ...sqliteStores('auth.db'),
 *   smsSender: consoleSender(),
 *   secret: 'an example secret; yours comes from the environment',
 *   allowedRegions: ['US'],
 * })
 * ```
 *
 * @throws Error if the file cannot be opened.
 */
export function sqliteStores(file: string, options: KyselyStoresOptions = {}): SqliteStores {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  // The stores wait for locks themselves, because a wait in the driver would block the process.
  const database = new DatabaseConstructor(file, { timeout: 0 })
  const db = new Kysely({
    dialect: new SqliteDialect({
      database: {
        prepare: preparedOnce((text) => database.prepare(text)),
        close: () => database.close(),
      },
      // The pragmas read the file, which another process may have locked. Here the stores wait for
      // that lock.
      onCreateConnection: async (connection) => {
        for (const pragma of ['synchronous = FULL', 'foreign_keys = ON', 'journal_mode = WAL']) {
          await connection.executeQuery(CompiledQuery.raw(`pragma ${pragma}`))
        }
      },
    }),
  })
  return {
    ...kyselyStores(db, sqlite, options),
    close: async () => {
      // Kysely closes the file only if it has used it.
      await db.destroy()
      database.close()
    },
  }
}

// More statements than the stores have. The limit keeps other texts from filling the memory.
const MAX_STATEMENTS = 200

/** Wraps `prepare` and keeps its statements, because preparing one costs more than running it. */
function preparedOnce(prepare: (text: string) => unknown): (text: string) => SqliteStatement {
  const statements = new Map<string, SqliteStatement>()
  return (text) => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const statement = prepare(text) as SqliteStatement
    if (statements.size < MAX_STATEMENTS) statements.set(text, statement)
    return statement
  }
}
