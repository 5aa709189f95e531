import { createServer, type Server } from 'node:http'
import { consoleSender } from '@phone-auth/console'
import { PhoneAuth } from '@phone-auth/core'
import { createHandler } from '@phone-auth/http'
import { nodeListener } from '@phone-auth/http/node'
import { type SqliteStores, sqliteStores } from '@phone-auth/sqlite'
import { type Config, ConfigError } from './config.ts'
import { keptSecret } from './secret.ts'

const PURGE_INTERVAL_MS = 3_600_000

/** A server that answers. */
export interface RunningServer {
  readonly url: string
  /** Answers what was asked, sends what is on its way, then closes the database. */
  readonly stop: () => Promise<void>
}

/** Starts the whole phone login on a SQLite file: migrates, listens, and cleans up once an hour. */
export async function startServer(config: Config): Promise<RunningServer> {
  const { databaseFile: file, accessTokenMinutes } = config
  const stores = await openStores(file)
  const auth = new PhoneAuth({
    ...stores,
    smsSender: consoleSender(),
    secret: config.secret ?? keptSecret(`${file}.secret`),
    allowedRegions: config.regions,
    accessToken: { ttl: `${accessTokenMinutes}m` },
  })
  const server = createServer(nodeListener(createHandler(auth)))
  await listen(server, config.port)
  const purging = setInterval(() => {
    auth.purge().catch((error: unknown) => console.error('Purging failed; it is tried again in an hour.', error))
  }, PURGE_INTERVAL_MS)
  return {
    url: `http://localhost:${portOf(server)}`,
    stop: async () => {
      clearInterval(purging)
      await new Promise((resolve) => server.close(resolve))
      await auth.close()
    },
  }
}

async function openStores(file: string): Promise<SqliteStores> {
  try {
    const stores = sqliteStores(file)
    await stores.migrate()
    return stores
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: ${file} cannot serve as the database: ${(error as Error).message}`)
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, resolve)
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
