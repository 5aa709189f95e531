import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { phoneNumber as phoneNumberPlugin } from 'better-auth/plugins'
import type { Contender, DatabaseUrl } from '../contender.ts'
import { ORIGIN, SECRET } from '../settings.ts'
import { type Counter, countedPool, openFile } from './databases.ts'

/**
 * The nearest peer, as the documentation of its phone-number plugin shows it. It has no limits by
 * phone number; its limits by IP address are off.
 */
export async function open(url: DatabaseUrl): Promise<Contender> {
  const counter: Counter = { statements: 0 }
  const codes = new Map<string, string>()
  const database = url.startsWith('sqlite:') ? openFile(url.slice('sqlite:'.length)) : countedPool(url, counter)
  const auth = betterAuth({
    database,
    secret: SECRET,
    baseURL: ORIGIN,
    rateLimit: { enabled: false },
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
