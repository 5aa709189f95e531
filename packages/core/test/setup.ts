import type { Lane, SmsMessage, SmsSender, Success } from '../src/adapters.ts'
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

/** The lane that is open to everyone, with no charges. */
export const STRANGERS: Lane = { subject: null, knownSeconds: null, charges: [] }

/** A right code after which nothing becomes known. */
export const NO_SUCCESS: Success = { known: [], forgotten: [], knownSeconds: 1, maxDevices: 10, recordSeconds: 1 }

/** Send limits that tests never reach. Guesses keep their limits, which cannot be turned off. */
export const noLimits: LimitOptions = {
  cooldown: [],
  sendsPerNumber: { '1m': 1_000_000 },
  sendsPerNumberAndNetwork: { '1m': 1_000_000 },
  sendsPerDevice: { '1m': 1_000_000 },
  sendsPerUser: { '1m': 1_000_000 },
  startsPerAddress: { '1m': 1_000_000 },
  startsPerNetwork: { '1m': 1_000_000 },
  startsFromUnknown: { '1m': 1_000_000 },
  failuresPerAddress: { '1m': 1_000_000 },
  failuresPerNetwork: { '1m': 1_000_000 },
}

/**
 * Creates a `PhoneAuth` on new memory stores, with its clock and all messages and events.
 */
export function setup<Schema extends ProfileSchema = DefaultProfileSchema>(
  options: Partial<PhoneAuthOptions<Schema>> = {},
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
  // Apart from the others: most tests leave out the address, and are not about that.
  const warnings: PhoneAuthEvent[] = []
  const smsSender: SmsSender = {
    send: async (message) => {
      messages.push(message)
      return { messageId: `message-${messages.length}` }
    },
  }
  const stores = memoryStores({ now: clock.now })
  const complete: PhoneAuthOptions<Schema> = {
    ...stores,
    smsSender,
    secret: SECRET,
    allowedRegions: ['US'],
    now: clock.now,
    onEvent: (event) => (event.type === 'configuration_warning' ? warnings : events).push(event),
    ...options,
  }
  const auth = new PhoneAuth<Schema>(complete)
  /** The code in the latest message to a number. */
  const codeFor = (phoneNumber: string = PHONE): string => {
    const text = messages.findLast(({ to }) => to === phoneNumber)?.text ?? ''
    return text.split(' ')[0] ?? ''
  }
  const signIn = async (phoneNumber: string = PHONE) => {
    const { challengeId } = await auth.start({ phoneNumber })
    return auth.verify({ challengeId, code: codeFor(phoneNumber) })
  }
  return { auth, clock, messages, events, warnings, stores, smsSender, options: complete, codeFor, signIn }
}

/** The `code` of the error that a call rejects with. */
export const codeOf = async (call: Promise<unknown>): Promise<unknown> => (await rejection(call)).code

/** The events of these types, without their times and phone numbers. */
export function told(events: readonly PhoneAuthEvent[], ...types: readonly PhoneAuthEvent['type'][]): object[] {
  return events
    .filter(({ type }) => types.includes(type))
    .map((event) => {
      const { at: _, phoneNumberMasked: __, phoneNumberFingerprint: ___, ...rest } = event as Record<string, unknown>
      return rest
    })
}

/** A code that differs from `code`. */
export function wrong(code: string, offset = 1): string {
  return String((Number(code) + offset) % 1_000_000).padStart(6, '0')
}

/** The reasons why `new PhoneAuth` refuses these options; empty if it accepts them. */
export function startProblems(change: Partial<PhoneAuthOptions> | Record<string, unknown>): readonly string[] {
  try {
    new PhoneAuth({ ...setup().options, ...change } as PhoneAuthOptions)
    return []
  } catch (error) {
    if (!isPhoneAuthError(error) || error.code !== 'invalid_options') throw error
    return error.reasons
  }
}

/** The error that a call rejects with. Throws if the call resolves. */
export async function rejection(call: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  return call.then(
    (result) => {
      throw new Error(`The call resolved with ${JSON.stringify(result)}.`)
    },
    (error) => error,
  )
}

/** A message as a sender receives it. */
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

/** Pseudo-random numbers below 1, the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
