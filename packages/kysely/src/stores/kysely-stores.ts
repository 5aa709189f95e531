import type { JointSteps, Stores } from '@phone-auth/core/adapters'
import type { Kysely } from 'kysely'
import type { SqlDialect } from '../query/dialect.ts'
import { applyMigrations, pendingMigrations, SchemaMissingError } from '../schema/apply-migrations.ts'
import { checkTableNames, tableNames } from '../schema/table-names.ts'
import type { Tables } from '../schema/tables.ts'
import { connectTo, openDatabase, type Schema } from './database.ts'
import { KyselyJointSteps } from './joint-steps.ts'
import { KyselyOtpStore } from './otp-store.ts'
import { KyselySessionStore } from './session-store.ts'
import { KyselyUserStore } from './user-store.ts'

const MAX_WAIT_SECONDS = 3600

/** Options for {@link kyselyStores}. */
export interface KyselyStoresOptions {
  /**
   * The clock of the stores, for tests.
   * @defaultValue the clock of the database on PostgreSQL; the system clock on SQLite, which all
   *   processes that share a file have in common
   */
  readonly now?: () => Date
  /**
   * The seconds for which a step waits for its connection, and runs again while other callers hold
   * a lock, before it fails. PostgreSQL waits for locked rows by itself, for at most its
   * `lock_timeout`; `postgresStores` ends that wait after this time, too.
   * @defaultValue 10
   */
  readonly waitSeconds?: number
  /**
   * The beginning of the names of tables and indexes: lower-case letters, digits and underscores.
   * @defaultValue "phone_auth_"
   */
  readonly prefix?: string
  /**
   * The schema of the database that holds the tables: lower-case letters, digits and underscores.
   * @defaultValue the default schema of the connection: on PostgreSQL the first of its
   *   `search_path`
   */
  readonly schema?: string
  /**
   * Whether the stores create and update their tables before their first query. If you set it to
   * `false`, call `migrate()` with a role that may create tables.
   * @defaultValue true
   */
  readonly autoMigrate?: boolean
}

/** The stores on one database, as `PhoneAuth` takes them, and the migration of the schema. */
export interface KyselyStores extends Stores {
  readonly jointSteps: JointSteps
  /**
   * Brings the schema up to date. If several processes call it at once, one of them migrates. The
   * stores call it before their first query, unless `autoMigrate` is off. Call it yourself to see
   * failures at start.
   *
   * @throws {@link DatabaseSetupError} if the database cannot be used: it cannot be reached, its
   *   encoding cannot store every name, or its driver returns values that the stores cannot read.
   * @throws {@link SchemaTooNewError} if a newer version has changed the schema in a way that this
   *   version cannot work with.
   */
  readonly migrate: () => Promise<void>
  /**
   * Resolves if the stores can read and write, and rejects if they cannot: the database is
   * read-only, or its disk was full less than a minute ago. `PhoneAuth.ping` calls it.
   */
  readonly ping: () => Promise<void>
}

/**
 * Creates stores on a Kysely instance. The application owns the instance and closes it.
 *
 * The stores do not use the plugins of the instance: a `CamelCasePlugin` would corrupt the rows.
 * The dialect is an argument and is never guessed.
 *
 * If `autoMigrate` is off and tables are missing, every step fails with {@link SchemaMissingError}.
 *
 * @throws RangeError if `prefix`, `schema` or `waitSeconds` is invalid.
 */
export function kyselyStores(
  // biome-ignore lint/suspicious/noExplicitAny: the stores do not use the tables of the application
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
  const migrate = () => applyMigrations(connect, dialect, names)
  const schema = remembered(autoMigrate ? migrate : check)
  const database = openDatabase(connect, dialect, { db, clock: now ?? null }, schema)
  const steps = dialect.steps(database)
  const over: Stores = {
    otpStore: new KyselyOtpStore(database, steps),
    userStore: new KyselyUserStore(database, dialect, steps),
    sessionStore: new KyselySessionStore(database, steps),
  }
  return {
    ...over,
    jointSteps: new KyselyJointSteps(over, database, dialect, steps),
    migrate: autoMigrate ? schema.checkAgain : migrate,
    ping: database.ping,
  }
}

/**
 * Checks the schema once for all callers. After a failure the next call checks it again, because
 * the database may be reachable by then.
 */
function remembered(check: () => Promise<void>): Schema {
  let checked: Promise<void> | undefined
  const ready = () => {
    if (checked !== undefined) return checked
    const checking = check().catch((error: unknown) => {
      if (checked === checking) checked = undefined
      throw error
    })
    checked = checking
    return checking
  }
  return {
    ready,
    checkAgain: () => {
      checked = undefined
      return ready()
    },
  }
}
