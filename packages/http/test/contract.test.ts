import { describe, expect, it } from 'vitest'
import { PHONE, setup } from './setup.ts'

const NOW = '2026-01-01T00:00:00.000Z'
const ADA = { phone_number: PHONE, name: 'Ada Lovelace', email: 'ada@example.com' }

const CODE_SENT = {
  success: true,
  message: 'OTP sent successfully to your phone number',
  data: {
    phone_number: PHONE,
    challenge_id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
    expires_at: '2026-01-01T00:10:00.000Z',
    expires_in: 600,
    resend_at: '2026-01-01T00:00:30.000Z',
    resend_in: 30,
  },
  token: null,
}

const TOKENS = { token: expect.any(String), refresh_token: expect.stringMatching(/^phr_/), expires_in: 1800 }
const DEVICE = { device_token: expect.stringMatching(/^phd_/) }

describe('the API', () => {
  it('answers sign-up, profile, logout and login with exactly these fields', async () => {
    const { call, post, codeFor } = setup()
    const signup = await post('/auth/signup', { phone_number: '+1 (415) 555-0101' })
    expect([signup.status, signup.body]).toEqual([200, CODE_SENT])

    const verified = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([verified.status, verified.body]).toEqual([
      200,
      {
        success: true,
        message: 'OTP verified successfully. Please complete your profile.',
        data: { user_id: 1, phone_number: PHONE, needs_profile_completion: true },
        ...TOKENS,
        ...DEVICE,
      },
    ])
    const { token } = verified.body

    const bare = {
      id: 1,
      name: null,
      email: null,
      phone_number: PHONE,
      bio: null,
      location: null,
      birth_date: null,
      avatar: null,
      is_verified: true,
      is_active: true,
      created_at: NOW,
      updated_at: NOW,
    }
    expect((await call('GET', '/auth/profile', undefined, token)).body).toEqual(bare)

    const completed = await post('/auth/complete-profile', { ...ADA, birth_date: '1990-02-03' }, token)
    expect([completed.status, completed.body]).toEqual([
      200,
      {
        success: true,
        message: 'Profile completed successfully',
        data: { user_id: 1, profile_id: 1, name: ADA.name, email: ADA.email, phone_number: PHONE },
        token: null,
      },
    ])
    const whole = { ...bare, name: ADA.name, email: ADA.email, birth_date: '1990-02-03' }
    expect((await call('GET', '/auth/profile', undefined, token)).body).toEqual(whole)
    const patched = await call('PATCH', '/auth/profile', { bio: 'Hello', birth_date: null }, token)
    expect([patched.status, patched.body]).toEqual([200, { ...whole, bio: 'Hello', birth_date: null }])

    const out = await post('/auth/logout', undefined, token)
    expect([out.status, out.body]).toEqual([
      200,
      { success: true, message: 'Logged out successfully', data: null, token: null },
    ])
    const refused = await call('GET', '/auth/profile', undefined, token)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const refusedRefresh = await post('/auth/refresh', { refresh_token: verified.body.refresh_token })
    expect([refusedRefresh.status, refusedRefresh.body.error.code]).toEqual([401, 'invalid_refresh_token'])

    const login = await post('/auth/login', { phone_number: PHONE })
    // The clock stands still, so this message is not later than the sign-in that ends the waits.
    const sentAtOnce = { ...CODE_SENT, data: { ...CODE_SENT.data, resend_at: NOW, resend_in: 0 } }
    expect([login.status, login.body]).toEqual([200, sentAtOnce])
    const { challenge_id } = login.body.data
    const loggedIn = await post('/auth/verify-login', { phone_number: PHONE, otp_code: codeFor(), challenge_id })
    expect([loggedIn.status, loggedIn.body]).toEqual([
      200,
      {
        success: true,
        message: 'Login successful',
        data: {
          user_id: 1,
          phone_number: PHONE,
          name: ADA.name,
          email: ADA.email,
          is_verified: true,
          needs_profile_completion: false,
        },
        ...TOKENS,
        ...DEVICE,
      },
    ])

    const refreshed = await post('/auth/refresh', { refresh_token: loggedIn.body.refresh_token })
    expect([refreshed.status, refreshed.body]).toEqual([
      200,
      { success: true, message: 'Token refreshed successfully', data: null, ...TOKENS },
    ])
    expect((await call('GET', '/auth/profile', undefined, refreshed.body.token)).status).toBe(200)
  })
})
