import { type JointSignIn, type SignInSteps, type Stores, signInByStep } from '@phone-auth/core'
import type { Kysely } from 'kysely'
import { connectTo, type Database, openDatabase } from './database.ts'
import type { SqlDialect } from './dialect.ts'
import { migrate } from './migrate.ts'
import { KyselyOtpStore, redeem } from './otp-store.ts'
import type { Tables } from './schema.ts'
import { insertSession, KyselySessionStore } from './session-store.ts'
import { KyselyUserStore, signInUser } from './user-store.ts'

/** What {@link kyselyStores} can be told. */
export interface KyselyStoresOptions {
  /**
   * The stores' clock, for tests.
   * @defaultValue the system's clock, which every process that shares a file shares too
   */
  readonly now?: () => Date
  /**
   * How long a step waits for its connection and for locks that others hold, in seconds, before it fails.
   * @defaultValue 10
   */
  readonly waitSeconds?: number
}

/** The stores over one database: what `PhoneAuth` takes, and the schema's migration. */
export interface KyselyStores extends Stores {
  readonly jointSignIn: JointSignIn
  /**
   * Brings the schema up to date. The stores do so by themselves before their first query; calling it shows failures at start.
   *
   * @throws {@link SchemaTooNewError} if a newer version made the schema.
   */
  readonly migrate: () => Promise<void>
}

/**
 * Makes stores over a Kysely instance that the application owns, and closes.
 *
 * Plugins of the instance are left aside: a `CamelCasePlugin` would corrupt the rows. The dialect is an argument and never guessed.
 */
export function kyselyStores(
  // biome-ignore lint/suspicious/noExplicitAny: the application's own tables are none of our business
  instance: Kysely<any>,
  dialect: SqlDialect,
  { now = () => new Date(), waitSeconds = 10 }: KyselyStoresOptions = {},
): KyselyStores {
  const db: Kysely<Tables> = instance.withoutPlugins()
  const connect = connectTo(db, dialect, waitSeconds)
  let migration: Promise<void> | undefined
  const ready = () => {
    migration ??= connect((connection) => dialect.atomically(connection, () => migrate(connection))).catch(
      (error: unknown) => {
        // The next call tries again: a database that was away at first must not stay away for ever.
        migration = undefined
        throw error
      },
    )
    return migration
  }
  const database = openDatabase(connect, dialect, now, ready)
  const stores: Stores = {
    otpStore: new KyselyOtpStore(database),
    userStore: new KyselyUserStore(database),
    sessionStore: new KyselySessionStore(database),
  }
  return { ...stores, jointSignIn: jointSignIn(database, stores), migrate: ready }
}

function jointSignIn(database: Database, over: Stores): JointSignIn {
  return {
    over,
    signIn: (request) =>
      database.atomically((db, now) => {
        const steps: SignInSteps = {
          redeem: (attempt) => redeem(db, now, attempt),
          signInUser: (phoneNumber, registration) => signInUser(db, now, phoneNumber, registration),
          insertSession: (userId, session) => insertSession(db, now, userId, session),
        }
        return signInByStep(steps, request)
      }),
  }
}
