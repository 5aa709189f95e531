import { PhoneAuth } from '@phone-auth/core'
import { memoryStores } from '@phone-auth/core/memory'
import { jwtVerify, SignJWT } from 'jose'
import { SECRET } from './settings.ts'

/** The cost of one way to verify a token. */
export interface TokensMeasure {
  readonly name: string
  readonly micros: number
}

const ROUNDS = 5
const CALLS = 5000

/** Measures the ways in turns. The first one is the baseline of the ratios. */
export async function measureTokens(): Promise<TokensMeasure[]> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(SECRET),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  )
  const options = { algorithms: ['HS256'], typ: 'at+jwt', issuer: 'bench', audience: 'bench' }
  const plain = await new SignJWT({ sid: 'session', client_id: 'bench' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'key' })
    .setIssuer('bench')
    .setAudience('bench')
    .setSubject('1')
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(key)
  const { auth, signIn } = signedIn()
  const seen = await signIn()
  // Tokens of another instance, which the measured one has not seen.
  const elsewhere = signedIn()
  const unseen: string[] = []
  for (let index = 0; index < ROUNDS * CALLS; index += 1) unseen.push(await elsewhere.refresh())
  let next = 0
  const ways: [string, () => Promise<unknown>][] = [
    ['jwtVerify of jose', () => jwtVerify(plain, key, options)],
    [
      'authenticate, a token never seen',
      () => auth.authenticate({ accessToken: unseen[next++] ?? '', checkSession: false }),
    ],
    ['authenticate, a token seen before', () => auth.authenticate({ accessToken: seen, checkSession: false })],
  ]
  const micros = new Map(ways.map(([name]) => [name, 0]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, work] of ways) micros.set(name, (micros.get(name) ?? 0) + (await cpuMicrosOf(work)))
  }
  return [...micros].map(([name, total]) => ({ name, micros: total / ROUNDS / CALLS }))
}

async function cpuMicrosOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let call = 0; call < CALLS; call += 1) await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function signedIn() {
  const codes = new Map<string, string>()
  const auth = new PhoneAuth({
    ...memoryStores(),
    smsSender: {
      send: async ({ to, text }) => {
        codes.set(to, text.slice(0, 6))
        return {}
      },
    },
    secret: SECRET,
    allowedRegions: ['US'],
  })
  const phoneNumber = '+14155550101'
  let refreshToken = ''
  const signIn = async () => {
    const { challengeId } = await auth.start({ phoneNumber })
    const tokens = await auth.verify({ challengeId, code: codes.get(phoneNumber) ?? '' })
    refreshToken = tokens.refreshToken
    return tokens.accessToken
  }
  const refresh = async () => {
    if (refreshToken === '') await signIn()
    const tokens = await auth.refresh({ refreshToken })
    refreshToken = tokens.refreshToken
    return tokens.accessToken
  }
  return { auth, signIn, refresh }
}
