import { connect } from 'node:net'
import { type DefaultProfileSchema, PhoneAuth, type PhoneAuthOptions, type ProfileSchema } from '@phone-auth/core'
import type { SmsMessage } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import { createHandler, type HandlerOptions } from '../src/index.ts'

export const PHONE = '+14155550101'

/** Creates the world of one test: a handler on memory stores, and functions that call it. */
export function setup<Schema extends ProfileSchema = DefaultProfileSchema>(
  options: Partial<PhoneAuthOptions<Schema>> = {},
  handlerOptions: HandlerOptions = {},
) {
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  const clock = {
    now: () => new Date(now),
    advance: (seconds: number) => {
      now += seconds * 1000
    },
  }
  const messages: SmsMessage[] = []
  const stores = memoryStores({ now: clock.now })
  const chargedKeys: string[] = []
  const open = stores.otpStore.open.bind(stores.otpStore)
  stores.otpStore.open = (request) => {
    chargedKeys.push(...request.charges.map(({ subject }) => subject))
    return open(request)
  }
  const complete: PhoneAuthOptions<Schema> = {
    ...stores,
    smsSender: {
      send: async (message) => {
        messages.push(message)
        return {}
      },
    },
    secret: 'a secret of the tests, 32 bytes long and more',
    allowedRegions: ['US'],
    now: clock.now,
    ...options,
  }
  const auth = new PhoneAuth<Schema>(complete)
  const unexpected: unknown[] = []
  const handler = createHandler(auth, { onUnexpectedError: (error) => unexpected.push(error), ...handlerOptions })

  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const headers = new Headers()
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`)
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const response = await handler(new Request(`http://localhost${path}`, { method, headers, ...init }), {
      ip: '203.0.113.7',
    })
    // biome-ignore lint/suspicious/noExplicitAny: the answers are compared whole
    return { status: response.status, headers: response.headers, body: (await response.json()) as any }
  }
  const post = (path: string, body?: unknown, token?: string) => call('POST', path, body, token)
  const codeFor = (phoneNumber: string = PHONE) => messages.findLast(({ to }) => to === phoneNumber)?.text.slice(0, 6)
  const signIn = async (phoneNumber: string = PHONE): Promise<string> => {
    await post('/auth/signup', { phone_number: phoneNumber })
    const { body } = await post('/auth/verify-otp', { phone_number: phoneNumber, otp_code: codeFor(phoneNumber) })
    return body.token
  }
  return { auth, chargedKeys, clock, messages, stores, handler, call, post, codeFor, signIn, unexpected }
}

/** Sends text over a new connection. Returns what came back until the connection closed. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    socket.on('data', (data) => {
      received += data
    })
    socket.on('close', () => resolve(received))
    socket.on('error', () => resolve(received))
  })
}
