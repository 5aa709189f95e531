import { createServer } from 'node:http'
import { base64url } from 'jose'
import { describe, expect, it } from 'vitest'
import { InvalidAccessTokenError, type PhoneAuth } from '../../src/index.ts'
import { deriveKeyRing } from '../../src/keys/secret-keys.ts'
import { issueRefreshToken, verifyRefreshToken } from '../../src/token/refresh-token.ts'
import { codeOf, noLimits, randomFrom, rejection, SECRET, START, setup, told } from '../setup.ts'
import { decode, encode, forgeriesOf, SIGNED_BY, signerOf, signingBy } from './forgeries.ts'

// The order of P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3): if s verifies, n - s verifies too.
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same ES256 token with its second valid signature, which is computed without the key. */
function malleated(token: string): string {
  const [header, payload, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  return `${header}.${payload}.${base64url.encode(other)}`
}

describe('access tokens', () => {
  it('TOK-2 are of type at+jwt and carry every claim of RFC 9068', async () => {
    const { signIn } = setup()
    const { accessToken, sessionId } = await signIn()
    const [header, payload] = accessToken.split('.').slice(0, 2).map(decode)
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: 'phone-auth',
      aud: 'phone-auth',
      client_id: 'phone-auth',
      sub: '1',
      uid: 1,
      sid: sessionId,
      gen: 0,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      iat: 1767225600,
      auth_time: 1767225600,
      exp: 1767227400,
      amr: ['sms'],
    })
  })

  for (const algorithm of SIGNED_BY) {
    it(`TOK-1 TOK-2 refuses every forgery of an ${algorithm} token, and opens no connection`, async () => {
      let connections = 0
      const listener = createServer()
      listener.on('connection', (socket) => {
        connections += 1
        socket.destroy()
      })
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
      const { port } = listener.address() as { port: number }
      const { auth, signIn } = setup(await signingBy(algorithm))
      const { accessToken } = await signIn()
      const url = `http://127.0.0.1:${port}/keys`
      const forgeries = await forgeriesOf(algorithm, accessToken, (await signIn()).accessToken, url)
      for (const [name, forgery] of Object.entries(forgeries)) {
        const error = await rejection(auth.authenticate({ accessToken: forgery, checkSession: false }))
        expect(error, name).toBeInstanceOf(InvalidAccessTokenError)
      }
      expect(await codeOf(auth.authenticate({ accessToken: undefined as never }))).toBe('invalid_access_token')
      expect(await codeOf(auth.authenticate({ accessToken: {} as never }))).toBe('invalid_access_token')
      expect(connections).toBe(0)
      await new Promise((resolve) => listener.close(resolve))
    })

    it(`TOK-2 refuses ${algorithm} tokens of another type, issuer or audience, and those that lack a required claim`, async () => {
      const options = await signingBy(algorithm)
      const { auth, signIn } = setup(options)
      const { accessToken, refreshToken } = await signIn()
      const [header, claims] = accessToken.split('.').slice(0, 2).map(decode)
      const sign = await signerOf(algorithm)
      const signed = (head: object, body: object) => sign(encode(head), encode(body))
      expect(header).toEqual({ alg: algorithm, typ: 'at+jwt', kid: expect.any(String) })
      expect((await auth.authenticate({ accessToken: await signed(header, claims) })).userId).toBe(1)
      for (const typ of ['JWT', 'rt+jwt', 'id+jwt', 'at', '', 5, null, undefined]) {
        const token = await signed({ ...header, typ }, claims)
        expect(await codeOf(auth.authenticate({ accessToken: token })), String(typ)).toBe('invalid_access_token')
      }
      const changes = [
        { iss: 'other' },
        { aud: 'other' },
        { aud: ['other'] },
        { sub: '2' },
        { uid: 2 },
        { uid: { $ne: 0 } },
        { sid: 5 },
        { exp: String(claims.exp) },
        { auth_time: '0' },
        { gen: '0' },
        { gen: 0.5 },
        { nbf: claims.exp },
      ]
      for (const change of changes) {
        const token = await signed(header, { ...claims, ...change })
        expect(await codeOf(auth.authenticate({ accessToken: token })), JSON.stringify(change)).toBe(
          'invalid_access_token',
        )
      }
      for (const claim of ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'sid', 'gen', 'client_id', 'auth_time', 'uid']) {
        const token = await signed(header, { ...claims, [claim]: undefined })
        expect(await codeOf(auth.authenticate({ accessToken: token })), claim).toBe('invalid_access_token')
      }
      expect(await codeOf(auth.authenticate({ accessToken: refreshToken }))).toBe('invalid_access_token')
      expect(await codeOf(auth.refresh({ refreshToken: accessToken }))).toBe('invalid_refresh_token')
      const names = { issuer: 'tenant-b', audience: 'tenant-b' }
      const tenant = setup({ accessToken: { ...options.accessToken, ...names } })
      expect(await codeOf(tenant.auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    })
  }

  it('TOK-1 TOK-4 are refused after logout also with the second valid signature of ES256', async () => {
    const { auth, signIn } = setup(await signingBy('ES256'))
    const { accessToken } = await signIn()
    const twin = malleated(accessToken)
    expect(twin).not.toBe(accessToken)
    expect((await auth.authenticate({ accessToken: twin })).userId).toBe(1)
    await auth.logout({ accessToken })
    for (const token of [twin, accessToken]) {
      expect(await codeOf(auth.authenticate({ accessToken: token }))).toBe('invalid_access_token')
      expect(await codeOf(auth.getProfile({ accessToken: token }))).toBe('invalid_access_token')
      expect(await codeOf(auth.logout({ accessToken: token }))).toBe('invalid_access_token')
    }
  })

  it('TOK-3 are valid for 30 minutes, with 5 seconds of tolerance', async () => {
    const { auth, signIn, clock } = setup()
    const { accessToken } = await signIn()
    clock.advance(1804)
    const { expiresAt, authenticatedAt } = await auth.authenticate({ accessToken })
    expect([expiresAt, authenticatedAt]).toEqual([new Date(START.getTime() + 1_800_000), START])
    clock.advance(1)
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('access_token_expired')
    expect(await codeOf(auth.logout({ accessToken }))).toBe('access_token_expired')
  })

  it('TOK-3 are never valid longer than their session', async () => {
    const { signIn } = setup({ session: { absolute: '10m', idle: '10m' } })
    expect((await signIn()).expiresInSeconds).toBe(600)
  })

  it('TOK-4 are refused at once after logout, but accepted until they expire without the session check', async () => {
    const { auth, signIn } = setup()
    const { accessToken, refreshToken } = await signIn()
    const other = await signIn()
    await auth.logout({ accessToken })
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    expect(await codeOf(auth.logout({ accessToken }))).toBe('invalid_access_token')
    expect((await auth.authenticate({ accessToken, checkSession: false })).userId).toBe(1)
    expect((await auth.authenticate({ accessToken: other.accessToken })).userId).toBe(1)
  })

  it('TOK-4 are refused at once, like refresh tokens, after their user is deactivated or deleted', async () => {
    for (const end of ['deactivateUser', 'deleteUser'] as const) {
      const { auth, signIn } = setup()
      const { accessToken, refreshToken, user } = await signIn()
      if (end === 'deleteUser') await auth.deleteUser({ userId: user.id })
      else await auth.deactivateUser({ userId: user.id })
      expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
      expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    }
  })

  it('TOK-4 are refused if their session belongs to another user in the session store', async () => {
    const { auth, signIn, stores } = setup()
    const { accessToken } = await signIn()
    const find = stores.sessionStore.find.bind(stores.sessionStore)
    stores.sessionStore.find = async (id) => {
      const session = await find(id)
      return session && { ...session, userId: 2 }
    }
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('OTP-10 are accepted with a previous secret after a rotation, and refused after that secret is removed', async () => {
    const before = setup()
    const { accessToken } = await before.signIn()
    const rotated = setup({ ...before.options, secret: [`another ${SECRET}`, SECRET] })
    expect((await rotated.auth.authenticate({ accessToken })).userId).toBe(1)
    const dropped = setup({ ...before.options, secret: `another ${SECRET}` })
    expect(await codeOf(dropped.auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })
})

describe('refresh tokens', () => {
  it('RT-1 are opaque, contain 256 random bits and are stored as hashes', async () => {
    const { signIn, stores } = setup()
    const inserted: unknown[] = []
    const { insert } = stores.sessionStore
    stores.sessionStore.insert = (userId, session) => {
      inserted.push(session)
      return insert.call(stores.sessionStore, userId, session)
    }
    const { refreshToken } = await signIn()
    const bytes = Buffer.from(refreshToken.slice(4), 'base64url')
    expect(bytes).toHaveLength(16 + 32 + 32)
    const dump = JSON.stringify(inserted)
    for (const secret of [
      refreshToken,
      bytes.subarray(16, 48).toString('base64url'),
      bytes.subarray(16, 48).toString('hex'),
    ]) {
      expect(dump).not.toContain(secret)
    }
  })

  it('RT-1 are refused without calling the store if they are guessed', async () => {
    const { auth, signIn, stores } = setup()
    const { refreshToken, sessionId } = await signIn()
    let asked = 0
    stores.sessionStore.rotate = async () => {
      asked += 1
      return { outcome: 'gone' }
    }
    const bytes = Buffer.from(refreshToken.slice(4), 'base64url')
    const altered = (index: number) => {
      const copy = Buffer.from(bytes)
      copy[index] = (copy[index] ?? 0) ^ 1
      return `phr_${copy.toString('base64url')}`
    }
    const lastCharacter = refreshToken.at(-1) === 'A' ? 'B' : 'A'
    const guesses = [
      ...Array.from(bytes.keys(), altered),
      refreshToken.slice(0, -1),
      `${refreshToken}A`,
      `${refreshToken}=`,
      refreshToken.slice(4),
      `PHR_${refreshToken.slice(4)}`,
      refreshToken.slice(0, -1) + lastCharacter,
      `phr_${Buffer.concat([Buffer.from(sessionId, 'base64url'), Buffer.alloc(64)]).toString('base64url')}`,
      '',
      'phr_',
      null,
      5,
      {},
      ['phr_'],
    ]
    for (const guess of guesses)
      expect(await codeOf(auth.refresh({ refreshToken: guess as string }))).toBe('invalid_refresh_token')
    for (let index = 0; index < 10_000; index += 1) {
      const random = crypto.getRandomValues(Buffer.alloc(80)).toString('base64url')
      expect(await verifyRefreshToken(await ring, `phr_${random}`)).toBeNull()
    }
    expect(asked).toBe(0)
  })

  it('RT-2 are exchanged once; if one is used again later, the session ends, and this is reported once', async () => {
    const { auth, signIn, clock, events } = setup({ limits: noLimits })
    const first = await signIn()
    const second = await auth.refresh({ refreshToken: first.refreshToken })
    const third = await auth.refresh({ refreshToken: second.refreshToken })
    expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3)
    expect((await auth.authenticate({ accessToken: third.accessToken })).sessionId).toBe(first.sessionId)
    clock.advance(60)
    expect(await codeOf(auth.refresh({ refreshToken: first.refreshToken }))).toBe('refresh_token_reused')
    for (const { refreshToken, accessToken } of [first, second, third]) {
      expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
      expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    }
    expect(events.filter(({ type }) => type === 'refresh_token_reused')).toHaveLength(1)
  })

  it('RT-2 in a chain of five, reuse of the second ends the session even at once, and is reported once', async () => {
    const { auth, signIn, events } = setup()
    const chain = [await signIn()] as { refreshToken: string; accessToken: string; sessionId: string }[]
    for (let count = 1; count < 5; count += 1)
      chain.push(await auth.refresh({ refreshToken: chain.at(-1)?.refreshToken ?? '' }))
    expect(await codeOf(auth.refresh({ refreshToken: chain[1]?.refreshToken ?? '' }))).toBe('refresh_token_reused')
    for (const { refreshToken, accessToken } of chain.toReversed()) {
      expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
      expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    }
    const { sessionId } = chain[0] as { sessionId: string }
    const facts = { sessionId, userId: 1 }
    expect(told(events, 'refresh_token_reused', 'session_revoked')).toEqual([
      { type: 'refresh_token_reused', ...facts },
      { type: 'session_revoked', ...facts },
    ])
  })

  it('RT-3 two concurrent exchanges return the same new token; a late exchange ends the session', async () => {
    const { auth, signIn, clock } = setup()
    let { refreshToken } = await signIn()
    for (let round = 0; round < 20; round += 1) {
      const [a, b] = await Promise.all([auth.refresh({ refreshToken }), auth.refresh({ refreshToken })])
      expect(a.refreshToken).toBe(b.refreshToken)
      expect((await auth.authenticate({ accessToken: b.accessToken })).userId).toBe(1)
      refreshToken = a.refreshToken
    }
    await auth.authenticate(await auth.refresh({ refreshToken }))
    clock.advance(10)
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('refresh_token_reused')
  })

  it('RT-3 a lost answer is repeated 11 s, 61 s and an hour later, with the same new token and a valid access token', async () => {
    const { auth, signIn, clock } = setup()
    const signedIn = await signIn()
    const lost = await auth.refresh(signedIn)
    clock.advance(11)
    // The access token that came with the exchanged one says nothing about the successor.
    await auth.authenticate(signedIn)
    for (const seconds of [0, 61, 3600]) {
      clock.advance(seconds)
      const repeated = await auth.refresh(signedIn)
      expect(repeated.refreshToken).toBe(lost.refreshToken)
      expect(repeated.expiresInSeconds).toBe(1800)
    }
    const last = await auth.refresh(signedIn)
    expect((await auth.authenticate(last)).sessionId).toBe(signedIn.sessionId)
    clock.advance(10)
    expect(await codeOf(auth.refresh(signedIn))).toBe('refresh_token_reused')
  })

  it('RT-3 a thief that exchanges a token before its owner cannot use an access token unnoticed', async () => {
    for (const cacheAge of ['0s', '5m'] as const) {
      const { auth, signIn, clock } = setup({ session: { cacheAge } })
      let tokens: { refreshToken: string; accessToken: string } = await signIn()
      for (let count = 0; count < 50; count += 1) {
        clock.advance(1680)
        const stolen = await auth.refresh(tokens)
        clock.advance(60)
        tokens = await auth.refresh(tokens)
        expect(tokens.refreshToken).toBe(stolen.refreshToken)
        await auth.authenticate(tokens)
        expect(await codeOf(auth.authenticate(stolen))).toBe('access_token_expired')
        expect(await codeOf(auth.getProfile(stolen))).toBe('access_token_expired')
      }
      const stolen = await auth.refresh(tokens)
      await auth.authenticate(stolen)
      clock.advance(60)
      expect(await codeOf(auth.refresh(tokens))).toBe('refresh_token_reused')
    }
  })

  it('RT-3 a step-up with an earlier access token is no use of an answer that was lost', async () => {
    const { auth, signIn, clock, codeFor } = setup({ limits: noLimits })
    const signedIn = await signIn()
    await auth.refresh(signedIn)
    const { challengeId } = await auth.startStepUp(signedIn)
    const { accessToken } = { ...signedIn, ...(await auth.verifyStepUp({ ...signedIn, challengeId, code: codeFor() })) }
    await auth.requireFresh({ accessToken })
    clock.advance(60)
    expect((await auth.refresh(signedIn)).sessionId).toBe(signedIn.sessionId)
  })

  it('REL-15 RT-3 access tokens are valid while the store cannot note their use, which the next call notes', async () => {
    const { auth, signIn, clock, stores } = setup({ session: { cacheAge: '5m' } })
    const signedIn = await signIn()
    const refreshed = await auth.refresh(signedIn)
    const { sessionStore } = stores
    const markUsed = sessionStore.markUsed.bind(sessionStore)
    sessionStore.markUsed = () => Promise.reject(new Error('cannot execute UPDATE in a read-only transaction'))
    expect((await auth.authenticate(refreshed)).sessionId).toBe(signedIn.sessionId)
    // A fault that lasts is told, because no theft would be noticed any more.
    sessionStore.markUsed = () => Promise.reject(Object.assign(new Error('no privilege'), { isPermanent: true }))
    expect(await codeOf(auth.authenticate(refreshed))).toBe('store_misconfigured')
    sessionStore.markUsed = markUsed
    await auth.authenticate(refreshed)
    clock.advance(10)
    expect(await codeOf(auth.refresh(signedIn))).toBe('refresh_token_reused')
  })

  it('RT-3 every operation with an access token counts as its use', async () => {
    const uses: Record<string, (auth: PhoneAuth, accessToken: string) => Promise<unknown>> = {
      authenticate: (auth, accessToken) => auth.authenticate({ accessToken }),
      requireFresh: (auth, accessToken) => auth.requireFresh({ accessToken }),
      getProfile: (auth, accessToken) => auth.getProfile({ accessToken }),
      listSessions: (auth, accessToken) => auth.listSessions({ accessToken }),
      startStepUp: (auth, accessToken) => auth.startStepUp({ accessToken }),
    }
    for (const [name, use] of Object.entries(uses)) {
      const { auth, signIn, clock } = setup({ limits: noLimits, session: { cacheAge: '5m' } })
      const signedIn = await signIn()
      await auth.authenticate(signedIn)
      const { accessToken } = await auth.refresh(signedIn)
      await use(auth, accessToken)
      clock.advance(10)
      expect(await codeOf(auth.refresh(signedIn)), name).toBe('refresh_token_reused')
    }
  })

  it('RT-3 10 000 refreshes continue, although every third answer is lost and repeated within an hour', async () => {
    const { auth, signIn, clock } = setup()
    const random = randomFrom(1)
    let tokens: { refreshToken: string; accessToken: string } = await signIn()
    for (let count = 0; count < 10_000; count += 1) {
      // A new session, so that none reaches its absolute end.
      if (count % 500 === 0) tokens = await signIn()
      const answer = await auth.refresh(tokens)
      if (count % 3 === 0) {
        clock.advance(random() * 3600)
        expect((await auth.refresh(tokens)).refreshToken).toBe(answer.refreshToken)
      }
      tokens = answer
      if (random() < 0.5 && count % 3 !== 0) await auth.authenticate(tokens)
    }
  })

  it('RT-3 of 1 000 stolen tokens that are presented after the successor was used, all are detected', async () => {
    const { auth, signIn, clock, events } = setup({ limits: noLimits })
    const random = randomFrom(2)
    for (let count = 0; count < 1000; count += 1) {
      const stolen = await signIn()
      let tokens: { refreshToken: string; accessToken: string } = await auth.refresh(stolen)
      const rotations = Math.floor(random() * 3)
      for (let rotation = 0; rotation < rotations; rotation += 1) tokens = await auth.refresh(tokens)
      await auth.authenticate(tokens)
      clock.advance(10 + random() * 86_400)
      expect(await codeOf(auth.refresh(stolen))).toBe('refresh_token_reused')
    }
    expect(events.filter(({ type }) => type === 'refresh_token_reused')).toHaveLength(1000)
  })

  it('RT-3 with a reuse window of zero, every second exchange is refused', async () => {
    const { auth, signIn } = setup({ session: { reuseWindow: '0s' } })
    const { refreshToken } = await signIn()
    await auth.refresh({ refreshToken })
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('refresh_token_reused')
  })

  it('RT-4 expire after 30 days if refreshed daily, and after 14 days without a refresh', async () => {
    const { auth, signIn, clock } = setup()
    let { refreshToken } = await signIn()
    for (let day = 1; day < 30; day += 1) {
      clock.advance(86_400)
      refreshToken = (await auth.refresh({ refreshToken })).refreshToken
    }
    clock.advance(86_400)
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    const idle = await signIn()
    clock.advance(14 * 86_400)
    expect(await codeOf(auth.refresh({ refreshToken: idle.refreshToken }))).toBe('invalid_refresh_token')
  })

  it('keep the secret that they were issued with, so that servers return the same new token during a rotation', async () => {
    const before = setup()
    const { refreshToken } = await before.signIn()
    const rotated = setup({ ...before.options, secret: [`another ${SECRET}`, SECRET] })
    const [a, b] = await Promise.all([before.auth.refresh({ refreshToken }), rotated.auth.refresh({ refreshToken })])
    expect(a.refreshToken).toBe(b.refreshToken)
  })

  it('contain a new session id of 128 bits each time', async () => {
    const [first, second] = await Promise.all([issueRefreshToken(await ring), issueRefreshToken(await ring)])
    expect(first.sessionId).toMatch(/^[\w-]{22}$/)
    expect(first.sessionId).not.toBe(second.sessionId)
    expect((await verifyRefreshToken(await ring, first.token))?.sessionId).toBe(first.sessionId)
  })
})

const ring = deriveKeyRing([SECRET])
