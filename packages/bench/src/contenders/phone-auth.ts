import { PhoneAuth } from '@phone-auth/core'
import { createHandler } from '@phone-auth/http'
import { nodeListener } from '@phone-auth/http/node'
import { postgresStores } from '@phone-auth/postgres'
import { sqliteStores } from '@phone-auth/sqlite'
import type { Contender, DatabaseUrl } from '../contender.ts'
import { addressOf, SECRET } from '../settings.ts'
import { type Counter, countedPool } from './databases.ts'

/** This library with its default options. */
export async function open(url: DatabaseUrl): Promise<Contender> {
  const counter: Counter = { statements: 0 }
  const codes = new Map<string, string>()
  const stores = url.startsWith('sqlite:')
    ? sqliteStores(url.slice('sqlite:'.length))
    : postgresStores({ pool: countedPool(url, counter) })
  await stores.migrate()
  const auth = new PhoneAuth({
    ...stores,
    smsSender: {
      send: async ({ to, text }) => {
        codes.set(to, text.slice(0, 6))
        return {}
      },
    },
    secret: SECRET,
    allowedRegions: ['US'],
  })
  return {
    send: async (phoneNumber) => (await auth.start({ phoneNumber, ip: addressOf(phoneNumber) })).challengeId,
    verify: async ({ phoneNumber, challenge }, code) =>
      (await auth.verify({ challengeId: challenge, code, ip: addressOf(phoneNumber) })).accessToken,
    profile: (accessToken) => auth.getProfile({ accessToken }),
    logout: (accessToken) => auth.logout({ accessToken }),
    code: (phoneNumber) => codes.get(phoneNumber) ?? '',
    listener: nodeListener(
      createHandler(auth, { clientIp: (request) => request.headers.get('x-address') ?? undefined }),
    ),
    statements: () => counter.statements,
    close: () => auth.close(),
  }
}
