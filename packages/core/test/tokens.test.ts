import { createServer } from 'node:http'
import { base64url, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { drawKeyRing } from '../src/token/keys.ts'
import { issueRefreshToken, verifyRefreshToken } from '../src/token/refresh-token.ts'
import { rejection, SECRET, START, setup } from './setup.ts'

const codeOf = async (call: Promise<unknown>) => (await rejection(call)).code
const encode = (value: unknown) => base64url.encode(JSON.stringify(value))
const decode = (part: string | undefined) => JSON.parse(new TextDecoder().decode(base64url.decode(part ?? '')))

/** What the server's own key makes of a header and a payload, in the form of a compact JWS. */
async function signed(header: Record<string, unknown>, claims: Record<string, unknown>, secret: string = SECRET) {
  return mac(encode({ alg: 'HS256', ...header }), encode(claims), secret)
}

async function mac(header: string, payload: string, secret: string = SECRET): Promise<string> {
  const [keys] = await drawKeyRing([secret])
  const signature = await keys.accessToken.signing.sign(new TextEncoder().encode(`${header}.${payload}`))
  return `${header}.${payload}.${base64url.encode(signature)}`
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
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      iat: 1767225600,
      auth_time: 1767225600,
      exp: 1767227400,
      amr: ['sms'],
    })
  })

  it('TOK-1 refuses every forgery, and connects to nowhere', async () => {
    let connections = 0
    const listener = createServer((_, response) => {
      connections += 1
      response.end('{}')
    })
    await new Promise<void>((resolve) => listener.listen(0, resolve))
    const { port } = listener.address() as { port: number }
    const { auth, signIn } = setup()
    const { accessToken } = await signIn()
    const [header = '', payload = '', signature = ''] = accessToken.split('.')
    const claims = decode(payload)
    const { kid, typ } = decode(header)
    const url = `http://localhost:${port}/keys`
    const unsigned = (alg: string) => `${encode({ alg, typ, kid })}.${payload}.`
    const es256 = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    const jwk = await crypto.subtle.exportKey('jwk', es256.publicKey)
    const embedded = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ, kid, jwk })
      .sign(es256.privateKey)
    const twice = base64url.encode(`{"alg":"none","alg":"HS256","typ":"at+jwt","kid":"${kid}"}`)
    const b64 = encode({ alg: 'HS256', typ, kid, b64: false, crit: ['b64'] })
    const forgeries: Record<string, string> = {
      empty: '',
      'no JWT': 'a.b.c',
      'alg none': unsigned('none'),
      'alg None': unsigned('None'),
      'alg NONE': unsigned('NONE'),
      'alg nOnE': unsigned('nOnE'),
      'signature cut off': `${header}.${payload}.`,
      'signature of another token': `${header}.${payload}.${(await signIn()).accessToken.split('.')[2]}`,
      'signature changed': `${header}.${payload}.${signature.slice(0, -2)}AA`,
      'payload changed': `${header}.${encode({ ...claims, sub: '2', uid: 2 })}.${signature}`,
      'another secret': await signed({ typ, kid }, claims, `another ${SECRET}`),
      'unknown kid': await signed({ typ, kid: 'unknown' }, claims),
      'no kid': await signed({ typ }, claims),
      'path-like kid': await signed({ typ, kid: '../../../dev/null' }, claims),
      'kid of a prototype': await signed({ typ, kid: '__proto__' }, claims),
      'the secret itself as key': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ, kid })
        .sign(new TextEncoder().encode(SECRET)),
      HS384: await new SignJWT(claims).setProtectedHeader({ alg: 'HS384', typ, kid }).sign(new Uint8Array(48)),
      'ES256 with its own jwk': embedded,
      jku: await signed({ typ, kid: 'unknown', jku: url }, claims),
      x5u: await signed({ typ, kid: 'unknown', x5u: url }, claims),
      'unknown crit': `${encode({ alg: 'HS256', typ, kid, crit: ['exp'], exp: 1 })}.${payload}.${signature}`,
      'duplicate header member': `${twice}.${payload}.${signature}`,
      'unencoded payload': `${b64}.${payload}.${(await mac(b64, JSON.stringify(claims))).split('.').at(-1)}`,
      'detached payload': `${header}..${signature}`,
    }
    for (const [name, forgery] of Object.entries(forgeries)) {
      expect(await codeOf(auth.authenticate(forgery)), name).toBe('invalid_access_token')
    }
    expect(await codeOf(auth.authenticate(undefined as never))).toBe('invalid_access_token')
    expect(await codeOf(auth.authenticate({} as never))).toBe('invalid_access_token')
    expect(connections).toBe(0)
    await new Promise((resolve) => listener.close(resolve))
  })

  it('TOK-2 refuses every other type, issuer, audience, and a token that lacks any required claim', async () => {
    const { auth, signIn } = setup()
    const { accessToken, refreshToken } = await signIn()
    const [header, claims] = accessToken.split('.').slice(0, 2).map(decode)
    expect((await auth.authenticate(await signed(header, claims))).userId).toBe(1)
    for (const typ of ['JWT', 'rt+jwt', 'id+jwt', undefined]) {
      expect(await codeOf(auth.authenticate(await signed({ ...header, typ }, claims)))).toBe('invalid_access_token')
    }
    const changes = [
      { iss: 'other' },
      { aud: 'other' },
      { aud: ['other'] },
      { sub: '2' },
      { uid: 2 },
      { uid: { $ne: 0 } },
      { sid: 5 },
    ]
    for (const change of changes) {
      const token = await signed(header, { ...claims, ...change })
      expect(await codeOf(auth.authenticate(token)), JSON.stringify(change)).toBe('invalid_access_token')
    }
    for (const claim of ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'sid', 'client_id', 'auth_time', 'uid']) {
      const token = await signed(header, { ...claims, [claim]: undefined })
      expect(await codeOf(auth.authenticate(token)), claim).toBe('invalid_access_token')
    }
    expect(await codeOf(auth.authenticate(refreshToken))).toBe('invalid_access_token')
    expect(await codeOf(auth.refresh(accessToken))).toBe('invalid_refresh_token')
    const tenant = setup({ accessToken: { issuer: 'tenant-b', audience: 'tenant-b' } })
    expect(await codeOf(tenant.auth.authenticate(accessToken))).toBe('invalid_access_token')
  })

  it('TOK-3 live 30 minutes, with 5 seconds of tolerance', async () => {
    const { auth, signIn, clock } = setup()
    const { accessToken } = await signIn()
    clock.advance(1804)
    const { expiresAt, authenticatedAt } = await auth.authenticate(accessToken)
    expect([expiresAt, authenticatedAt]).toEqual([new Date(START.getTime() + 1_800_000), START])
    clock.advance(1)
    expect(await codeOf(auth.authenticate(accessToken))).toBe('access_token_expired')
    expect(await codeOf(auth.logout(accessToken))).toBe('access_token_expired')
  })

  it('TOK-3 never outlive their session', async () => {
    const { signIn } = setup({ session: { absolute: '10m', idle: '10m' } })
    expect((await signIn()).expiresInSeconds).toBe(600)
  })

  it('TOK-4 are refused at once after logout, and until they expire without the session check', async () => {
    const { auth, signIn } = setup()
    const { accessToken, refreshToken } = await signIn()
    const other = await signIn()
    await auth.logout(accessToken)
    expect(await codeOf(auth.authenticate(accessToken))).toBe('invalid_access_token')
    expect(await codeOf(auth.refresh(refreshToken))).toBe('invalid_refresh_token')
    expect(await codeOf(auth.logout(accessToken))).toBe('invalid_access_token')
    expect((await auth.authenticate(accessToken, { checkSession: false })).userId).toBe(1)
    expect((await auth.authenticate(other.accessToken)).userId).toBe(1)
  })

  it('TOK-4 are refused at once, and refresh with them, when their user is deactivated or deleted', async () => {
    for (const end of ['setActive', 'delete'] as const) {
      const { auth, signIn, stores } = setup()
      const { accessToken, refreshToken, user } = await signIn()
      await stores.userStore[end](user.id, false)
      expect(await codeOf(auth.authenticate(accessToken))).toBe('invalid_access_token')
      expect(await codeOf(auth.refresh(refreshToken))).toBe('invalid_refresh_token')
    }
  })

  it('TOK-4 are refused when the session store knows the session as another user’s', async () => {
    const { auth, signIn, stores } = setup()
    const { accessToken } = await signIn()
    const find = stores.sessionStore.find.bind(stores.sessionStore)
    stores.sessionStore.find = async (id) => {
      const session = await find(id)
      return session && { ...session, userId: 2 }
    }
    expect(await codeOf(auth.authenticate(accessToken))).toBe('invalid_access_token')
  })

  it('OTP-10 verify under a previous secret after a rotation, and not once it is dropped', async () => {
    const before = setup()
    const { accessToken } = await before.signIn()
    const rotated = setup({ ...before.options, secret: [`another ${SECRET}`, SECRET] })
    expect((await rotated.auth.authenticate(accessToken)).userId).toBe(1)
    const dropped = setup({ ...before.options, secret: `another ${SECRET}` })
    expect(await codeOf(dropped.auth.authenticate(accessToken))).toBe('invalid_access_token')
  })
})

