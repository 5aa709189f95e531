/**
 * Phone Auth on PostgreSQL: users, profiles, sessions, challenges and limits, shared by any number
 * of servers.
 *
 * @module
 */

import { type KyselyStores, type KyselyStoresOptions, kyselyStores, postgres } from '@phone-auth/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { preparingPool } from './pool.ts'

export { SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'
export { PostgresSetupError } from './errors.ts'

/** What {@link postgresStores} can be told. */
export interface PostgresStoresOptions extends KyselyStoresOptions {
  /**
   * Where the database is: `postgresql://user:password@host:5432/database`. Either this or `pool`.
   */
  readonly connectionString?: string
  /**
   * The application's own pool, which the application closes. Either this or `connectionString`.
   */
  readonly pool?: Pool
  /**
   * How many connections the stores open at most, where the pool is theirs.
   * @defaultValue 10
   */
  readonly maxConnections?: number
  /**
   * Whether statements are prepared by name, which saves PostgreSQL from planning each anew.
   * Poolers between you and the server that hand each transaction to another connection must know
   * such statements (PgBouncer 1.21 or newer does); switch it off for those that do not.
   * @defaultValue true
   */
  readonly preparedStatements?: boolean
}

/** The stores of one database: what `PhoneAuth` takes. */
export interface PostgresStores extends KyselyStores {
  /**
   * Closes the connections once they are free, unless the pool is the application's.
   * `PhoneAuth.close` calls it when all steps are done.
   */
  readonly close: () => Promise<void>
}

/**
 * Makes stores on a PostgreSQL database, and the tables before the first query.
 *
 * A start, a verification by challenge id, a refresh and a session check are one statement each.
 * Time is the database's own, so that servers whose clocks differ agree. Connections that break are
 * replaced; a step fails after `waitSeconds`, and says which setting may be at fault where that can
 * be known.
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
 * @throws TypeError unless exactly one of `connectionString` and `pool` is given, and is one.
 * @throws RangeError if a name or number is out of its range.
 */
export function postgresStores(options: PostgresStoresOptions): PostgresStores {
  const { waitSeconds = 10, preparedStatements = true } = options
  const { pool, isOurs } = poolOf(options, waitSeconds)
  const preparing = preparingPool(pool, { preparedStatements, timeoutSeconds: waitSeconds })
  const db = new Kysely({ dialect: new PostgresDialect({ pool: preparing }) })
  return {
    ...kyselyStores(db, postgres, { ...options, waitSeconds }),
    close: async () => {
      if (!isOurs) return
      await preparing.drain()
      if (!pool.ending) await pool.end()
    },
  }
}

function poolOf(
  { connectionString, pool, maxConnections = 10 }: PostgresStoresOptions,
  waitSeconds: number,
): { pool: Pool; isOurs: boolean } {
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new TypeError('postgresStores needs either connectionString or pool, and not undefined for both.')
  }
  if (pool !== undefined) {
    if ((pool.options as { binary?: boolean }).binary === true)
      throw new TypeError('pool must not be set to binary: results are read as text.')
    return { pool, isOurs: false }
  }
  if (!Number.isInteger(maxConnections) || maxConnections < 1) {
    throw new RangeError('maxConnections must be a whole number, 1 or more.')
  }
  // Not quoted: it may hold a password.
  if (!/^postgres(ql)?:\/\//.test(connectionString ?? '') || !URL.canParse(connectionString ?? '')) {
    throw new TypeError(
      'connectionString must be a URL that begins with postgresql://, with special characters percent-encoded.',
    )
  }
  const ours = new Pool({
    connectionString,
    max: maxConnections,
    // Before the stores lose patience, because the pool knows what it has waited for.
    connectionTimeoutMillis: waitSeconds * 900,
    keepAlive: true,
    fallback_application_name: 'phone-auth',
  })
  return { pool: ours, isOurs: true }
}
