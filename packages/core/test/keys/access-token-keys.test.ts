import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { InvalidOptionsError, isPhoneAuthError, PhoneAuth, type Tokens } from '../../src/index.ts'
import { type AccessTokenJwk, type AccessTokenKeySet, announceKey, generateKeySet, promoteKey } from '../../src/keys.ts'
import { keySetOf } from '../session/forgeries.ts'
import { noLimits, PHONE, rejection, setup } from '../setup.ts'

const ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

const first = ({ keys }: AccessTokenKeySet) => keys[0] as AccessTokenJwk
const kids = ({ keys }: { keys: readonly { kid: string }[] }) => keys.map(({ kid }) => kid)
const isPrivate = (key: object) => PRIVATE_MEMBERS.some((member) => member in key)
const publicOnly = (key: AccessTokenJwk) =>
  Object.fromEntries(Object.entries(key).filter(([name]) => !PRIVATE_MEMBERS.includes(name))) as typeof key

/** The reasons that the constructor gives for these keys; empty if they are valid. */
function reasons(keys: unknown): readonly string[] {
  try {
    setup({ accessToken: { keys: keys as AccessTokenKeySet } })
    return []
  } catch (error) {
    if (!isPhoneAuthError(error) || error.code !== 'invalid_options') throw error
    return error.reasons
  }
}

describe('generateKeySet', () => {
  for (const algorithm of ALGORITHMS) {
    it(`TOK-5 generates one private ${algorithm} key, named by its thumbprint, that survives JSON`, async () => {
      const set = await keySetOf(algorithm)
      expect(set.keys).toHaveLength(1)
      const { kid, kty, crv, x, y, n, e, ...rest } = first(set)
      // RFC 7638 section 3: the required members, in lexicographic order.
      const required = JSON.stringify({ crv, e, kty, n, x, y })
      expect(kid).toBe(createHash('sha256').update(required).digest('base64url'))
      expect(rest).toMatchObject({ alg: algorithm, use: 'sig', d: expect.any(String) })
      expect(JSON.parse(JSON.stringify(set))).toEqual(set)
      expect(reasons(JSON.parse(JSON.stringify(set)))).toEqual([])
      expect(kids(await keySetOf(algorithm, 'attacker'))).not.toEqual([kid])
    })
  }

  it('TOK-5 generates RSA keys that suffice beyond 2030, and refuses unknown algorithms', async () => {
    expect(Buffer.from(first(await keySetOf('RS256')).n ?? '', 'base64url')).toHaveLength(384)
    for (const algorithm of ['HS256', 'none', 'RS512', '__proto__', 'constructor', undefined]) {
      expect((await rejection(generateKeySet(algorithm as never))).code).toBe('invalid_input')
    }
  })
})

