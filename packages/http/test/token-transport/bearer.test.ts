import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

describe('tokens in the Authorization header', () => {
  it('answers a token that is missing, malformed, in the URL or of another scheme with 401', async () => {
    const { call, handler, signIn } = setup()
    const token = await signIn()
    const attempts = [
      await call('GET', '/auth/profile'),
      await call('GET', '/auth/profile', undefined, 'x.y.z'),
      await call('GET', `/auth/profile?token=${token}&access_token=${token}`),
    ]
    for (const { status, headers, body } of attempts) {
      expect([status, headers.get('www-authenticate'), body.error.code]).toEqual([
        401,
        'Bearer',
        'invalid_access_token',
      ])
    }
    for (const authorization of [token, `Basic ${token}`, `Bearer ${token} x`, 'Bearer', `Bearer\t${token}`]) {
      const response = await handler(new Request('http://localhost/auth/profile', { headers: { authorization } }))
      expect(response.status).toBe(401)
    }
    const lower = await handler(
      new Request('http://localhost/auth/profile', { headers: { authorization: `bearer ${token}` } }),
    )
    expect(lower.status).toBe(200)
  })

  it('requires a token for every route of a signed-in user', async () => {
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
