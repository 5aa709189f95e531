import type { SmsMessage, SmsSender } from '../src/adapters.ts'
import {
  type DefaultProfileSchema,
  isPhoneAuthError,
  type LimitOptions,
  PhoneAuth,
  type PhoneAuthEvent,
  type PhoneAuthOptions,
  type PhoneNumber,
  type ProfileSchema,
} from '../src/index.ts'
import { memoryStores } from '../src/memory.ts'

export const SECRET = 'a secret of the tests, 32 bytes long and more'
export const PHONE = '+14155550101'
export const OTHER_PHONE = '+14155550102'
export const START = new Date('2026-01-01T00:00:00.000Z')

/** Send limits that never bind. Guesses stay limited, because they must. */
export const noLimits: LimitOptions = {
  cooldown: [],
  sendsPerNumber: { '1m': 1_000_000 },
  sendsPerNumberAndNetwork: { '1m': 1_000_000 },
  liveChallenges: 1000,
  startsPerAddress: { '1m': 1_000_000 },
  startsPerNetwork: { '1m': 1_000_000 },
  startsFromUnknown: { '1m': 1_000_000 },
  failuresPerAddress: { '1m': 1_000_000 },
  failuresPerNetwork: { '1m': 1_000_000 },
}

/** A world of its own for one test: a `PhoneAuth` on memory stores, what it sent and told, and its clock. */
export function setup<Schema extends ProfileSchema = DefaultProfileSchema>(
  options: Partial<PhoneAuthOptions<Schema>> = {},
  makeStores = memoryStores,
) {
  let now = START.getTime()
  const clock = {
    now: () => new Date(now),
    advance: (seconds: number) => {
      now += seconds * 1000
    },
  }
  const messages: SmsMessage[] = []
  const events: PhoneAuthEvent[] = []
  const smsSender: SmsSender = {
    send: async (message) => {
      messages.push(message)
      return { messageId: `message-${messages.length}` }
    },
  }
  const stores = makeStores({ now: clock.now })
  const complete: PhoneAuthOptions<Schema> = {
    ...stores,
    smsSender,
    secret: SECRET,
    allowedRegions: ['US'],
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...options,
  }
  const auth = new PhoneAuth<Schema>(complete)
  /** The code that a number was sent last. */
  const codeFor = (phoneNumber: string = PHONE): string => {
    const text = messages.findLast(({ to }) => to === phoneNumber)?.text ?? ''
    return text.split(' ')[0] ?? ''
  }
  const signIn = async (phoneNumber: string = PHONE) => {
    const { challengeId } = await auth.start({ phoneNumber })
    return auth.verify({ challengeId, code: codeFor(phoneNumber) })
  }
  return { auth, clock, messages, events, stores, smsSender, options: complete, codeFor, signIn }
}

/** The stable word of what a call rejects with. */
export const codeOf = async (call: Promise<unknown>): Promise<unknown> => (await rejection(call)).code

/** What events of a type say, without when and about which number. */
export function told(events: readonly PhoneAuthEvent[], ...types: readonly PhoneAuthEvent['type'][]): object[] {
  return events
    .filter(({ type }) => types.includes(type))
    .map((event) => {
      const { at: _, phoneNumberMasked: __, phoneNumberFingerprint: ___, ...rest } = event as Record<string, unknown>
      return rest
    })
}

/** A code that is not `code`. */
export function wrong(code: string, offset = 1): string {
  return String((Number(code) + offset) % 1_000_000).padStart(6, '0')
}

/** Why a `PhoneAuth` with these options refuses to start; empty if it starts. */
export function startProblems(change: Partial<PhoneAuthOptions> | Record<string, unknown>): readonly string[] {
  try {
    new PhoneAuth({ ...setup().options, ...change } as PhoneAuthOptions)
    return []
  } catch (error) {
    if (!isPhoneAuthError(error) || error.code !== 'invalid_options') throw error
    return error.reasons
  }
}

/** What a call rejects with; fails if it does not. */
export async function rejection(call: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  return call.then(
    (result) => {
      throw new Error(`The call was fulfilled with ${JSON.stringify(result)}.`)
    },
    (error) => error,
  )
}

/** What a sender is asked to send. */
export const message: SmsMessage = {
  to: PHONE as PhoneNumber,
  text: '739104 is your code.',
  code: '739104',
  template: {
    purpose: 'sign_in',
    locale: 'en',
    isHardened: false,
    variables: { code: '739104', application: 'Acme', minutes: '10' },
    codeGroups: ['739104'],
  },
  expiresInSeconds: 600,
  reference: 'of the test',
}
