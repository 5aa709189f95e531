import { type AccessTokenKeySet, announceKey } from '@phone-auth/core/keys'
import { describe, expect, it } from 'vitest'
import { forgeriesOf, keySetOf, SIGNED_BY, signingBy } from '../../../core/test/session/forgeries.ts'
import { PHONE, setup } from '../setup.ts'

const PATH = '/auth/.well-known/jwks.json'

describe('the key set endpoint', () => {
  it('TOK-5 returns the public keys, cacheable for five minutes, and nothing private', async () => {
    const keys = await announceKey(await keySetOf('ES256'))
    const { auth, call } = setup({ accessToken: { keys } })
    const { status, headers, body } = await call('GET', PATH)
    expect([status, body]).toEqual([200, await auth.jwks()])
    expect(body.keys.map((key: object) => Object.keys(key).toSorted().join())).toEqual(
      Array(2).fill('alg,crv,kid,kty,use,x,y'),
    )
    expect(headers.get('content-type')).toBe('application/jwk-set+json')
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('TOK-5 is 404 when tokens are signed with the secret, and for other paths', async () => {
    const none = setup()
    const some = setup(await signingBy('EdDSA'))
    const answers = [
      await none.call('GET', PATH),
      await some.call('GET', '/auth/xwell-known/jwks.json'),
      await some.call('GET', '/auth/.well-known/jwksxjson'),
      await some.call('GET', '/.well-known/jwks.json'),
    ]
    for (const { status, headers, body } of answers) {
      expect([status, body.error.code, headers.get('cache-control')]).toEqual([404, 'not_found', 'no-store'])
    }
    expect((await some.call('POST', PATH, {})).headers.get('allow')).toBe('GET, HEAD')
    expect(answers[0]?.body).toEqual((await none.call('GET', '/auth/nowhere')).body)
  })

  it('HTTP-2 reports damaged keys to the operator and not to clients', async () => {
    const [mine, theirs] = [await keySetOf('ES256'), await keySetOf('ES256', 'attacker')]
    const keys = { keys: [{ ...mine.keys[0], y: theirs.keys[0]?.y }] } as AccessTokenKeySet
    const { call, post, unexpected } = setup({ accessToken: { keys } })
    expect((await call('GET', '/api/health')).status).toBe(503)
    for (const answer of [await post('/auth/signup', { phone_number: PHONE }), await call('GET', PATH)]) {
      expect([answer.status, answer.body.error]).toEqual([500, { code: 'internal_error' }])
      expect(JSON.stringify(answer.body)).not.toContain('accessToken')
    }
    expect(unexpected.map((error) => (error as Error).message)).toEqual(
      Array(2).fill(expect.stringContaining('accessToken.keys[0] is damaged')),
    )
  })

  for (const algorithm of SIGNED_BY) {
    it(`TOK-1 HTTP-2 answers forged ${algorithm} tokens with 401 and no unexpected error`, async () => {
      const { call, signIn, unexpected } = setup(await signingBy(algorithm))
      const [token, other] = [await signIn(), await signIn('+14155550102')]
      expect((await call('GET', '/auth/profile', undefined, token)).status).toBe(200)
      const forgeries = await forgeriesOf(algorithm, token, other, 'http://127.0.0.1:9/keys')
      for (const [name, forgery] of Object.entries(forgeries)) {
        const { status, body } = await call('GET', '/auth/profile', undefined, forgery)
        expect([status, body.error.code], name).toEqual([401, 'invalid_access_token'])
      }
      expect(unexpected).toEqual([])
    })
  }
})