describe('refresh tokens', () => {
  it('RT-1 are opaque, hold 256 random bits and are stored as their hash', async () => {
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

  it('RT-1 guesses are refused without asking the store', async () => {
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
    for (const guess of guesses) expect(await codeOf(auth.refresh(guess as string))).toBe('invalid_refresh_token')
    for (let index = 0; index < 10_000; index += 1) {
      const random = crypto.getRandomValues(Buffer.alloc(80)).toString('base64url')
      expect(await verifyRefreshToken(await ring, `phr_${random}`)).toBeNull()
    }
    expect(asked).toBe(0)
  })

  it('RT-2 are exchanged for the next one; a token used before ends the session and tells it once', async () => {
    const { auth, signIn, clock, events } = setup()
    const first = await signIn()
    const second = await auth.refresh(first.refreshToken)
    const third = await auth.refresh(second.refreshToken)
    expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3)
    expect((await auth.authenticate(third.accessToken)).sessionId).toBe(first.sessionId)
    clock.advance(60)
    expect(await codeOf(auth.refresh(first.refreshToken))).toBe('refresh_token_reused')
    for (const { refreshToken, accessToken } of [first, second, third]) {
      expect(await codeOf(auth.refresh(refreshToken))).toBe('invalid_refresh_token')
      expect(await codeOf(auth.authenticate(accessToken))).toBe('invalid_access_token')
    }
    expect(events.filter(({ type }) => type === 'refresh_token_reused')).toHaveLength(1)
  })

  it('RT-3 two tabs that refresh at once get the same successor; a late one ends the session', async () => {
    const { auth, signIn, clock } = setup()
    let { refreshToken } = await signIn()
    for (let round = 0; round < 20; round += 1) {
      const [a, b] = await Promise.all([auth.refresh(refreshToken), auth.refresh(refreshToken)])
      expect(a.refreshToken).toBe(b.refreshToken)
      expect((await auth.authenticate(b.accessToken)).userId).toBe(1)
      refreshToken = a.refreshToken
    }
    await auth.refresh(refreshToken)
    clock.advance(10)
    expect(await codeOf(auth.refresh(refreshToken))).toBe('refresh_token_reused')
  })

  it('RT-3 a reuse window of zero is strict', async () => {
    const { auth, signIn } = setup({ session: { reuseWindow: '0s' } })
    const { refreshToken } = await signIn()
    await auth.refresh(refreshToken)
    expect(await codeOf(auth.refresh(refreshToken))).toBe('refresh_token_reused')
  })

  it('RT-4 refreshed daily die at day 30, and unrefreshed at day 14', async () => {
    const { auth, signIn, clock } = setup()
    let { refreshToken } = await signIn()
    for (let day = 1; day < 30; day += 1) {
      clock.advance(86_400)
      refreshToken = (await auth.refresh(refreshToken)).refreshToken
    }
    clock.advance(86_400)
    expect(await codeOf(auth.refresh(refreshToken))).toBe('invalid_refresh_token')
    const idle = await signIn()
    clock.advance(14 * 86_400)
    expect(await codeOf(auth.refresh(idle.refreshToken))).toBe('invalid_refresh_token')
  })

  it('keep the secret they were made with, so that servers in the midst of a rotation agree on the successor', async () => {
    const before = setup()
    const { refreshToken } = await before.signIn()
    const rotated = setup({ ...before.options, secret: [`another ${SECRET}`, SECRET] })
    const [a, b] = await Promise.all([before.auth.refresh(refreshToken), rotated.auth.refresh(refreshToken)])
    expect(a.refreshToken).toBe(b.refreshToken)
  })

  it('come with a session id of 128 bits, which they hold, another each time', async () => {
    const [first, second] = await Promise.all([issueRefreshToken(await ring), issueRefreshToken(await ring)])
    expect(first.sessionId).toMatch(/^[\w-]{22}$/)
    expect(first.sessionId).not.toBe(second.sessionId)
    expect((await verifyRefreshToken(await ring, first.token))?.sessionId).toBe(first.sessionId)
  })
})

const ring = drawKeyRing([SECRET])
