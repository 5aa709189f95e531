import { PhoneAuth, type PhoneAuthEvent, type PhoneAuthOptions } from '@phone-auth/core'
import type { SendOptions, SmsMessage } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import { ACCOUNT_SID, AUTH_TOKEN, FROM, SERVICE_SID, type TwilioServer } from '@phone-auth/test-servers/twilio'
import { type TwilioSenderOptions, twilioSender, twilioVerify } from '../src/index.ts'

export const PHONE = '+14155550123'

export const message: SmsMessage = {
  to: PHONE as SmsMessage['to'],
  text: '123456 is your Acme code.',
  code: '123456',
  template: {
    purpose: 'sign_in',
    locale: 'en',
    isHardened: false,
    variables: { code: '123456', application: 'Acme', minutes: '10' },
    codeGroups: ['123456'],
  },
  expiresInSeconds: 600,
  reference: `${'r'.repeat(43)}.1`,
}

export const sendOptions = (signal = new AbortController().signal): SendOptions => ({ timeoutMs: 10_000, signal })

/** A sender that uses the local server. */
export function senderOn({ url: apiUrl }: TwilioServer, options: Partial<TwilioSenderOptions> = {}) {
  const own = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, from: FROM, apiUrl, ...options }
  return twilioSender(own as TwilioSenderOptions)
}

/** A code service that uses the local server. */
export function verifyOn({ url: apiUrl }: TwilioServer) {
  return twilioVerify({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, serviceSid: SERVICE_SID, apiUrl })
}

/** A `PhoneAuth` with the given provider, its stores and its events. */
export function authWith(
  provider: Pick<PhoneAuthOptions, 'smsSender' | 'codeService'>,
  options: Partial<PhoneAuthOptions> = {},
) {
  const events: PhoneAuthEvent[] = []
  const stores = memoryStores(options.now === undefined ? {} : { now: options.now })
  const auth = new PhoneAuth({
    ...stores,
    ...provider,
    secret: 'a secret of the tests, 32 bytes long and more',
    allowedRegions: ['US'],
    onEvent: (event) => {
      // Most tests leave out the address, and are not about that.
      if (event.type !== 'configuration_warning') events.push(event)
    },
    ...options,
  })
  return { auth, events, stores }
}

/** Returns the error of a call. Fails if the call succeeds. */
export async function rejection(call: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  return call.then(
    (result) => {
      throw new Error(`The call was fulfilled with ${JSON.stringify(result)}.`)
    },
    (error) => error,
  )
}
