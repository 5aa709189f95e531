import { describe, expect, it } from 'vitest'
import { PHONE, setup } from './setup.ts'

const OTHER_PHONE = '+14155550102'

describe('sessions on the wire', () => {
  it('SES-1 lists, ends one and ends all', async () => {
    const { call, clock, post, signIn } = setup()
    const first = await signIn()
    clock.advance(60)
    const second = await signIn()
    const { status, body } = await call('GET', '/auth/sessions', undefined, second)
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, token: null })
    const [current, other] = body.data.sessions
    expect(body.data.sessions).toHaveLength(2)
    expect(current).toEqual({
      id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      device: null,
      network: '203.0.113.0/24',
      created_at: clock.now().toISOString(),
      last_used_at: clock.now().toISOString(),
      expires_at: expect.any(String),
      is_current: true,
    })
    expect((await call('DELETE', `/auth/sessions/${other.id}`, undefined, second)).status).toBe(200)
    expect((await call('GET', '/auth/profile', undefined, first)).status).toBe(401)
    for (const id of [other.id, 'nobody', '%00', '..']) {
      const gone = await call('DELETE', `/auth/sessions/${id}`, undefined, second)
      expect(gone.status, id).toBe(404)
    }
    expect((await post('/auth/logout-all', undefined, second)).body.data).toEqual({ sessions_ended: 1 })
    expect((await call('GET', '/auth/sessions', undefined, second)).status).toBe(401)
  })

  it('SES-1 keeps the current session if told to, and refuses what is not true or false', async () => {
    const { call, clock, handler, post, signIn } = setup()
    const first = await signIn()
    clock.advance(60)
    const second = await signIn()
    expect((await post('/auth/logout-all', { keep_current: 'yes' }, second)).body).toMatchObject({
      message: 'keep_current must be true or false.',
      error: { code: 'invalid_input', field: 'keep_current' },
    })
    // A body that comes in parts and does not say what it is: not the same as none.
    const headers = { authorization: `Bearer ${second}`, 'transfer-encoding': 'chunked' }
    const unnamed = new Request('http://localhost/auth/logout-all', { method: 'POST', headers })
    expect((await handler(unnamed)).status).toBe(415)
    expect((await post('/auth/logout-all', { keep_current: true }, second)).body.data).toEqual({ sessions_ended: 1 })
    expect((await call('GET', '/auth/profile', undefined, second)).status).toBe(200)
    expect((await call('GET', '/auth/profile', undefined, first)).status).toBe(401)
  })
})

describe('the number and the account on the wire', () => {
  it('ACC-7 asks for a step-up when the sign-in was long ago, as RFC 9470 says, and goes on after it', async () => {
    const { call, clock, codeFor, post, signIn } = setup()
    const token = await signIn()
    clock.advance(660)
    const refused = await call('DELETE', '/auth/account', undefined, token)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_user_authentication", max_age=600')
    expect(refused.body.error).toEqual({ code: 'step_up_required', max_age_seconds: 600 })

    const { body: started } = await post('/auth/step-up', undefined, token)
    expect(started.data).toMatchObject({ phone_number: PHONE, challenge_id: expect.any(String) })
    const answer = { challenge_id: started.data.challenge_id, otp_code: codeFor() }
    expect((await post('/auth/verify-otp', answer)).status).toBe(410)
    const { body: verified } = await post('/auth/verify-step-up', answer, token)
    expect(verified).toEqual({
      success: true,
      message: 'OTP verified successfully',
      data: null,
      token: expect.any(String),
      expires_in: 1800,
    })
    expect((await call('DELETE', '/auth/account', undefined, token)).status).toBe(401)
    const deleted = await call('DELETE', '/auth/account', undefined, verified.token)
    expect(deleted.body).toEqual({ success: true, message: 'Account deleted', data: null, token: null })
    expect((await call('GET', '/auth/profile', undefined, verified.token)).status).toBe(401)
  })

  it('ACC-3 changes the number, and tells that it is taken only to who has proven to hold it', async () => {
    const { call, codeFor, post, signIn } = setup()
    await signIn(OTHER_PHONE)
    const token = await signIn()
    const taken = await post('/auth/change-phone', { phone_number: OTHER_PHONE }, token)
    expect([taken.status, taken.body.data.phone_number]).toEqual([200, OTHER_PHONE])
    const free = await post('/auth/change-phone', { phone_number: '+1 415 555 0103' }, token)
    expect(Object.keys(free.body.data)).toEqual(Object.keys(taken.body.data))

    const conflict = await post(
      '/auth/verify-change-phone',
      { challenge_id: taken.body.data.challenge_id, otp_code: codeFor(OTHER_PHONE) },
      token,
    )
    expect([conflict.status, conflict.body.error]).toEqual([409, { code: 'phone_number_taken', field: 'phone_number' }])
    const changed = await post(
      '/auth/verify-change-phone',
      { challenge_id: free.body.data.challenge_id, otp_code: codeFor('+14155550103') },
      token,
    )
    expect(changed.body).toEqual({
      success: true,
      message: 'Phone number changed successfully',
      data: { phone_number: '+14155550103' },
      token: null,
    })
    expect((await call('GET', '/auth/profile', undefined, token)).body.phone_number).toBe('+14155550103')
    const own = await post('/auth/change-phone', { phone_number: '+14155550103' }, token)
    expect([own.status, own.body.error.field]).toEqual([400, 'phone_number'])
  })

  it('tells why the application refuses a sign-in', async () => {
    const { codeFor, post } = setup({ beforeSignIn: () => 'You are on the waiting list.' })
    await post('/auth/signup', { phone_number: PHONE })
    const { status, body } = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([status, body.message, body.token]).toEqual([403, 'You are on the waiting list.', null])
    expect(body.error).toEqual({ code: 'sign_in_refused' })
  })

  it('wants a token for every one of them', async () => {
    const { call } = setup()
    for (const [method, path] of [
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/sessions/x'],
      ['POST', '/auth/logout-all'],
      ['POST', '/auth/step-up'],
      ['POST', '/auth/verify-step-up'],
      ['POST', '/auth/change-phone'],
      ['POST', '/auth/verify-change-phone'],
      ['DELETE', '/auth/account'],
    ] as const) {
      expect((await call(method, path)).status, path).toBe(401)
      const body = path.includes('verify') ? { challenge_id: 'x', otp_code: '123456' } : { phone_number: PHONE }
      const sent = method === 'POST' && path !== '/auth/logout-all' ? body : undefined
      expect((await call(method, path, sent, 'junk')).status, path).toBe(401)
    }
  })
})