describe('the rotation of keys', () => {
  it('TOK-5 announces a key at the end, promotes it to the front, and keeps only the public part of the former key', async () => {
    const set = await keySetOf('ES256')
    const announced = await announceKey(set)
    expect(announced.keys).toEqual([first(set), expect.objectContaining({ alg: 'ES256', d: expect.any(String) })])
    const promoted = promoteKey(announced)
    expect(promoted.keys).toEqual([announced.keys[1], publicOnly(first(set))])
    expect(promoted.keys.map(isPrivate)).toEqual([true, false])
    const twice = await announceKey(await announceKey(promoted))
    const again = promoteKey(twice)
    expect(kids(again)[0]).toBe(kids(twice).at(-1))
    expect(again.keys.map(isPrivate)).toEqual([true, false, false, true])
    expect(kids(again).slice(1, 3)).toEqual(kids(promoted))
    expect(reasons(JSON.parse(JSON.stringify(again)))).toEqual([])
    expect(set.keys).toHaveLength(1)
  })

  it('TOK-5 refuses to promote a key that was not announced, and refuses invalid sets', async () => {
    const set = await keySetOf('ES256')
    expect(() => promoteKey(set)).toThrow('set must be a key set to which announceKey has added a key.')
    expect(() => promoteKey(promoteKey({ keys: [first(set), first(set)] }))).toThrow(InvalidOptionsError)
    const { keys } = promoteKey(await announceKey(set))
    expect(() => promoteKey({ keys })).toThrow('announceKey')
    expect((await rejection(announceKey({ keys: [] }))).code).toBe('invalid_options')
    expect((await rejection(announceKey({ keys: [publicOnly(first(set))] }))).code).toBe('invalid_options')
  })

  /**
   * Deploys each set to servers on the same stores, one server after the other. Meanwhile clients
   * refresh their tokens, and every server checks them.
   */
  async function rotate(sets: readonly AccessTokenKeySet[]) {
    const world = setup({ limits: noLimits, accessToken: { keys: sets[0] as AccessTokenKeySet } })
    const serverWith = (keys: AccessTokenKeySet) => new PhoneAuth({ ...world.options, accessToken: { keys } })
    const servers = [world.auth, serverWith(sets[0] as AccessTokenKeySet), serverWith(sets[0] as AccessTokenKeySet)]
    const refused: unknown[] = []
    const signers = new Set<string | undefined>()
    let checks = 0
    let enough = { at: 0, reached: (): void => undefined }
    let isOver = false
    const check = async (server: PhoneAuth, token: string) => {
      await server.authenticate({ accessToken: token }).catch((error) => refused.push(error.code))
      checks += 1
      if (checks === enough.at) enough.reached()
    }
    const client = async (index: number) => {
      let tokens: Tokens = await world.signIn(`+1415555012${index}`)
      const seen = [tokens.accessToken]
      for (let turn = index; !isOver; turn += 1) {
        tokens = await (servers[turn % servers.length] as PhoneAuth).refresh({ refreshToken: tokens.refreshToken })
        seen.push(tokens.accessToken)
        signers.add(decodeProtectedHeader(tokens.accessToken).kid)
        const old = seen[turn % seen.length] as string
        await Promise.all(servers.flatMap((server) => [check(server, tokens.accessToken), check(server, old)]))
      }
    }
    const clients = Promise.all([0, 1, 2, 3].map(client))
    const someMore = () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      enough = { at: checks + 60, reached: resolve }
      return Promise.race([clients, promise])
    }
    await someMore()
    for (const set of sets.slice(1)) {
      for (const index of servers.keys()) {
        servers[index] = serverWith(set)
        await someMore()
      }
    }
    isOver = true
    await clients
    return { refused, checks, signers: [...signers] }
  }

  for (const algorithm of ALGORITHMS) {
    it(`TOK-5 refuses no client while ${algorithm} keys are deployed to one server after the other`, async () => {
      const initial = await keySetOf(algorithm)
      const announced = { keys: [first(initial), first(await keySetOf(algorithm, 'attacker'))] }
      const { refused, checks, signers } = await rotate([initial, announced, promoteKey(announced)])
      expect(refused).toEqual([])
      expect(checks).toBeGreaterThan(400)
      expect(signers).toEqual(kids(announced))
    })
  }

  it('TOK-5 refuses tokens if a key is promoted without being announced to all servers first', async () => {
    const initial = await keySetOf('ES256')
    const { refused } = await rotate([initial, promoteKey(await announceKey(initial))])
    expect(refused).toContain('invalid_access_token')
  })

  it('TOK-5 allows removing a former key when its last token has expired, tolerance included, and not before', async () => {
    const initial = await keySetOf('EdDSA')
    const keys = promoteKey(await announceKey(initial))
    const world = setup({ accessToken: { keys: initial } })
    const { accessToken } = await world.signIn()
    const kept = new PhoneAuth({ ...world.options, accessToken: { keys } })
    const dropped = new PhoneAuth({ ...world.options, accessToken: { keys: { keys: [first(keys)] } } })
    world.clock.advance(1804)
    expect((await kept.authenticate({ accessToken })).userId).toBe(1)
    expect((await rejection(dropped.authenticate({ accessToken }))).code).toBe('invalid_access_token')
    world.clock.advance(1)
    expect((await rejection(kept.authenticate({ accessToken }))).code).toBe('access_token_expired')
  })

  it('TOK-1 refuses old access tokens after a change from the secret to keys and back, and keeps the sessions', async () => {
    const world = setup()
    const withKeys = new PhoneAuth({ ...world.options, accessToken: { keys: await keySetOf('ES256') } })
    const before = await world.signIn()
    expect((await rejection(withKeys.authenticate({ accessToken: before.accessToken }))).code).toBe(
      'invalid_access_token',
    )
    const after = await withKeys.refresh({ refreshToken: before.refreshToken })
    expect(after.sessionId).toBe(before.sessionId)
    expect((await withKeys.authenticate({ accessToken: after.accessToken })).sessionId).toBe(before.sessionId)
    expect((await rejection(world.auth.authenticate({ accessToken: after.accessToken }))).code).toBe(
      'invalid_access_token',
    )
    const back = await world.auth.refresh({ refreshToken: after.refreshToken })
    expect((await world.auth.authenticate({ accessToken: back.accessToken })).sessionId).toBe(before.sessionId)
  })
})

