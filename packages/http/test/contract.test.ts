import { describe, expect, it } from 'vitest'
import { z } from 'zod'
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
    resend_at: '2026-01-01T00:00:30.000Z',
  },
  token: null,
}

const TOKENS = { token: expect.any(String), refresh_token: expect.stringMatching(/^phr_/), expires_in: 1800 }

describe('the contract', () => {
  it('sign-up, profile, logout and login answer word for word', async () => {
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
    expect([login.status, login.body]).toEqual([200, CODE_SENT])
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
      },
    ])

    const refreshed = await post('/auth/refresh', { refresh_token: loggedIn.body.refresh_token })
    expect([refreshed.status, refreshed.body]).toEqual([
      200,
      { success: true, message: 'Token refreshed successfully', data: null, ...TOKENS },
    ])
    expect((await call('GET', '/auth/profile', undefined, refreshed.body.token)).status).toBe(200)
  })

  it('signing up again with a complete profile says so', async () => {
    const { post, codeFor, signIn } = setup()
    await post('/auth/complete-profile', ADA, await signIn())
    await post('/auth/signup', { phone_number: PHONE })
    const { body } = await post('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect([body.message, body.data.needs_profile_completion]).toEqual([
      'OTP verified successfully. You are logged in.',
      false,
    ])
  })

  it('logging in before there is a profile answers with nulls', async () => {
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

  it('a resend answers as the sign-up did, with the id for its holder alone', async () => {
    const { post, clock } = setup()
    const { challenge_id } = (await post('/auth/signup', { phone_number: PHONE })).body.data
    clock.advance(30)
    const byId = await post('/auth/resend', { challenge_id })
    const resend_at = '2026-01-01T00:01:30.000Z'
    expect(byId.body).toEqual({ ...CODE_SENT, data: { ...CODE_SENT.data, challenge_id, resend_at } })
    clock.advance(60)
    const byNumber = await post('/auth/resend', { phone_number: PHONE })
    expect(byNumber.body).toEqual({ ...CODE_SENT, data: { ...CODE_SENT.data, challenge_id: null, resend_at: null } })
  })

  it('OTP-7 the number beside a challenge id decides nothing', async () => {
    const { post, codeFor } = setup()
    const { challenge_id } = (await post('/auth/signup', { phone_number: PHONE })).body.data
    const body = { phone_number: '+14155550102', otp_code: codeFor(), challenge_id }
    expect((await post('/auth/verify-otp', body)).body.data).toMatchObject({ user_id: 1, phone_number: PHONE })
  })

  it('logs out whatever a client sends along, as some send a type without a body', async () => {
    const { handler, signIn } = setup()
    for (const [index, body] of [undefined, '', '{}', 'null'].entries()) {
      const headers = {
        Authorization: `Bearer ${await signIn(`+1415555012${index}`)}`,
        'Content-Type': 'application/json',
      }
      const request = new Request('http://localhost/auth/logout', { method: 'POST', headers, body: body ?? null })
      expect((await handler(request)).status).toBe(200)
    }
  })

  it('serves what it is and how it is', async () => {
    const { call } = setup({}, { service: 'acme', version: '1.2.3', docs: 'https://acme.example/docs' })
    const about = { message: 'Phone Auth API', version: '1.2.3', docs: 'https://acme.example/docs' }
    for (const path of ['/api/', '/api']) expect((await call('GET', path)).body).toEqual(about)
    const health = await call('GET', '/api/health')
    expect([health.status, health.body]).toEqual([200, { status: 'ok', service: 'acme', version: '1.2.3' }])
  })

  it('says 503 when the database is away', async () => {
    const { call, post, stores, unexpected } = setup()
    const down = async () => Promise.reject(new Error('no such file'))
    stores.otpStore.find = down
    stores.otpStore.open = down
    const health = await call('GET', '/api/health')
    expect([health.status, health.body.status]).toEqual([503, 'unavailable'])
    const start = await post('/auth/signup', { phone_number: PHONE })
    expect([start.status, start.body.error.code, start.headers.get('retry-after')]).toEqual([
      503,
      'store_unavailable',
      '5',
    ])
    expect(JSON.stringify(start.body)).not.toContain('no such file')
    expect(unexpected).toHaveLength(1)
  })

  it("speaks of the application's own profile in its own words", async () => {
    const schema = z.object({
      name: z.string(),
      favouriteColours: z.array(z.string()),
    })
    const { call, post, signIn } = setup({ profile: { schema, isComplete: () => true } })
    const token = await signIn()
    const body = { phone_number: PHONE, name: 'Ada', favourite_colours: ['red'] }
    const completed = await post('/auth/complete-profile', body, token)
    expect([completed.status, completed.body.data.email]).toEqual([200, null])
    const profile = (await call('GET', '/auth/profile', undefined, token)).body
    expect(profile).toMatchObject({ name: 'Ada', favourite_colours: ['red'], is_active: true })
    const refused = await post('/auth/complete-profile', { ...body, favouriteColours: [] }, token)
    expect([refused.status, refused.body.error.field]).toEqual([400, 'favouriteColours'])
  })

  it('refuses a profile whose fields would hide what the contract says of the user', () => {
    for (const field of ['id', 'isActive', 'is_verified', 'phoneNumber', 'createdAt']) {
      const schema = z.object({ [field]: z.string() })
      expect(() => setup({ profile: { schema, isComplete: () => true } })).toThrow(`another field's: ${field}.`)
    }
  })

  it('names a field of the profile as its client does, whatever it is called', async () => {
    const schema = z.object({ code: z.string().min(2), favouriteColour: z.string().min(2) })
    const { call, signIn } = setup({ profile: { schema, isComplete: () => true } })
    const { body } = await call('PATCH', '/auth/profile', { code: '', favourite_colour: '' }, await signIn())
    expect(body.error.issues.map(({ field }: { field: string }) => field)).toEqual(['code', 'favourite_colour'])
    const clash = z.object({ birthDate: z.string(), birth_date: z.string() })
    expect(() => setup({ profile: { schema: clash, isComplete: () => true } })).toThrow('birth_date.')
  })
})
