/**
 * Phone Auth on PostgreSQL: users, profiles, sessions, challenges and limits, shared by any number
 * of servers.
 *
 * @module @phone-auth/postgres
 */

import {
  type KyselyStores,
  type KyselyStoresOptions,
  kyselyStores,
  postgres,
  type SqlDialect,
} from '@phone-auth/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { StaleConnectionError } from './connections.ts'
import { preparingPool } from './pool.ts'
import { checkUrl, LenientClient } from './url.ts'

export { DatabaseSetupError, SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'

/** Options for {@link postgresStores}. */
export interface PostgresStoresOptions extends KyselyStoresOptions {
  /**
   * The URL of the database, in every form that `pg` takes:
   * `postgresql://user:password@host:5432/database`, or `postgresql://user@/database?host=/folder`
   * for a socket. Pass either this or `pool`.
   */
  readonly connectionString?: string
  /** A pool that the application owns and closes. Pass either this or `connectionString`. */
  readonly pool?: Pool
  /**
   * The maximum number of connections of the pool that the stores create. Not used with `pool`.
   * @defaultValue 10
   */
  readonly maxConnections?: number
  /**
   * Whether statements are prepared by name, so that PostgreSQL does not plan each of them anew. A
   * pooler that gives each transaction another connection must support prepared statements
   * (PgBouncer 1.21 or newer does). Set it to `false` for poolers that do not.
   * @defaultValue true
   */
  readonly preparedStatements?: boolean
}

/** The stores on one database, as `PhoneAuth` takes them. */
export interface PostgresStores extends KyselyStores {
  /**
   * Closes the connections once they are free, unless you passed a `pool`. `PhoneAuth.close` calls
   * it when all steps are done.
   */
  readonly close: () => Promise<void>
}

/**
 * Creates stores on a PostgreSQL database. They create their tables before the first query.
 *
 * A start, a verification by challenge id, a refresh and a session check are one statement each.
 * The stores use the clock of the database, so servers with different clocks agree. Connections
 * that broke, or that lead to a server which has become read-only, are replaced, and a step that
 * they did not complete runs again. A step fails after `waitSeconds`; if the cause is known, the
 * error says what to check.
 *
 * @example
 * ```ts
 * import { consoleSender } from '@phone-auth/console'
 * import { PhoneAuth } from '@phone-auth/core'
 * import { postgresStores } from '@phone-auth/postgres'
 *
 * const auth = new PhoneAuth({
 *   ...postgresStores({ connectionString: 'postgresql://app:secret@localhost/app' }),
 *   smsSender: consoleSender(),
 *   secret: 'an example secret; yours comes from the environment',
 *   allowedRegions: ['US'],
 * })
 * ```
 *
 * @throws {@link DatabaseSetupError} if `pg` cannot use `connectionString`, or a file that it names
 *   is missing.
 * @throws TypeError unless exactly one of `connectionString` and `pool` is given and valid.
 * @throws RangeError if a name or a number is invalid.
 */
export function postgresStores(options: PostgresStoresOptions): PostgresStores {
  const { waitSeconds = 10, preparedStatements = true } = options
  const { pool, isOurs } = poolOf(options, waitSeconds)
  const preparing = preparingPool(pool, { preparedStatements, timeoutSeconds: waitSeconds })
  const db = new Kysely({ dialect: new PostgresDialect({ pool: preparing }) })
  return {
    ...kyselyStores(db, dialect, { ...options, waitSeconds }),
    close: async () => {
      if (!isOurs) return
      await preparing.drain()
      if (!pool.ending) await pool.end()
    },
  }
}

const dialect: SqlDialect = {
  ...postgres,
  isUndone: (error) => error instanceof StaleConnectionError || postgres.isUndone(error),
}

function poolOf(
  { connectionString, pool, maxConnections = 10 }: PostgresStoresOptions,
  waitSeconds: number,
): { pool: Pool; isOurs: boolean } {
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new TypeError('postgresStores needs either connectionString or pool. Pass exactly one of them.')
  }
  if (pool !== undefined) {
    if ((pool.options as { binary?: boolean }).binary === true)
      throw new TypeError('pool must not be set to binary, because the stores read results as text.')
    return { pool, isOurs: false }
  }
  if (!Number.isInteger(maxConnections) || maxConnections < 1) {
    throw new RangeError('maxConnections must be a whole number, 1 or more.')
  }
  checkUrl(connectionString ?? '')
  const ours = new Pool({
    connectionString,
    Client: LenientClient,
    max: maxConnections,
    // Shorter than the wait of the stores, because the pool's error says what it waited for.
    connectionTimeoutMillis: waitSeconds * 900,
    keepAlive: true,
    fallback_application_name: 'phone-auth',
  })
  return { pool: ours, isOurs: true }
}
