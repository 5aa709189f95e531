import { PhoneAuth } from '@phone-auth/core'
import { createHandler } from '@phone-auth/http'
import { nodeListener } from '@phone-auth/http/node'
import { postgresStores } from '@phone-auth/postgres'
import { sqliteStores } from '@phone-auth/sqlite'
import type { Contender, DatabaseUrl, Limits } from '../contender.ts'
import { SECRET } from '../settings.ts'
import { type Counter, countedPool } from './databases.ts'

const MANY = { '1h': 1_000_000 }
const RAISED = { startsPerAddress: MANY, startsPerNetwork: MANY, failuresPerAddress: MANY, failuresPerNetwork: MANY }

/** This library with its default options. */
export async function open(url: DatabaseUrl, limits: Limits): Promise<Contender> {
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
    limits: limits === 'raised' ? RAISED : {},
  })
  return {
    send: async (phoneNumber, ip) => (await auth.start({ phoneNumber, ip })).challengeId,
    verify: async ({ challenge }, code, ip) => (await auth.verify({ challengeId: challenge, code, ip })).accessToken,
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