describe('PhoneAuth.jwks', () => {
  for (const algorithm of ALGORITHMS) {
    it(`TOK-5 contains all that another server needs to verify ${algorithm} tokens, and no private part`, async () => {
      const initial = await keySetOf(algorithm)
      const announced = { keys: [first(initial), { ...first(await keySetOf(algorithm, 'attacker')), x5c: [], k: 'x' }] }
      const { auth, signIn, clock } = setup({ accessToken: { keys: announced } })
      const jwks = await auth.jwks()
      expect(kids(jwks)).toEqual(kids(announced))
      for (const key of jwks.keys) {
        const material = { ES256: ['crv', 'x', 'y'], EdDSA: ['crv', 'x'], RS256: ['n', 'e'] }[algorithm]
        expect(Object.keys(key).toSorted()).toEqual(['alg', 'kid', 'kty', 'use', ...material].toSorted())
        expect([key.alg, key.use]).toEqual([algorithm, 'sig'])
      }
      const text = JSON.stringify(jwks)
      for (const member of PRIVATE_MEMBERS) expect(text).not.toContain(`"${member}":`)
      for (const key of announced.keys as AccessTokenJwk[]) expect(text).not.toContain(key.d)
      const { accessToken, sessionId } = await signIn()
      const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(jwks as never), {
        typ: 'at+jwt',
        issuer: 'phone-auth',
        audience: 'phone-auth',
        currentDate: clock.now(),
      })
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: first(initial).kid })
      expect(payload).toMatchObject({ sid: sessionId, uid: 1, amr: ['sms'] })
    })
  }

  it('TOK-5 is empty if the secret signs the tokens', async () => {
    expect(await setup().auth.jwks()).toEqual({ keys: [] })
  })

  it('TOK-5 returns a separate copy to each caller', async () => {
    const { auth } = setup({ accessToken: { keys: await keySetOf('ES256') } })
    const before = JSON.stringify(await auth.jwks())
    const jwks = await auth.jwks()
    Object.assign(jwks.keys[0] as object, { x: 'changed' })
    jwks.keys.pop()
    expect(JSON.stringify(await auth.jwks())).toBe(before)
  })
})

