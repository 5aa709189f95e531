import { describe, expect, it } from 'vitest'
import { setup } from '../setup.ts'

describe('the session endpoints', () => {
  it('SES-1 list sessions, end one and end all', async () => {
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
    for (const id of [other.id, 'unknown', '%00', '..']) {
      const gone = await call('DELETE', `/auth/sessions/${id}`, undefined, second)
      expect(gone.status, id).toBe(404)
    }
    expect((await post('/auth/logout-all', undefined, second)).body.data).toEqual({ sessions_ended: 1 })
    expect((await call('GET', '/auth/sessions', undefined, second)).status).toBe(401)
  })

  it('SES-1 keep the current session with keep_current, which must be true or false', async () => {
    const { call, clock, handler, post, signIn } = setup()
    const first = await signIn()
    clock.advance(60)
    const second = await signIn()
    expect((await post('/auth/logout-all', { keep_current: 'yes' }, second)).body).toMatchObject({
      message: 'keep_current must be true or false.',
      error: { code: 'invalid_input', field: 'keep_current' },
    })
    // A chunked request without a content type is not a request without a body.
    const headers = { authorization: `Bearer ${second}`, 'transfer-encoding': 'chunked' }
    const unnamed = new Request('http://localhost/auth/logout-all', { method: 'POST', headers })
    expect((await handler(unnamed)).status).toBe(415)
    expect((await post('/auth/logout-all', { keep_current: true }, second)).body.data).toEqual({ sessions_ended: 1 })
    expect((await call('GET', '/auth/profile', undefined, second)).status).toBe(200)
    expect((await call('GET', '/auth/profile', undefined, first)).status).toBe(401)
  })

  it('log out with any body, because some clients send a content type without a body', async () => {
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
})
