import { failover } from '@phone-auth/core/senders'
import { createHandler } from '@phone-auth/http'
import { TwilioServer } from '@phone-auth/test-servers/twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authWith, PHONE, senderOn, verifyOn } from './setup.ts'

describe('the HTTP contract', () => {
  let server: TwilioServer
  let broken: TwilioServer
  beforeAll(async () => {
    server = await TwilioServer.start()
    broken = await TwilioServer.start()
  })
  afterAll(() => Promise.all([server.stop(), broken.stop()]))

  const providers = {
    messages: () => ({ smsSender: senderOn(server) }),
    verify: () => ({ codeService: verifyOn(server) }),
    failover: () => ({ smsSender: failover([senderOn(broken), senderOn(server)]) }),
  }

  /**
   * The responses to a sign-up, a wrong code, two resends, the right code and the same code again.
   */
  async function signUp(name: keyof typeof providers): Promise<unknown[]> {
    let now = Date.parse('2026-01-01T00:00:00.000Z')
    const { auth } = authWith(providers[name](), { now: () => new Date(now) })
    const handler = createHandler(auth)
    const answers: unknown[] = []
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' }
      const response = await handler(
        new Request(`http://localhost${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
      )
      const answer = (await response.json()) as { data: { challenge_id?: string } | null }
      answers.push({ path, status: response.status, headers: [...response.headers], body: withoutRandomValues(answer) })
      return answer
    }
    const { data } = await post('/auth/signup', { phone_number: PHONE })
    const challenge = { challenge_id: data?.challenge_id ?? '' }
    const code = server.codeFor(PHONE)
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    await post('/auth/verify-otp', { ...challenge, otp_code: wrong })
    await post('/auth/resend', challenge)
    now += 30_000
    await post('/auth/resend', challenge)
    expect(server.codeFor(PHONE)).toBe(code)
    await post('/auth/verify-otp', { ...challenge, otp_code: code })
    await post('/auth/verify-otp', { ...challenge, otp_code: code })
    return answers
  }

  it('returns the same responses with Twilio Messages, Twilio Verify and a fail-over', async () => {
    const overMessages = await signUp('messages')
    expect(overMessages.map((answer) => (answer as { status: number }).status)).toEqual([200, 422, 429, 200, 200, 410])
    expect(await signUp('verify')).toEqual(overMessages)
    broken.next({ status: 503 }, 'cut_before_answer')
    expect(await signUp('failover')).toEqual(overMessages)
    expect(broken.seen).toHaveLength(2)
  })
})

/** A response with its random values replaced by their names. */
function withoutRandomValues(answer: object): unknown {
  const random = new Set(['challenge_id', 'token', 'refresh_token', 'device_token'])
  return JSON.parse(
    JSON.stringify(answer, (key, value) => (random.has(key) && typeof value === 'string' ? key : value)),
  )
}
