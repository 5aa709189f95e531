import { postgresStores } from '@phone-auth/postgres'
import { sqliteStores } from '@phone-auth/sqlite'
import { Client } from 'pg'
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
  const database = /^\s*sqlite/i.test(url) ? sqlite(url) : postgres(url.trim())
  try {
    await database.stores.migrate()
    return database
  } catch (error) {
    await database.stores.close()
    throw unusable(database.location, error)
  }
}

function sqlite(url: string): Database {
  const file = url.trim().replace(/^sqlite3?:(\/\/\/?)?/i, '')
  if (file === '' || file === ':memory:') {
    throw new ConfigError('DATABASE_URL: must name a file, such as sqlite:./data/phone-auth.db.')
  }
  return { stores: opened(file, () => sqliteStores(url)), location: file, secretFile: `${file}.secret` }
}

function postgres(connectionString: string): Database {
  const stores = opened('this URL', () => postgresStores({ connectionString }))
  // The driver's own reading of the URL, which every form that it takes has.
  const { host, port, database } = new Client({ connectionString })
  return {
    stores,
    location: `PostgreSQL at ${host}:${port}/${database}`,
    secretFile: './data/phone-auth.secret',
  }
}

function opened<Stores>(location: string, open: () => Stores): Stores {
  try {
    return open()
  } catch (error) {
    throw unusable(location, error)
  }
}

function unusable(location: string, error: unknown): ConfigError {
  return new ConfigError(`DATABASE_URL: cannot use ${location} as the database: ${(error as Error).message}`)
}
