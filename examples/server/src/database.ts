import { postgresStores } from '@phone-auth/postgres'
import { sqliteStores } from '@phone-auth/sqlite'
import { ConfigError } from './config.ts'

/** The database of the server. */
export interface Database {
  readonly stores: ReturnType<typeof sqliteStores> | ReturnType<typeof postgresStores>
  /** Where it is, without the password, to be printed. */
  readonly location: string
  /** The file that stores the secret if the environment sets none. */
  readonly secretFile: string
}

/**
 * Opens the database and migrates its tables.
 *
 * @throws {@link ConfigError} if the database cannot be used.
 */
export async function openDatabase(url: string): Promise<Database> {
  const database = url.startsWith('sqlite:') ? sqlite(url.slice('sqlite:'.length)) : postgres(url)
  try {
    await database.stores.migrate()
    return database
  } catch (error) {
    await database.stores.close()
    throw unusable(database.location, error)
  }
}

function sqlite(file: string): Database {
  try {
    return { stores: sqliteStores(file), location: file, secretFile: `${file}.secret` }
  } catch (error) {
    throw unusable(file, error)
  }
}

function postgres(connectionString: string): Database {
  const url = URL.parse(connectionString)
  if (url === null || url.pathname.length < 2) {
    throw new ConfigError(
      'DATABASE_URL: must be postgresql://<user>:<password>@<host>:<port>/<database>, with special characters percent-encoded (# is %23, / is %2F).',
    )
  }
  const { host, pathname } = url
  return {
    stores: postgresStores({ connectionString }),
    location: `PostgreSQL at ${host}${pathname}`,
    secretFile: './data/phone-auth.secret',
  }
}

function unusable(location: string, error: unknown): ConfigError {
  return new ConfigError(`DATABASE_URL: cannot use ${location} as the database: ${(error as Error).message}`)
}
