import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestHead } from '../src/index.ts'
import { PHONE, setup } from './setup.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const PATHS = [
  ...'signup login verify-otp verify-login resend refresh logout profile complete-profile'.split(' '),
  ...'sessions sessions/x logout-all step-up verify-step-up change-phone verify-change-phone account'.split(' '),
]

describe('the HTTP surface', () => {
  it('HTTP-1 reads only application/json', async () => {
    const { handler, messages } = setup()
    const body = JSON.stringify({ phone_number: PHONE })
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/json',
      'application/jsonp',
      '',
    ]
    for (const type of types) {
      const response = await handler(
        new Request('http://localhost/auth/signup', { method: 'POST', body, headers: { 'Content-Type': type } }),
      )
      expect(response.status, type).toBe(415)
    }
    expect(messages).toEqual([])
    const charset = { 'Content-Type': 'Application/JSON; charset=utf-8' }
    const accepted = await handler(
      new Request('http://localhost/auth/signup', { method: 'POST', body, headers: charset }),
    )
    expect(accepted.status).toBe(200)
  })

  it('HTTP-1 reads at most 8 kB, for any declared length', async () => {
    const { handler } = setup()
    const statusOf = async (bytes: number, declared: string | null) => {
      const body = `{"phone_number":"${'1'.repeat(bytes - 19)}"}`
      const headers = { ...JSON_TYPE, ...(declared !== null && { 'Content-Length': declared }) }
      const stream = new Response(body).body
      const init = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit
      return (await handler(new Request('http://localhost/auth/signup', init))).status
    }
    for (const declared of [null, '5', '0', '-1', 'many', '']) {
      expect(await statusOf(8192, declared)).toBe(400)
      expect(await statusOf(8193, declared)).toBe(413)
      expect(await statusOf(1_000_000, declared)).toBe(413)
    }
  })

  it('HTTP-1 refuses a key with two values, unknown keys and invalid JSON', async () => {
    const { handler, messages } = setup()
    const bodies = [
      `{"phone_number":"${PHONE}","phone_number":"+14155550102"}`,
      `{"phone_number":"+14155550102","phone_\\u006eumber":"${PHONE}"}`,
      `{"phone_number":"${PHONE}","Phone_Number":"x"}`,
      `{"phone_number":"${PHONE}","__proto__":{"phone_number":"x"}}`,
      `{"phone_number":"${PHONE}","constructor":{}}`,
      `{"__proto__":{"phone_number":"${PHONE}"}}`,
      `{"phone_number":["${PHONE}"]}`,
      `{'phone_number':'${PHONE}'}`,
      `{"phone_number":"${PHONE}",}`,
      `// comment\n{"phone_number":"${PHONE}"}`,
      `phone_number=${PHONE}`,
      `"${PHONE}"`,
      '',
      '{',
      'null',
      '['.repeat(8000),
      '{"a":'.repeat(1500),
    ]
    for (const body of bodies) {
      const response = await handler(
        new Request('http://localhost/auth/signup', { method: 'POST', body, headers: JSON_TYPE }),
      )
      expect(response.status, body.slice(0, 60)).toBe(400)
    }
    expect(messages).toEqual([])
  })

  it('HTTP-1 ignores query parameters', async () => {
    const { handler, messages } = setup()
    const body = JSON.stringify({ phone_number: PHONE })
    const url = 'http://localhost/auth/signup?phone_number=%2B14155550102&phone_number=x'
    expect((await handler(new Request(url, { method: 'POST', body, headers: JSON_TYPE }))).status).toBe(200)
    expect(messages.map(({ to }) => to)).toEqual([PHONE])
  })

  it('HTTP-1 sends headers against caching and sniffing, and none that allow other origins', async () => {
    const { handler } = setup()
    for (const [method, path] of [
      ['GET', '/api/health'],
      ['GET', '/auth/profile'],
      ['POST', '/auth/signup'],
      ['GET', '/nowhere'],
      ['OPTIONS', '/auth/signup'],
    ] as const) {
      const { headers } = await handler(
        new Request(`http://localhost${path}`, {
          method,
          headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
        }),
      )
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('HTTP-1 never sends, verifies or changes anything on GET', async () => {
    const { call, messages, signIn, stores } = setup()
    const token = await signIn()
    const before = [messages.length, await stores.userStore.findById(1), await stores.sessionStore.list(1)]
    for (const path of PATHS) {
      await call('GET', `/auth/${path}?phone_number=%2B14155550101&otp_code=123456`, undefined, token)
    }
    expect([messages.length, await stores.userStore.findById(1), await stores.sessionStore.list(1)]).toEqual(before)
  })

  it('HTTP-2 reports a clientIp that throws as an unexpected error', async () => {
    const { call, unexpected } = setup(
      {},
      {
        clientIp: () => {
          throw new Error('no header')
        },
      },
    )
    const { status, headers } = await call('GET', '/api/health')
    expect([status, headers.get('cache-control')]).toEqual([500, 'no-store'])
    expect(unexpected).toHaveLength(1)
  })

  it('uses the client address that clientIp returns', async () => {
    const clientIp = (request: RequestHead) => request.headers.get('fly-client-ip') ?? undefined
    const { handler, chargedKeys } = setup({}, { clientIp })
    const headers = { ...JSON_TYPE, 'Fly-Client-IP': '198.51.100.9', 'X-Forwarded-For': '1.1.1.1' }
    const body = JSON.stringify({ phone_number: PHONE })
    await handler(new Request('http://localhost/auth/signup', { method: 'POST', body, headers }), { ip: '127.0.0.1' })
    expect(chargedKeys).toContain('198.51.100.0/24|198.51.100.9')
    expect(chargedKeys.join()).not.toMatch(/1\.1\.1\.1|127\.0\.0/)
  })

  it('HTTP-2 answers 10 000 hostile requests without a 500 or an unexpected error', async () => {
    const { handler, signIn, unexpected } = setup()
    const token = await signIn()
    const paths = [...PATHS, '%00', '..%2f', '']
    const field = fc.constantFrom(
      'phone_number',
      'otp_code',
      'challenge_id',
      'refresh_token',
      'name',
      'email',
      'birth_date',
      'bio',
      '__proto__',
      'constructor',
    )
    const value = fc.oneof(
      fc.constantFrom(
        PHONE,
        '123456',
        'phr_AAAA',
        '\0',
        '\ud800',
        '',
        '+',
        '__proto__',
        '../../etc/passwd',
        "' or 1=1 --",
        token,
      ),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.jsonValue({ maxDepth: 3 }),
    )
    const text = fc.oneof(
      { weight: 5, arbitrary: fc.dictionary(field, value, { maxKeys: 5 }).map((body) => JSON.stringify(body)) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
      { weight: 1, arbitrary: fc.json({ maxDepth: 5 }) },
    )
    const authorization = fc.constantFrom(
      '',
      `Bearer ${token}`,
      'Bearer x.y.z',
      `Bearer ${token}x`,
      'Basic eA==',
      'Bearer',
    )
    const type = fc.constantFrom(
      'application/json',
      'application/json',
      'application/json',
      'text/plain',
      'x/y; charset=zz',
    )
    const requests = fc.record({
      method: fc.constantFrom('POST', 'POST', 'POST', 'PATCH', 'PUT', 'DELETE'),
      path: fc.constantFrom(...paths),
      body: text,
      authorization,
      type,
    })
    await fc.assert(
      fc.asyncProperty(requests, async ({ method, path, body, authorization: credentials, type: contentType }) => {
        const headers = { 'Content-Type': contentType, Authorization: credentials }
        const response = await handler(new Request(`http://localhost/auth/${path}`, { method, body, headers }))
        const answer = (await response.json()) as { success?: boolean; error?: { code?: string } }
        expect(response.status).toBeLessThan(500)
        if (response.status >= 400) expect([answer.success, typeof answer.error?.code]).toEqual([false, 'string'])
      }),
      { seed: 4, numRuns: 10_000 },
    )
    expect(unexpected).toEqual([])
  })
})
