import { describe, expect, it } from 'vitest'
import { PHONE, setup } from './setup.ts'

describe('basePath', () => {
  it('moves the whole API below a path, webhooks included', async () => {
    const webhooks = { '/sms/status': async () => Response.json({}) }
    const { call, post, codeFor } = setup({}, { basePath: '/api/v1', webhooks })
    expect((await post('/api/v1/auth/signup', { phone_number: PHONE })).status).toBe(200)
    const verified = await post('/api/v1/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    const { token } = verified.body
    expect((await call('GET', '/api/v1/auth/profile', undefined, token)).status).toBe(200)
    expect((await call('DELETE', '/api/v1/auth/sessions/x', undefined, token)).body.error.code).toBe(
      'session_not_found',
    )
    expect((await call('GET', '/api/v1/api/')).body.message).toBe('Phone Auth API')
    expect((await call('POST', '/api/v1/sms/status', {})).status).toBe(200)
    const wrong = await call('GET', '/api/v1/auth/signup')
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('leaves nothing of the API outside of it', async () => {
    const { call, handler } = setup(
      {},
      { basePath: '/api/v1', webhooks: { '/sms/status': async () => new Response() } },
    )
    const own = ['/auth/signup', '/auth/profile', '/auth/sessions/x', '/api', '/api/health', '/sms/status']
    for (const path of own) {
      expect(handler.owns(`/api/v1${path}`), path).toBe(true)
      expect(handler.owns(`/api/v1${path}/`), path).toBe(true)
      for (const outside of [path, `/api/v1/api/v1${path}`, `/api/v10${path}`, `/API/v1${path}`, `//api/v1${path}`]) {
        expect(handler.owns(outside), outside).toBe(false)
        expect((await call('GET', `/x/..${outside}`)).status, outside).toBe(404)
      }
    }
    expect(handler.owns('/api/v1')).toBe(false)
  })

  it('keeps the path of the cookies, which their prefix __Host- requires', async () => {
    const { handler, codeFor } = setup({}, { basePath: '/api/v1', cookies: {} })
    const send = (path: string, body: object) =>
      handler(
        new Request(`https://app.example.com/api/v1${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
          body: JSON.stringify(body),
        }),
      )
    await send('/auth/signup', { phone_number: PHONE })
    const { headers } = await send('/auth/verify-otp', { phone_number: PHONE, otp_code: codeFor() })
    expect(headers.getSetCookie()).toHaveLength(2)
    for (const cookie of headers.getSetCookie()) expect(cookie).toMatch(/^__Host-.*; Path=\/;/)
  })

  it('is refused if it is no path, or one that no request has', () => {
    const bad: unknown[] = [
      '/',
      'api',
      '/api/',
      '//api',
      '/api//v1',
      '/:id',
      '/*',
      '/a?b',
      '/a b',
      '/é',
      '/..',
      '/a/./b',
    ]
    for (const basePath of [...bad, null, 1, 'https://api.example.com']) {
      const create = () => setup({}, { basePath: basePath as string })
      expect(create, String(basePath)).toThrow('basePath must be "" or a path such as /api/v1')
    }
    for (const basePath of ['', '/api', '/a.b/~c/...', undefined]) {
      expect(() => setup({}, { basePath: basePath as string })).not.toThrow()
    }
  })
})
