/**
 * Phone Auth on a SQLite file: users, profiles, sessions, challenges and limits, shared by all the
 * processes of one machine.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type KyselyStores, type KyselyStoresOptions, kyselyStores, sqlite } from '@phone-auth/kysely'
import DatabaseConstructor from 'better-sqlite3'
import { CompiledQuery, Kysely, SqliteDialect, type SqliteStatement } from 'kysely'

export { SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'

/** The stores of one file: what `PhoneAuth` takes. */
export interface SqliteStores extends KyselyStores {
  /** Closes the file. `PhoneAuth.close` calls it. */
  readonly close: () => Promise<void>
}

/**
 * Opens a SQLite file, making it and its folder if there is none, and the schema before the first
 * query.
 *
 * Several processes may share the file; each step is one transaction that holds the write lock from
 * its beginning, so none is lost and none ends in `SQLITE_BUSY`. A committed step survives the loss
 * of power: a used code stays used. The file must be on a local disk.
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
  // The stores wait for locks by themselves, without holding up the process as the driver would.
  const database = new DatabaseConstructor(file, { timeout: 0 })
  const db = new Kysely({
    dialect: new SqliteDialect({
      database: {
        prepare: preparedOnce((text) => database.prepare(text)),
        close: () => database.close(),
      },
      // They read the file, for which another process may hold the lock: so they are here, where
      // the stores wait for it.
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
      // Kysely closes only what it has used.
      await db.destroy()
      database.close()
    },
  }
}

// More than the stores have; whatever else might come must not fill the memory.
const MAX_STATEMENTS = 200

/** `prepare`, whose statements are kept: preparing one costs more than running it. */
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
