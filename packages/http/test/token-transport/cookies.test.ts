import { describe, expect, it } from 'vitest'
import type { HandlerOptions } from '../../src/index.ts'
import { createHandler } from '../../src/index.ts'
import { PHONE, setup } from '../setup.ts'

const OWN = { origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' }

/** A browser with cookies, on a handler that keeps tokens in cookies. */
function browser(cookies: HandlerOptions['cookies'] = {}, options: Parameters<typeof setup>[0] = {}) {
  const world = setup(options, { cookies })
  const jar = new Map<string, string>()
  const setCookies: string[][] = []
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = OWN) => {
    const response = await world.handler(
      new Request(`https://app.example.com${path}`, {
        method,
        headers: {
          host: 'app.example.com',
          ...(jar.size > 0 && { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      { ip: '203.0.113.7' },
    )
    const set = response.headers.getSetCookie()
    setCookies.push(set)
    for (const cookie of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (/Max-Age=0(;|$)/.test(cookie)) jar.delete(name)
      else jar.set(name, value)
    }
    // biome-ignore lint/suspicious/noExplicitAny: the answers are compared whole
    return { status: response.status, headers: response.headers, body: (await response.json()) as any }
  }
  const signIn = async () => {
    await call('POST', '/auth/signup', { phone_number: PHONE })
    return call('POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: world.codeFor() })
  }
  return { ...world, call, jar, setCookies, signIn }
}

describe('tokens in cookies', () => {
  it('SES-2 have attributes against scripts, other hosts and plain HTTP; bodies contain no token', async () => {
    const { setCookies, signIn } = browser()
    const { body } = await signIn()
    expect(body).toMatchObject({ success: true, token: null, refresh_token: null, expires_in: 1800 })
    const shapes = setCookies.at(-1)?.map((cookie) => cookie.replace(/=[^;]*/, '=…'))
    expect(shapes).toEqual([
      '__Host-phone-auth-access=…; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-phone-auth-refresh=…; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax',
    ])
    const strict = browser({ sameSite: 'Strict' })
    await strict.signIn()
    expect(strict.setCookies.at(-1)?.every((cookie) => cookie.endsWith('; SameSite=Strict'))).toBe(true)
  })

  it('SES-2 last for a whole session: profile, refresh, step-up, logout', async () => {
    const { call, clock, codeFor, jar, signIn } = browser()
    await signIn()
    expect((await call('GET', '/auth/profile')).body.phone_number).toBe(PHONE)
    const before = new Map(jar)
    clock.advance(60)
    const refreshed = await call('POST', '/auth/refresh')
    expect(refreshed.body).toMatchObject({ success: true, token: null, refresh_token: null })
    expect([...jar].filter(([name, value]) => before.get(name) === value)).toEqual([])
    const { body } = await call('POST', '/auth/step-up')
    const stepUp = { challenge_id: body.data.challenge_id, otp_code: codeFor() }
    expect((await call('POST', '/auth/verify-step-up', stepUp)).body).toMatchObject({ token: null })
    expect((await call('POST', '/auth/logout')).status).toBe(200)
    expect(jar.size).toBe(0)
    expect((await call('GET', '/auth/profile')).status).toBe(401)
    expect((await call('POST', '/auth/refresh')).body.error.code).toBe('invalid_refresh_token')
  })

  it('SES-2 tell the page to refresh when the access token has expired, as long as the session lives', async () => {
    const { call, clock, signIn } = browser()
    await signIn()
    for (let day = 0; day < 3; day += 1) {
      clock.advance(86_400)
      const expired = await call('GET', '/auth/profile')
      expect([expired.status, expired.body.error.code]).toEqual([401, 'access_token_expired'])
      expect((await call('POST', '/auth/refresh')).status).toBe(200)
      expect((await call('GET', '/auth/profile')).status).toBe(200)
    }
  })

  it('yield to a bearer token, which a page sends on purpose', async () => {
    const { call, handler, jar, signIn } = browser()
    await signIn()
    const cookie = `__Host-phone-auth-access=${jar.get('__Host-phone-auth-access')}`
    const token = jar.get('__Host-phone-auth-access') ?? ''
    const good = { authorization: `Bearer ${token}` }
    for (const [headers, status] of [
      [{ ...good, cookie: '__Host-phone-auth-access=' }, 200],
      [{ ...good, cookie: '__Host-phone-auth-access=dead' }, 200],
      [{ ...good, cookie: '' }, 200],
      // A proxy with a password of its own, as in front of a test system.
      [{ authorization: 'Basic dTpw', cookie }, 200],
      [{ authorization: 'Bearer dead', cookie }, 401],
      [{ authorization: 'Basic dTpw', cookie: '__Host-phone-auth-access=' }, 401],
    ] as const) {
      const name = JSON.stringify(headers).slice(0, 60)
      expect((await call('GET', '/auth/profile', undefined, { ...OWN, ...headers })).status, name).toBe(status)
    }
    const own = new Request('https://app.example.com/orders', {
      headers: { ...good, cookie: '__Host-phone-auth-access=' },
    })
    expect(handler.accessTokenOf(own)).toBe(token)
  })

  it('SES-2 allow a logout after the access token has expired, even if the browser has deleted it', async () => {
    for (const drop of [true, false]) {
      const { call, clock, jar, signIn } = browser()
      await signIn()
      clock.advance(1900)
      if (drop) jar.delete('__Host-phone-auth-access')
      const before = new Map(jar)
      expect((await call('POST', '/auth/logout')).status).toBe(200)
      expect(jar.size).toBe(0)
      for (const [name, value] of before) jar.set(name, value)
      expect((await call('POST', '/auth/refresh')).status).toBe(401)
    }
  })

  it('SES-2 are cleared when the account is deleted or all sessions end', async () => {
    for (const [method, path] of [
      ['DELETE', '/auth/account'],
      ['POST', '/auth/logout-all'],
    ] as const) {
      const { call, jar, signIn } = browser()
      await signIn()
      expect((await call(method, path)).status, path).toBe(200)
      expect(jar.size, path).toBe(0)
    }
  })

  it('SES-2 are cleared when the session has ended elsewhere, and when the user ends it', async () => {
    for (const path of ['/auth/logout', '/auth/refresh']) {
      const { auth, call, jar, signIn } = browser()
      await signIn()
      await auth.logoutAll({ userId: 1 })
      const { status } = await call('POST', path)
      expect([path, status, jar.size]).toEqual([path, path === '/auth/logout' ? 200 : 401, 0])
    }
    const { call, jar, signIn } = browser()
    await signIn()
    const { body } = await call('GET', '/auth/sessions')
    await call('DELETE', `/auth/sessions/${body.data.sessions[0].id}`)
    expect(jar.size).toBe(0)
  })

  it('SES-2 authenticate routes of the application, but not for requests from another site', async () => {
    const { auth, handler, jar, signIn } = browser()
    await signIn()
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = (method: string, headers: Record<string, string>) =>
      new Request('https://app.example.com/orders', {
        method,
        headers: { host: 'app.example.com', cookie, ...headers },
      })
    expect((await auth.authenticate({ accessToken: handler.accessTokenOf(request('POST', OWN)) })).userId).toBe(1)
    expect((await auth.authenticate({ accessToken: handler.accessTokenOf(request('GET', {})) })).userId).toBe(1)
    expect(() => handler.accessTokenOf(request('POST', { 'sec-fetch-site': 'cross-site' }))).toThrow(/not valid/)
    expect(() => handler.accessTokenOf(request('GET', { cookie: '' }))).toThrow(/not valid/)
    const bearer = setup().handler
    const authorization = new Request('http://localhost/', { method: 'POST', headers: { authorization: 'Bearer abc' } })
    expect(bearer.accessTokenOf(authorization)).toBe('abc')
  })

  it('SES-2 are refused in requests from another site, sign-in included, and nothing changes', async () => {
    const { call, codeFor, messages, signIn } = browser()
    await signIn()
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'null' },
      { origin: 'http://app.example.com' },
      { origin: 'ftp://app.example.com' },
      { origin: 'https://app.example.com.evil.example' },
      { origin: 'https://app.example.com, https://evil.example' },
      {},
    ]
    for (const headers of foreign) {
      for (const [method, path, body] of [
        ['POST', '/auth/signup', { phone_number: PHONE }],
        ['POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() }],
        ['POST', '/auth/refresh', {}],
        ['PATCH', '/auth/profile', { bio: 'x' }],
        ['POST', '/auth/logout', undefined],
        ['DELETE', '/auth/account', undefined],
      ] as const) {
        const { status, body: answer } = await call(method, path, body, headers)
        expect([status, answer.error.code], `${JSON.stringify(headers)} ${path}`).toEqual([403, 'cross_origin'])
      }
    }
    expect(messages).toHaveLength(1)
    expect((await call('GET', '/auth/profile', undefined, {})).body.bio).toBeNull()
  })

  it('SES-2 are accepted from pages of the same origin and of the origins in the options', async () => {
    const { call } = browser({ origins: ['https://www.example.com'] })
    for (const headers of [
      OWN,
      { 'sec-fetch-site': 'same-origin' },
      { origin: 'https://app.example.com' },
      { origin: 'https://www.example.com', 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      const { status } = await call('POST', '/auth/signup', { phone_number: 'x' }, headers)
      expect(status, JSON.stringify(headers)).toBe(400)
    }
  })

  it('SES-2 do not allow other content types than JSON', async () => {
    const { handler } = browser()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const request = new Request('https://app.example.com/auth/signup', {
        method: 'POST',
        headers: { ...OWN, host: 'app.example.com', 'content-type': type },
        body: JSON.stringify({ phone_number: PHONE }),
      })
      expect((await handler(request)).status).toBe(415)
    }
  })

  it('are 401 when they are malformed', async () => {
    const { call } = browser()
    for (const cookie of [
      '__Host-phone-auth-access=%E0%A4%A',
      '__Host-phone-auth-access=',
      'a',
      ';;;',
      '=x',
      '__Host-phone-auth-access="',
    ]) {
      expect((await call('GET', '/auth/profile', undefined, { ...OWN, cookie })).status, cookie).toBe(401)
      expect((await call('POST', '/auth/refresh', undefined, { ...OWN, cookie })).status, cookie).toBe(401)
    }
  })

  it('are refused at construction with an invalid sameSite or origin', () => {
    const { auth } = setup()
    expect(() => createHandler(auth, { cookies: { sameSite: 'None' as never } })).toThrow(/sameSite/)
    for (const origin of [
      'https://app.example.com/',
      'app.example.com',
      '*',
      'null',
      'https://*.example.com',
      'http://app.example.com',
      'ftp://localhost',
      'https://App.example.com',
    ]) {
      expect(() => createHandler(auth, { cookies: { origins: [origin] } }), origin).toThrow(
        /origins must contain origins/,
      )
    }
    for (const origin of ['https://app.example.com', 'https://app.example.com:8443', 'http://localhost:3000']) {
      expect(() => createHandler(auth, { cookies: { origins: [origin] } }), origin).not.toThrow()
    }
  })

  it('are not set by default, and no origin is required then', async () => {
    const { post } = setup()
    const { headers } = await post('/auth/signup', { phone_number: PHONE })
    expect(headers.getSetCookie()).toEqual([])
  })
})
