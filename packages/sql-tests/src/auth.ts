import { PhoneAuth, type PhoneAuthOptions } from '@phone-auth/core'
import type { SmsMessage, SmsSender } from '@phone-auth/core/adapters'
import type { KyselyStores } from '@phone-auth/kysely'
import { noLimits, SECRET } from './options.ts'

export const PHONE = '+14155550101'
export const OTHER_PHONE = '+14155550102'

/** A different phone number for each index. */
export const numberOf = (index: number) => `+1415555${String(100 + index).padStart(4, '0')}`

/** A sender that only adds to `messages`. */
export const collecting = (messages: SmsMessage[]): SmsSender => ({
  send: async (message) => {
    messages.push(message)
    return {}
  },
})

/** A `PhoneAuth` on stores, with access to its messages. */
export function authOn<Opened extends KyselyStores>(stores: Opened, options: Partial<PhoneAuthOptions> = {}) {
  const messages: SmsMessage[] = []
  const auth = new PhoneAuth({
    ...stores,
    smsSender: collecting(messages),
    secret: SECRET,
    allowedRegions: ['US'],
    limits: noLimits,
    ...options,
  })
  const codeFor = (to: string) => messages.findLast((message) => message.to === to)?.text.split(' ')[0] ?? ''
  const open = async (phoneNumber: string) => {
    const { challengeId } = await auth.start({ phoneNumber })
    return { challengeId, code: codeFor(phoneNumber) }
  }
  const signIn = async (phoneNumber: string) => auth.verify(await open(phoneNumber))
  return { auth, stores, messages, codeFor, open, signIn }
}

/** The code of the error that a call rejects with, or `fulfilled`. */
export const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'fulfilled',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

/** How often each outcome occurs. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  const count: Record<string, number> = {}
  for (const outcome of outcomes) count[outcome] = (count[outcome] ?? 0) + 1
  return count
}
