import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

describe('the step-up endpoints', () => {
  it('ACC-7 issue a fresh token after a request was refused because the sign-in is too old (RFC 9470)', async () => {
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
})
