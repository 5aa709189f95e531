import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { phoneNumber as phoneNumberPlugin } from 'better-auth/plugins'
import type { Contender, DatabaseUrl } from '../contender.ts'
import { ORIGIN, SECRET } from '../settings.ts'
import { type Counter, countedPool, openFile } from './databases.ts'

// Limits are per address and path, and exist over HTTP only. The plugin's own rule allows 10 calls
// a minute; a custom rule replaces it.
const LIMIT = { window: 3600, max: 1_000_000 }

/** The nearest peer with its limits off. */
export function open(url: DatabaseUrl): Promise<Contender> {
  return openBetterAuth(url, { rateLimit: { enabled: false } })
}

/** The nearest peer with its limits by address, in the database. Nothing reaches them. */
export function openLimited(url: DatabaseUrl): Promise<Contender> {
  return openBetterAuth(url, {
    rateLimit: { enabled: true, storage: 'database', ...LIMIT, customRules: { '/phone-number/*': LIMIT } },
    advanced: { ipAddress: { ipAddressHeaders: ['x-address'] } },
  })
}

/** As the documentation of the phone-number plugin shows it. It has no limits by phone number. */
async function openBetterAuth(
  url: DatabaseUrl,
  limits: Pick<BetterAuthOptions, 'rateLimit' | 'advanced'>,
): Promise<Contender> {
  const counter: Counter = { statements: 0 }
  const codes = new Map<string, string>()
  const database = url.startsWith('sqlite:') ? openFile(url.slice('sqlite:'.length)) : countedPool(url, counter)
  const auth = betterAuth({
    database,
    secret: SECRET,
    baseURL: ORIGIN,
    ...limits,
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [
      phoneNumberPlugin({
        sendOTP: ({ phoneNumber, code }) => {
          codes.set(phoneNumber, code)
        },
        signUpOnVerification: { getTempEmail: (phoneNumber) => `${phoneNumber.slice(1)}@example.com` },
      }),
    ],
  })
  await (await getMigrations(auth.options)).runMigrations()
  const withCookie = (cookie: string) => ({ headers: new Headers({ cookie, origin: ORIGIN }) })
  return {
    send: async (phoneNumber) => {
      await auth.api.sendPhoneNumberOTP({ body: { phoneNumber } })
      return ''
    },
    verify: async ({ phoneNumber }, code) => {
      const { headers } = await auth.api.verifyPhoneNumber({ body: { phoneNumber, code }, returnHeaders: true })
      return headers.get('set-cookie')?.split(';')[0] ?? ''
    },
    profile: async (cookie) => {
      const session = await auth.api.getSession(withCookie(cookie))
      if (session === null) throw new Error('No session.')
    },
    logout: (cookie) => auth.api.signOut(withCookie(cookie)),
    code: (phoneNumber) => codes.get(phoneNumber) ?? '',
    listener: toNodeHandler(auth),
    statements: () => counter.statements,
    close: async () => {
      if ('end' in database) await database.end()
      else database.close()
    },
  }
}
