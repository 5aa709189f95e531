import { inspect } from 'node:util'
import { type PhoneAuthOptions, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '@phone-auth/core'
import type { SmsRejection } from '@phone-auth/core/adapters'
import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

const SECRET_DETAIL = 'Account AC123 has no permission for US; see https://provider.example/console.'

/** The client's answer and the operator's errors when the sender throws. */
async function signupWhen(error: unknown, options: Partial<PhoneAuthOptions> = {}) {
  const world = setup({ smsSender: { send: async () => Promise.reject(error) }, ...options })
  return { ...(await world.post('/auth/signup', { phone_number: PHONE })), world, unexpected: world.unexpected }
}

describe('the answer when the provider refuses a message', () => {
  it('names the problem of the number for the user, and reports nothing to the operator', async () => {
    for (const [reason, message] of [
      ['invalid_number', 'This number does not exist. Check it, or use another one.'],
      ['unreachable', 'This number cannot receive messages. Use a mobile number.'],
      [
        'unsubscribed',
        'This number has unsubscribed from our messages. Reply START to one of them, or use another number.',
      ],
      ['not_on_channel', 'We cannot reach this number with the app that we send codes to. Use another number.'],
    ] as const) {
      const failure = new SmsRejectedError(reason, { explanation: SECRET_DETAIL, providerCode: 21610 })
      const { status, body, headers, unexpected } = await signupWhen(failure)
      expect([status, headers.get('retry-after')]).toEqual([502, null])
      expect(body).toEqual({
        success: false,
        message,
        data: null,
        token: null,
        error: { code: 'sms_rejected', reason },
      })
      expect(unexpected).toEqual([])
    }
  })

  it('LOG-1 reports a problem of the account to the operator in full, and to clients only that it failed', async () => {
    const reasons: SmsRejection[] = ['recipient_not_verified', 'credentials', 'misconfigured', 'blocked', 'other']
    for (const reason of reasons) {
      const failure = new SmsRejectedError(reason, { explanation: SECRET_DETAIL, providerCode: 20003 })
      const { status, body, unexpected } = await signupWhen(failure)
      expect([status, body.error]).toEqual([502, { code: 'sms_rejected', reason: 'other' }])
      expect(body.message).toBe('We cannot send a message to this number at the moment.')
      expect(JSON.stringify(body)).not.toMatch(/AC123|20003|provider\.example/)
      expect(unexpected).toMatchObject([{ reason, message: SECRET_DETAIL, providerCode: 20003 }])
    }
  })

  it('reports a country that is not enabled to both the client and the operator', async () => {
    const failure = new SmsRejectedError('region_not_enabled', { explanation: SECRET_DETAIL })
    const { body, unexpected } = await signupWhen(failure)
    expect(body.error).toEqual({ code: 'sms_rejected', reason: 'region_not_enabled' })
    expect(body.message).toBe('We cannot send messages to this country at the moment.')
    expect(unexpected).toMatchObject([{ message: SECRET_DETAIL }])
  })
})

describe('the answer when the provider fails', () => {
  it('REL-6 says that the message may have been sent, and contains the challenge', async () => {
    const failure = new SmsUnavailableError(true, { explanation: SECRET_DETAIL, providerCode: 20500 })
    const { status, body, headers, unexpected } = await signupWhen(failure)
    expect([status, headers.get('retry-after')]).toEqual([503, null])
    expect(body).toEqual({
      success: false,
      message: 'The message may still arrive. If it does, enter its code.',
      data: null,
      token: null,
      error: {
        code: 'sms_unavailable',
        may_have_been_sent: true,
        challenge_id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        expires_at: '2026-01-01T00:10:00.000Z',
        expires_in: 600,
        resend_at: '2026-01-01T00:00:30.000Z',
        resend_in: 30,
      },
    })
    expect(JSON.stringify(body)).not.toMatch(/AC123|20500/)
    expect(unexpected).toMatchObject([{ message: SECRET_DETAIL, providerCode: 20500 }])
  })

  it('REL-6 a code that arrives late is valid for the challenge in the failure', async () => {
    const codes: string[] = []
    const { post, clock } = setup({
      smsSender: {
        send: async ({ code }) => {
          codes.push(code)
          if (codes.length === 1) throw new Error('timed out')
          return {}
        },
      },
    })
    const failed = await post('/auth/signup', { phone_number: PHONE })
    const { challenge_id, resend_at } = failed.body.error
    clock.advance((Date.parse(resend_at) - clock.now().getTime()) / 1000)
    expect((await post('/auth/resend', { challenge_id })).status).toBe(200)
    expect(codes[1]).toBe(codes[0])
    expect((await post('/auth/verify-otp', { challenge_id, otp_code: codes[0] })).status).toBe(200)
  })

  it('contains no challenge if nothing was sent, and no resend_at if no resend is left', async () => {
    const { body } = await signupWhen(new SmsUnavailableError(false))
    expect(body.error).toEqual({ code: 'sms_unavailable', may_have_been_sent: false })
    const single = await signupWhen(new SmsUnavailableError(true), { code: { maxSends: 1 } })
    expect(single.body.error).toMatchObject({ resend_at: null, resend_in: null })
  })

  it('OTP-13 LOG-1 errors for the operator contain neither code nor challenge id', async () => {
    const codes: string[] = []
    const { unexpected, body } = await signupWhen(null, {
      smsSender: {
        send: async ({ code, text }) => {
          codes.push(code)
          throw Object.assign(new SmsUnavailableError(true, { explanation: `Lost: ${text}` }), {
            cause: new Error(text),
          })
        },
      },
    })
    const printed = inspect(unexpected, { depth: 20, showHidden: true })
    expect(printed).toContain('Lost: [code] is your Phone Auth code.')
    for (const secret of [...codes, body.error.challenge_id, PHONE]) expect(printed).not.toContain(secret)
  })

  it('is 429 when the provider limits messages to the number', async () => {
    const { status, headers, body, unexpected } = await signupWhen(new RateLimitedError(600))
    expect([status, headers.get('retry-after'), body.error, unexpected]).toEqual([
      429,
      '600',
      { code: 'rate_limited', retry_after_seconds: 600 },
      [],
    ])
  })

  it('is 503 with Retry-After when the provider demands to slow down', async () => {
    const slowDown = new SmsUnavailableError(false, { explanation: SECRET_DETAIL, retryAfterSeconds: 4 })
    const { status, headers, body, unexpected } = await signupWhen(slowDown)
    expect([status, headers.get('retry-after'), body.error]).toEqual([
      503,
      '4',
      { code: 'sms_unavailable', may_have_been_sent: false, retry_after_seconds: 4 },
    ])
    expect(unexpected).toMatchObject([{ message: SECRET_DETAIL }])
  })

  it('is 503 when a code service cannot check the code, and only the operator receives its explanation', async () => {
    const world = setup({
      smsSender: undefined,
      codeService: {
        start: async () => ({ handle: 'VE1' }),
        check: async () => Promise.reject(new SmsUnavailableError(true, { explanation: SECRET_DETAIL })),
      },
    })
    await world.post('/auth/signup', { phone_number: PHONE })
    const { status, headers, body } = await world.post('/auth/verify-otp', { phone_number: PHONE, otp_code: '123456' })
    expect([status, headers.get('retry-after')]).toEqual([503, null])
    expect(body.error).toEqual({ code: 'sms_unavailable', may_have_been_sent: false })
    expect(JSON.stringify(body)).not.toContain('AC123')
    expect(world.unexpected).toMatchObject([{ message: SECRET_DETAIL }])
  })
})
