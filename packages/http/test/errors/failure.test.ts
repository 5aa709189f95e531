import { SmsRejectedError, SmsUnavailableError } from '@phone-auth/core'
import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

const failure = (message: unknown, error: object) => ({ success: false, message, data: null, token: null, error })

describe('failures', () => {
  it('answers a wrong code with 422 and the number of remaining attempts', async () => {
    const { post, codeFor } = setup()
    await post('/auth/signup', { phone_number: PHONE })
    const otp_code = codeFor() === '000000' ? '000001' : '000000'
    const outcomes = []
    for (let count = 0; count < 4; count += 1) {
      outcomes.push(await post('/auth/verify-otp', { phone_number: PHONE, otp_code }))
    }
    expect(outcomes.map(({ status }) => status)).toEqual([422, 422, 422, 410])
    expect(outcomes[0]?.body).toEqual(
      failure('Invalid OTP. 2 attempts remaining', { code: 'invalid_code', attempts_remaining: 2 }),
    )
    expect(outcomes[1]?.body.message).toBe('Invalid OTP. 1 attempt remaining')
    expect(outcomes[3]?.body.error).toEqual({ code: 'too_many_attempts' })
  })

  it('answers an expired code with 410', async () => {
    const { post, codeFor, clock } = setup()
    await post('/auth/signup', { phone_number: PHONE })
    clock.advance(600)
    const expired = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([expired.status, expired.body.error.code]).toEqual([410, 'challenge_expired'])
  })

  it('answers a reached limit with 429 and the exact seconds in Retry-After', async () => {
    const { post, clock } = setup()
    await post('/auth/signup', { phone_number: PHONE })
    clock.advance(9.5)
    const limited = await post('/auth/login', { phone_number: PHONE })
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '21'])
    expect(limited.body.error).toEqual({ code: 'rate_limited', retry_after_seconds: 21 })
  })

  it('answers a resend beyond the maximum number of messages with 410', async () => {
    const { post, clock } = setup({ code: { maxSends: 1 } })
    const { challenge_id } = (await post('/auth/signup', { phone_number: PHONE })).body.data
    clock.advance(60)
    const { status, body } = await post('/auth/resend', { challenge_id })
    expect([status, body.error.code]).toEqual([410, 'too_many_sends'])
  })

  it('answers invalid input with 400 and the JSON name of the field', async () => {
    const { post, signIn } = setup()
    const token = await signIn()
    const fieldOf = async (path: string, body: unknown) => {
      const { status, body: answer } = await post(path, body, token)
      expect(answer.success).toBe(false)
      return [status, answer.error.code, answer.error.field]
    }
    const number = { phone_number: PHONE }
    expect(await fieldOf('/auth/signup', {})).toEqual([400, 'invalid_input', 'phone_number'])
    expect(await fieldOf('/auth/signup', { phone_number: 5 })).toEqual([400, 'invalid_input', 'phone_number'])
    expect(await fieldOf('/auth/signup', { phone_number: 'x' })).toEqual([400, 'invalid_phone_number', 'phone_number'])
    expect(await fieldOf('/auth/signup', { ...number, name: 'Ada' })).toEqual([400, 'invalid_input', 'name'])
    expect(await fieldOf('/auth/signup', [])).toEqual([400, 'invalid_input', 'body'])
    expect(await fieldOf('/auth/signup', null)).toEqual([400, 'invalid_input', 'body'])
    expect(await fieldOf('/auth/verify-otp', { otp_code: '123456' })).toEqual([400, 'invalid_input', 'phone_number'])
    expect(await fieldOf('/auth/verify-otp', { ...number, otp_code: '1' })).toEqual([400, 'invalid_input', 'otp_code'])
    expect(await fieldOf('/auth/verify-otp', { ...number, otp_code: 123456 })).toEqual([
      400,
      'invalid_input',
      'otp_code',
    ])
    expect(await fieldOf('/auth/verify-otp', { otp_code: '123456', challenge_id: 'x'.repeat(129) })).toEqual([
      400,
      'invalid_input',
      'challenge_id',
    ])
    expect(await fieldOf('/auth/resend', {})).toEqual([400, 'invalid_input', 'phone_number'])
    expect(await fieldOf('/auth/complete-profile', { name: 'Ada', email: 'a@b.co' })).toEqual([
      400,
      'invalid_input',
      'phone_number',
    ])
    expect(await fieldOf('/auth/complete-profile', { ...number, name: 'Ada', email: 'x', birth_date: 'x' })).toEqual([
      400,
      'invalid_profile',
      'email',
    ])
    expect(
      await fieldOf('/auth/complete-profile', { phone_number: '+14155550102', name: 'Ada', email: 'a@b.co' }),
    ).toEqual([400, 'invalid_input', 'phone_number'])
  })

  it('uses JSON names of fields in every message', async () => {
    const { post, signIn } = setup()
    const token = await signIn()
    const message = async (path: string, body: unknown) => (await post(path, body, token)).body.message
    expect(await message('/auth/verify-otp', { phone_number: PHONE, otp_code: 'x' })).toMatch(/^otp_code must be/)
    expect(await message('/auth/complete-profile', { phone_number: PHONE, birth_date: 'x' })).toMatch(/birth_date: /)
  })

  it('answers an inactive user and a region that is not allowed with 403', async () => {
    const { post, signIn, codeFor, stores } = setup()
    await signIn()
    await stores.userStore.setActive(1, false)
    await post('/auth/login', { phone_number: PHONE })
    const inactive = await post('/auth/verify-login', { phone_number: PHONE, otp_code: codeFor() })
    expect([inactive.status, inactive.body.error.code]).toEqual([403, 'user_inactive'])
    const region = await post('/auth/signup', { phone_number: '+919876543210' })
    expect([region.status, region.body.error]).toEqual([
      403,
      { code: 'region_not_allowed', field: 'phone_number', region: 'IN' },
    ])
  })

  it('answers with 502 when the provider refuses and with 503 when it fails', async () => {
    const send = (error: Error) => ({ smsSender: { send: async () => Promise.reject(error) } })
    const statusOf = async (error: Error) =>
      (await setup(send(error)).post('/auth/signup', { phone_number: PHONE })).status
    expect(await statusOf(new SmsRejectedError())).toBe(502)
    expect(await statusOf(new SmsUnavailableError(true))).toBe(503)
    expect(await statusOf(new Error('boom'))).toBe(503)
  })

  it('HTTP-2 answers an unexpected error with a generic 500 and an id, and reports it to the operator', async () => {
    const reported: [unknown, string][] = []
    const { auth, post } = setup({}, { onUnexpectedError: (error, id) => reported.push([error, id]) })
    auth.start = () => {
      throw new TypeError('secret detail')
    }
    const { status, body } = await post('/auth/signup', { phone_number: PHONE })
    expect([status, body.error]).toEqual([500, { code: 'internal_error' }])
    expect(body.message).toContain(reported[0]?.[1])
    expect(JSON.stringify(body)).not.toContain('secret detail')
    expect(reported).toEqual([[new TypeError('secret detail'), expect.any(String)]])
  })

  it('HTTP-2 ignores a listener that throws or rejects, without an unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const record = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', record)
    const listeners = [
      () => {
        throw new Error('thrown')
      },
      async () => Promise.reject(new Error('rejected')),
    ]
    for (const onUnexpectedError of listeners) {
      const { auth, post } = setup({}, { onUnexpectedError })
      auth.start = () => {
        throw new TypeError('bug')
      }
      expect((await post('/auth/signup', { phone_number: PHONE })).status).toBe(500)
    }
    // Unhandled rejections are reported after the microtasks.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', record)
    expect(unhandled).toEqual([])
  })

  it('answers an unknown path with 404', async () => {
    const { call } = setup()
    const paths = [
      ['GET', '/'],
      ['GET', '/auth'],
      ['PUT', '/auth/nowhere'],
      ['GET', '/auth/../etc/passwd'],
    ] as const
    for (const [method, path] of paths) {
      const { status, body } = await call(method, path)
      expect([status, body.error.code], `${method} ${path}`).toEqual([404, 'not_found'])
    }
  })

  it('answers a wrong method on a known path with 405, and lists the right ones in Allow', async () => {
    const { call, unexpected } = setup()
    for (const [method, path, allow] of [
      ['GET', '/auth/signup', 'POST'],
      ['GET', '/auth/signup/', 'POST'],
      ['OPTIONS', '/auth/verify-otp', 'POST'],
      ['PUT', '/auth/profile', 'GET, HEAD, PATCH'],
      ['DELETE', '/auth/profile', 'GET, HEAD, PATCH'],
      ['POST', '/api/health', 'GET, HEAD'],
      ['DELETE', '/api/', 'GET, HEAD'],
      ['POST', '/auth/account', 'DELETE'],
      ['GET', '/auth/sessions/x', 'DELETE'],
      ['BREW', '/auth/login', 'POST'],
    ] as const) {
      const { status, headers, body } = await call(method, path)
      expect([status, headers.get('allow')], `${method} ${path}`).toEqual([405, allow])
      expect(body).toEqual(failure(`This endpoint accepts only ${allow}.`, { code: 'method_not_allowed' }))
    }
    expect(unexpected).toEqual([])
  })
})
