import { describe, expect, it } from 'vitest'
import { PHONE, setup } from '../setup.ts'

describe('the sign-up and login endpoints', () => {
  it('report a complete profile when the user signs up again', async () => {
    const { post, codeFor, signIn } = setup()
    const profile = { phone_number: PHONE, name: 'Ada Lovelace', email: 'ada@example.com' }
    await post('/auth/complete-profile', profile, await signIn())
    await post('/auth/signup', { phone_number: PHONE })
    const { body } = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([body.message, body.data.needs_profile_completion]).toEqual([
      'OTP verified successfully. You are logged in.',
      false,
    ])
  })

  it('return null for missing profile fields', async () => {
    const { post, codeFor } = setup()
    await post('/auth/login', { phone_number: PHONE })
    const { body } = await post('/auth/verify-login', { phone_number: PHONE, otp_code: codeFor() })
    expect(body.data).toEqual({
      user_id: 1,
      phone_number: PHONE,
      name: null,
      email: null,
      is_verified: true,
      needs_profile_completion: true,
    })
  })

  it('answer a resend like the sign-up, and return the challenge id only to clients that sent it', async () => {
    const { post, clock } = setup()
    const { body: signup } = await post('/auth/signup', { phone_number: PHONE })
    clock.advance(30)
    const byId = await post('/auth/resend', { challenge_id: signup.data.challenge_id })
    const later = { expires_in: 570, resend_at: '2026-01-01T00:01:30.000Z', resend_in: 60 }
    expect(byId.body).toEqual({ ...signup, data: { ...signup.data, ...later } })
    clock.advance(60)
    const byNumber = await post('/auth/resend', { phone_number: PHONE })
    const last = { challenge_id: null, expires_in: 510, resend_at: null, resend_in: null }
    expect(byNumber.body).toEqual({ ...signup, data: { ...signup.data, ...last } })
  })

  it('OTP-7 ignore the phone number beside a challenge id', async () => {
    const { post, codeFor } = setup()
    const { challenge_id } = (await post('/auth/signup', { phone_number: PHONE })).body.data
    const body = { phone_number: '+14155550102', otp_code: codeFor(), challenge_id }
    expect((await post('/auth/verify-otp', body)).body.data).toMatchObject({ user_id: 1, phone_number: PHONE })
  })

  it('return the reason when the application refuses a sign-in', async () => {
    const { codeFor, post } = setup({ beforeSignIn: () => 'You are on the waiting list.' })
    await post('/auth/signup', { phone_number: PHONE })
    const { status, body } = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([status, body.message, body.token]).toEqual([403, 'You are on the waiting list.', null])
    expect(body.error).toEqual({ code: 'sign_in_refused' })
  })

  it('LIM-5 give a device token, with which the device has its own limits; null and an unknown one are like none', async () => {
    const { clock, post, codeFor } = setup()
    const start = (device_token: unknown) => post('/auth/login', { phone_number: PHONE, device_token })
    await start(null)
    const verify = { phone_number: PHONE, otp_code: codeFor(), device_token: null }
    const { device_token } = (await post('/auth/verify-login', verify)).body
    clock.advance(1)
    for (const wait of [30, 60, 120]) {
      expect((await start('unknown')).status).toBe(wait === 120 ? 429 : 200)
      clock.advance(wait)
    }
    expect((await start('')).status).toBe(429)
    expect((await start(device_token)).status).toBe(200)
    const second = { phone_number: PHONE, otp_code: codeFor(), device_token }
    const next = (await post('/auth/verify-login', second)).body.device_token
    // Each sign-in replaces the token.
    expect((await start(device_token)).status).toBe(429)
    expect((await start(next)).status).toBe(200)
    expect((await start(5)).status).toBe(400)
  })
})
