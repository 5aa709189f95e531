/**
 * Phone Auth on a SQLite file: users, profiles, sessions, challenges and limits, shared by all the
 * processes of one machine.
 *
 * @module @phone-auth/sqlite
 */

import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  DatabaseSetupError,
  type KyselyStores,
  type KyselyStoresOptions,
  kyselyStores,
  sqlite,
} from '@phone-auth/kysely'
import DatabaseConstructor from 'better-sqlite3'
import { CompiledQuery, Kysely, SqliteDialect, type SqliteStatement } from 'kysely'
import { type DatabaseFile, databaseFile } from './file.ts'

export { DatabaseSetupError, SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'

/** The stores on one file, as `PhoneAuth` takes them. */
export interface SqliteStores extends KyselyStores {
  /** Closes the file. `PhoneAuth.close` calls it. */
  readonly close: () => Promise<void>
}

/**
 * Creates stores on a SQLite file. The file and its folder are created if they do not exist, and
 * the tables before the first query.
 *
 * `file` is a path or a URL: `sqlite:./auth.db` and `sqlite:///./auth.db` are relative to the
 * working directory, `sqlite:////var/lib/auth.db` is absolute. The data of `:memory:` and of an
 * empty path is lost when the process ends, so they are refused in production.
 *
 * Several processes may share the file. Each step is one transaction that holds the write lock from
 * its beginning, so no step is lost, and a step that has to wait does not fail with `SQLITE_BUSY`.
 * A committed step survives a loss of power: a used code stays used. The file must be on a local
 * disk. If it is removed or replaced while it is open, every step that writes fails.
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
 * @throws {@link DatabaseSetupError} if `file` is another URL, or cannot be opened.
 */
export function sqliteStores(file: string, options: KyselyStoresOptions = {}): SqliteStores {
  const { path, isVolatile } = databaseFile(file)
  const database = openFile({ path, isVolatile })
  const checkFile = isVolatile ? () => undefined : checkOf(path)
  const prepare = preparedOnce((text) => database.prepare(text))
  const db = new Kysely({
    dialect: new SqliteDialect({
      database: {
        prepare: (text) => {
          // Reads are as fast as they were, and there is a write soon.
          if (!database.inTransaction && !/^\s*select\b/.test(text)) checkFile()
          return prepare(text)
        },
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
  const stores = kyselyStores(db, sqlite, options)
  if (isVolatile) {
    const { otpStore, userStore, sessionStore } = stores
    for (const store of [otpStore, userStore, sessionStore]) Object.assign(store, { developmentOnly: VOLATILE })
  }
  return {
    ...stores,
    close: async () => {
      // Kysely closes the file only if it has used it.
      await db.destroy()
      database.close()
    },
  }
}

const VOLATILE = 'this SQLite database has no file, so all data is lost when the process ends.'

function openFile({ path, isVolatile }: DatabaseFile): DatabaseConstructor.Database {
  try {
    if (!isVolatile) mkdirSync(dirname(path), { recursive: true })
    // The stores wait for locks themselves, because a wait in the driver would block the process.
    return new DatabaseConstructor(path, { timeout: 0 })
  } catch (error) {
    const { code = 'SQLITE_CANTOPEN', message } = error as NodeJS.ErrnoException
    throw new DatabaseSetupError(
      code,
      `The SQLite file ${path} cannot be opened: ${message}. Name a file in a folder that this process can write to.`,
      true,
      error,
    )
  }
}

/**
 * Returns a check that the file which is open is still the one at `path`. Another process would
 * open another file, and see neither its sessions nor its limits.
 */
function checkOf(path: string): () => void {
  const absolute = resolve(path)
  const idOf = () => statSync(absolute, { bigint: true, throwIfNoEntry: false })?.ino
  const opened = idOf()
  return () => {
    if (idOf() === opened) return
    throw new DatabaseSetupError(
      'SQLITE_READONLY_DBMOVED',
      `The SQLite file ${path} was removed or replaced while it was open. Restart the process. To restore a backup while the file is open, use the command .restore of sqlite3.`,
      true,
    )
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
