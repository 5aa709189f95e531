import { createServer, type Server } from 'node:http'
import { PhoneAuth, type PhoneAuthEvent } from '@phone-auth/core'
import { createHandler } from '@phone-auth/http'
import { nodeListener } from '@phone-auth/http/node'
import { closing } from './closing.ts'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'
import { providerFrom } from './provider.ts'
import { readOrCreateSecret } from './secret.ts'

/** A server that accepts requests. */
export interface RunningServer {
  readonly url: string
  /** Which database it uses, to be printed. */
  readonly database: string
  /** The file that stores its secret; `null` if the environment sets the secret. */
  readonly secretFile: string | null
  /** How codes are sent, to be printed. */
  readonly provider: string
  /** Answers the requests that have arrived, finishes messages, then closes the database. */
  readonly stop: () => Promise<void>
}

/** Starts the server: migrates the database, listens, and purges expired rows once an hour. */
export async function startServer(config: Config): Promise<RunningServer> {
  const { databaseUrl, accessTokenMinutes } = config
  const { description, webhooks, ...provider } = providerFrom(config.twilio)
  const { stores, location, secretFile } = await openDatabase(databaseUrl)
  const auth = new PhoneAuth({
    ...stores,
    ...provider,
    secret: config.secret ?? readOrCreateSecret(secretFile),
    allowedRegions: config.regions,
    accessToken: { ttl: `${accessTokenMinutes}m` },
    onEvent: logFailures,
  })
  const server = createServer(nodeListener(createHandler(auth, { webhooks: webhooks(auth) })))
  const close = closing(server)
  await listen(server, config.port)
  auth.startPurging()
  return {
    url: `http://localhost:${portOf(server)}`,
    database: location,
    secretFile: config.secret === undefined ? secretFile : null,
    provider: description,
    stop: async () => {
      await close()
      await auth.close()
    },
  }
}

function logFailures(event: PhoneAuthEvent): void {
  if (event.type === 'message_failed' || event.type === 'code_check_failed' || event.type === 'report_failed') {
    console.warn(`${event.type} (${event.phoneNumberMasked}): ${event.explanation}`)
  }
  if (event.type === 'message_undelivered') {
    console.warn(`message_undelivered (${event.phoneNumberMasked}): Twilio error ${event.providerCode ?? 'unknown'}`)
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