describe('accessToken.keys', () => {
  it('TOK-5 is refused with one reason for each problem, which names the index of the key and no key material', async () => {
    const [es256, eddsa, rs256] = await Promise.all(ALGORITHMS.map(async (name) => first(await keySetOf(name))))
    const ec = es256 as AccessTokenJwk
    const okp = eddsa as AccessTokenJwk
    const rsa = rs256 as AccessTokenJwk
    const other = first(await keySetOf('ES256', 'attacker'))
    const without = (key: AccessTokenJwk, ...names: string[]) =>
      Object.fromEntries(Object.entries(key).filter(([name]) => !names.includes(name)))
    const bits = (count: number) => {
      const modulus = Buffer.alloc(Math.ceil(count / 8), 255)
      if (count % 8 > 0) modulus[0] = 2 ** (count % 8) - 1
      return modulus.toString('base64url')
    }
    const set = 'accessToken.keys must be a JWK set'
    const notAKey = 'accessToken.keys[0] must be a JSON Web Key'
    const table: readonly (readonly [name: string, keys: unknown, reason: string])[] = [
      ['null', null, set],
      ['a text', JSON.stringify({ keys: [ec] }), set],
      ['a key by itself', ec, set],
      ['a list', [ec], set],
      ['an empty set', { keys: [] }, set],
      ['no list of keys', { keys: { 0: ec } }, set],
      ['null as a key', { keys: [null] }, notAKey],
      ['a PEM as a key', { keys: ['-----BEGIN PRIVATE KEY-----'] }, notAKey],
      ['an object as a key', { keys: [{}] }, notAKey],
      ['kty that is no text', { keys: [{ ...ec, kty: 5 }] }, notAKey],
      [
        'a symmetric key',
        { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'a', alg: 'HS256' }] },
        '[0] must not be symmetric',
      ],
      ['a symmetric key said to be ES256', { keys: [ec, { ...other, kty: 'oct' }] }, '[1] must not be symmetric'],
      ['no alg', { keys: [without(ec, 'alg')] }, '[0] must have the alg'],
      ['alg none', { keys: [{ ...ec, alg: 'none' }] }, '[0] must have the alg'],
      ['alg HS256', { keys: [{ ...ec, alg: 'HS256' }] }, '[0] must have the alg'],
      ['alg of a prototype', { keys: [{ ...ec, alg: 'constructor' }] }, '[0] must have the alg'],
      ['alg in a list', { keys: [{ ...ec, alg: ['ES256'] }] }, '[0] must have the alg'],
      ['another alg', { keys: [{ ...rsa, alg: 'PS256' }] }, '[0] must have the alg'],
      ['mixed algs', { keys: [ec, okp] }, '[1] must have the same alg as the first key'],
      ['a kty of another alg', { keys: [{ ...ec, alg: 'RS256' }] }, '[0] must have the kty "RSA", as'],
      [
        'a crv of another alg',
        { keys: [{ ...okp, crv: 'X25519' }] },
        '[0] must have the kty "OKP" and the crv "Ed25519"',
      ],
      ['another curve', { keys: [{ ...ec, crv: 'P-384' }] }, '[0] must have the kty "EC" and the crv "P-256"'],
      ['no kid', { keys: [without(ec, 'kid')] }, '[0] must have a kid'],
      ['an empty kid', { keys: [{ ...ec, kid: '' }] }, '[0] must have a kid'],
      ['a kid that is no text', { keys: [{ ...ec, kid: 5 }] }, '[0] must have a kid'],
      ['a kid that UTF-8 cannot spell', { keys: [{ ...ec, kid: '\ud800' }] }, '[0] must have a kid'],
      ['an endless kid', { keys: [{ ...ec, kid: 'a'.repeat(129) }] }, '[0] must have a kid'],
      ['a repeated kid', { keys: [ec, { ...other, kid: ec.kid }] }, '[1] must not repeat the kid'],
      ['a first key that is public', { keys: [publicOnly(ec), other] }, '[0] must have its private part'],
      ['another use', { keys: [{ ...ec, use: 'enc' }] }, '[0] must be for signatures'],
      ['another operation', { keys: [{ ...ec, key_ops: ['deriveBits'] }] }, '[0] must be for signatures'],
      ['one operation too many', { keys: [{ ...ec, key_ops: ['sign', 'decrypt'] }] }, '[0] must be for signatures'],
      ['a signing key that must not sign', { keys: [{ ...ec, key_ops: ['verify'] }] }, '[0] must be for signatures'],
      ['operations that are no list', { keys: [{ ...ec, key_ops: 'sign' }] }, '[0] must be for signatures'],
      [
        'a public key that must not verify',
        { keys: [ec, { ...publicOnly(other), key_ops: ['sign'] }] },
        '[1] must be for signatures',
      ],
      ['no x', { keys: [without(ec, 'x')] }, '[0] must have its x, 32 bytes'],
      ['a short y', { keys: [{ ...ec, y: bits(248) }] }, '[0] must have its y, 32 bytes'],
      ['a long d', { keys: [{ ...ec, d: bits(264) }] }, '[0] must have its d, 32 bytes'],
      [
        'a d that is no base64url',
        { keys: [{ ...okp, d: `${okp.d?.slice(0, -1)}=` }] },
        '[0] must have its d, 32 bytes',
      ],
      ['a d that is null', { keys: [{ ...okp, d: null }] }, '[0] must have its d, 32 bytes'],
      ['no n', { keys: [without(rsa, 'n')] }, '[0] must have its n'],
      ['no qi', { keys: [without(rsa, 'qi')] }, '[0] must have its qi'],
      ['an RSA key with all but d', { keys: [without(rsa, 'd')] }, '[0] must have its d'],
      ['a modulus of 2047 bits', { keys: [{ ...rsa, n: bits(2047) }] }, '[0] must have a modulus of 2048 bits'],
      [
        'a modulus of 1024 bits',
        { keys: [rsa, { ...publicOnly(rsa), kid: 'a', n: bits(1024) }] },
        '[1] must have a modulus',
      ],
      [
        'a modulus that zeros make long',
        { keys: [{ ...rsa, n: Buffer.concat([Buffer.alloc(256), Buffer.alloc(128, 255)]).toString('base64url') }] },
        '[0] must have a modulus',
      ],
      ['an exponent of 1', { keys: [{ ...rsa, e: 'AQ' }] }, '[0] must have an odd exponent'],
      ['an exponent of 3', { keys: [{ ...rsa, e: 'Aw' }] }, '[0] must have an odd exponent'],
      ['an even exponent', { keys: [{ ...rsa, e: 'AQAC' }] }, '[0] must have an odd exponent'],
    ]
    const secrets = [ec, okp, rsa, other]
      .flatMap((key) => [key.d, key.p, key.x, key.n])
      .filter((part) => part !== undefined)
    for (const [name, keys, reason] of table) {
      const found = reasons(keys)
      expect(found, name).toEqual([expect.stringContaining(reason)])
      expect(found[0], name).toMatch(/^accessToken\.keys(\[\d\])? .+\.$/)
      for (const secret of secrets) expect(found.join(), name).not.toContain(secret)
    }
    expect(reasons({ keys: [{ ...rsa, n: bits(2048) }] })).toEqual([])
    expect(
      reasons({
        keys: [
          { ...ec, use: 'sig', key_ops: ['sign'] },
          { ...publicOnly(other), key_ops: ['verify'] },
        ],
      }),
    ).toEqual([])
    expect(reasons({ keys: [publicOnly(okp), without(ec, 'kid'), null] })).toHaveLength(4)
  })

  it('TOK-5 makes the first call fail if a key is damaged, before any message, and never rejects unhandled', async () => {
    const unhandled: unknown[] = []
    const record = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', record)
    const [ec, otherEc] = [first(await keySetOf('ES256')), first(await keySetOf('ES256', 'attacker'))]
    const [okp, otherOkp] = [first(await keySetOf('EdDSA')), first(await keySetOf('EdDSA', 'attacker'))]
    const [rsa, otherRsa] = [first(await keySetOf('RS256')), first(await keySetOf('RS256', 'attacker'))]
    const damaged: Record<string, AccessTokenKeySet> = {
      'a point off the curve': { keys: [{ ...ec, y: otherEc.y as string }] },
      "another key's private part": { keys: [{ ...ec, d: otherEc.d as string }] },
      "another Ed25519 key's private part": { keys: [{ ...okp, d: otherOkp.d as string }] },
      "another RSA key's modulus": { keys: [{ ...rsa, n: otherRsa.n as string }] },
    }
    for (const [name, keys] of Object.entries(damaged)) {
      const { auth, messages } = setup({ accessToken: { keys } })
      await new Promise((resolve) => setImmediate(resolve))
      for (const call of [
        auth.start({ phoneNumber: PHONE }),
        auth.ping(),
        auth.jwks(),
        auth.authenticate({ accessToken: 'a.b.c' }),
      ]) {
        const error = await rejection(call)
        expect([error.code, error.reasons], name).toEqual([
          'invalid_options',
          [
            expect.stringMatching(
              /^accessToken\.keys\[0\] is damaged, or this runtime does not support \w+\. Generate another key\.$/,
            ),
          ],
        ])
      }
      expect(messages).toEqual([])
    }
    const second = setup({ accessToken: { keys: { keys: [ec, { ...otherEc, y: ec.y as string }] } } })
    expect((await rejection(second.auth.ping())).message).toContain('accessToken.keys[1] is damaged')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', record)
    expect(unhandled).toEqual([])
  })

  it('TOK-5 is refused if the private part belongs to another key, even if the runtime does not detect it', async () => {
    const keys = await keySetOf('EdDSA')
    const sign = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async () => new ArrayBuffer(64))
    const { auth } = setup({ accessToken: { keys } })
    expect((await rejection(auth.ping())).code).toBe('invalid_options')
    sign.mockRestore()
  })

  it('TOK-5 is copied when it is checked: later changes of the object have no effect', async () => {
    const key = { ...first(await keySetOf('ES256')) }
    const { auth, signIn } = setup({ accessToken: { keys: { keys: [key] } } })
    Object.assign(key, { alg: 'none', d: undefined })
    expect((await auth.authenticate({ accessToken: (await signIn()).accessToken })).userId).toBe(1)
  })
})
