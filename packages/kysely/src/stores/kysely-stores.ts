import type { JointSteps, Stores } from '@phone-auth/core'
import type { Kysely } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import { applyMigrations, pendingMigrations, SchemaMissingError } from '../schema/apply-migrations.ts'
import { checkTableNames, tableNames } from '../schema/table-names.ts'
import type { Tables } from '../schema/tables.ts'
import { connectTo, openDatabase } from './database.ts'
import { KyselyJointSteps } from './joint-steps.ts'
import { KyselyOtpStore } from './otp-store.ts'
import { KyselySessionStore } from './session-store.ts'
import { KyselyUserStore } from './user-store.ts'

const MAX_WAIT_SECONDS = 3600

/** What {@link kyselyStores} can be told. */
export interface KyselyStoresOptions {
  /**
   * The stores' clock, for tests.
   * @defaultValue the database's own clock on PostgreSQL; on SQLite the system's, which every
   *   process that shares a file shares too
   */
  readonly now?: () => Date
  /**
   * How long a step waits for its connection, and is tried again while others are in its way, in
   * seconds, before it fails. PostgreSQL waits for locked rows by itself, for as long as its
   * `lock_timeout` says; `postgresStores` ends that wait after as many seconds, too.
   * @defaultValue 10
   */
  readonly waitSeconds?: number
  /**
   * What the names of the tables and indexes begin with: lower-case letters, digits and
   * underscores.
   * @defaultValue "phone_auth_"
   */
  readonly prefix?: string
  /**
   * The schema of the database that holds the tables, in lower case as well.
   * @defaultValue the one that the connection finds by itself: on PostgreSQL the first of its
   *   `search_path`
   */
  readonly schema?: string
  /**
   * Whether the stores make and update their tables before their first query. Without it
   * `migrate()` does, called by somebody who may.
   * @defaultValue true
   */
  readonly autoMigrate?: boolean
}

/** The stores over one database: what `PhoneAuth` takes, and the schema's migration. */
export interface KyselyStores extends Stores {
  readonly jointSteps: JointSteps
  /**
   * Brings the schema up to date; of processes that call it at once one does. The stores do so by
   * themselves before their first query, unless `autoMigrate` is off; calling it shows failures at
   * start.
   *
   * @throws {@link SchemaTooNewError} if a newer version made the schema.
   */
  readonly migrate: () => Promise<void>
}

/**
 * Makes stores over a Kysely instance that the application owns, and closes.
 *
 * Plugins of the instance are left aside: a `CamelCasePlugin` would corrupt the rows. The dialect
 * is an argument and never guessed.
 *
 * Where `autoMigrate` is off and tables are missing, every step fails with
 * {@link SchemaMissingError}.
 *
 * @throws RangeError if `prefix` or `schema` is no plain name, or `waitSeconds` no number of
 *   seconds.
 */
export function kyselyStores(
  // biome-ignore lint/suspicious/noExplicitAny: the application's own tables are none of our business
  instance: Kysely<any>,
  dialect: SqlDialect,
  options: KyselyStoresOptions = {},
): KyselyStores {
  const { now, waitSeconds = 10, autoMigrate = true } = options
  if (!(waitSeconds > 0 && waitSeconds <= MAX_WAIT_SECONDS)) {
    throw new RangeError(`waitSeconds must be more than 0 and at most ${MAX_WAIT_SECONDS}.`)
  }
  const names = checkTableNames({ prefix: options.prefix ?? 'phone_auth_', schema: options.schema ?? null })
  const db: Kysely<Tables> = instance.withoutPlugins().withPlugin(tableNames(names))
  const connect = connectTo(db, dialect, waitSeconds)
  const check = async () => {
    const missing = await pendingMigrations(connect, dialect, names)
    if (missing.length > 0) throw new SchemaMissingError(names, missing)
  }
  const ready = once(autoMigrate ? () => applyMigrations(connect, dialect, names) : check)
  const database = openDatabase(connect, dialect, { db, clock: now ?? null }, ready)
  const steps = dialect.steps(database)
  const over: Stores = {
    otpStore: new KyselyOtpStore(database, steps),
    userStore: new KyselyUserStore(database, dialect, steps),
    sessionStore: new KyselySessionStore(database, steps),
  }
  return {
    ...over,
    jointSteps: new KyselyJointSteps(over, database, dialect, steps),
    migrate: autoMigrate ? ready : () => applyMigrations(connect, dialect, names),
  }
}

/**
 * `work`, done once for all callers; and again after it failed: a database that was away at first
 * must not stay away for ever.
 */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined
      throw error
    })
    return done
  }
}
