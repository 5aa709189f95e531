import {
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isValidPhoneNumber } from 'libphonenumber-js'
import type { Contender, DatabaseUrl, Limits } from '../contender.ts'
import { SECRET } from '../settings.ts'
import type { Counter } from './databases.ts'
import { SOURCES, type SourceLimits } from './floor-limits.ts'
import { openPostgresFloor } from './floor-postgres.ts'
import { openSqliteFloor } from './floor-sqlite.ts'

const RAISED: SourceLimits = {
  address: { starts: 1_000_000, guesses: 1_000_000 },
  network: { starts: 1_000_000, guesses: 1_000_000 },
}

/**
 * The least work that keeps the promises, written by hand for one application. There is no library
 * between `node:http` and the database driver, and there are no options, no events, no ports and no
 * helpful errors. Addresses are IPv4. It shows the least cost that is possible. Do not use it in
 * production.
 */
export async function open(url: DatabaseUrl, limits: Limits): Promise<Contender> {
  const counter: Counter = { statements: 0 }
  const codes = new Map<string, string>()
  const sources = limits === 'raised' ? RAISED : SOURCES
  const database = url.startsWith('sqlite:')
    ? openSqliteFloor(url.slice('sqlite:'.length), sources)
    : await openPostgresFloor(url, sources, counter)

  // The challenge contains the number, so that no index over challenges is needed. The rest of it
  // is random. It is stored as a hash, and the hash of the code covers it.
  const send = async (phoneNumber: string, ip: string): Promise<string> => {
    if (!isValidPhoneNumber(phoneNumber)) throw new Error('invalid number')
    const number = Number(phoneNumber.slice(1))
    const challenge = Buffer.allocUnsafe(24)
    challenge.writeBigUInt64BE(BigInt(number))
    challenge.set(random(16), 8)
    const code = String(random(6).readUIntBE(0, 6) % 1_000_000).padStart(6, '0')
    const codeHash = codeHashOf(challenge, code)
    await database.start({ number, address: addressNumber(ip), id: idOf(challenge), codeHash })
    codes.set(phoneNumber, code)
    return challenge.toString('base64url')
  }

  const verify = async (text: string, code: string): Promise<{ token: string; refreshToken: string }> => {
    const challenge = Buffer.from(text, 'base64url')
    if (challenge.length !== 24) throw new Error('wrong code')
    const number = Number(challenge.readBigUInt64BE())
    const sessionId = newSessionId()
    const refreshToken = Buffer.from(random(32))
    const codeHash = codeHashOf(challenge, code)
    const refreshHash = hash('sha256', refreshToken, 'buffer')
    const userId = await database.verify({ number, id: idOf(challenge), codeHash, sessionId, refreshHash })
    if (userId === null) throw new Error('wrong code')
    return { token: issue(userId, sessionId), refreshToken: refreshToken.toString('base64url') }
  }

  const profile = async (token: string) => {
    const found = await database.profile(sessionOf(token))
    if (found === null) throw new Error('no session')
    return found
  }

  const logout = async (token: string) => {
    if (!(await database.logout(sessionOf(token)))) throw new Error('no session')
  }

  const respond = async (request: IncomingMessage): Promise<unknown> => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    switch (request.url) {
      case '/auth/login': {
        const { phone_number = '' } = await bodyOf(request)
        return { data: { challenge_id: await send(phone_number, String(request.headers['x-address'])) } }
      }
      case '/auth/verify-login': {
        const { challenge_id = '', otp_code = '' } = await bodyOf(request)
        const { token, refreshToken } = await verify(challenge_id, otp_code)
        return { token, refresh_token: refreshToken }
      }
      case '/auth/profile':
        return profile(token)
      case '/auth/logout':
        await logout(token)
        return { success: true }
      default:
        throw new Error('not found')
    }
  }

  return {
    send,
    verify: async ({ challenge }, code) => (await verify(challenge, code)).token,
    profile,
    logout,
    code: (phoneNumber) => codes.get(phoneNumber) ?? '',
    listener: (request: IncomingMessage, response: ServerResponse) => {
      respond(request).then(
        (answer) => {
          const body = JSON.stringify(answer)
          response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
          response.end(body)
        },
        (error: Error) => {
          response.writeHead(400)
          response.end(error.message)
        },
      )
    },
    statements: () => counter.statements,
    close: database.close,
  }
}

// A key object is several times as fast as a key in a Buffer, which is imported at each use.
const key = (use: string): KeyObject => createSecretKey(Buffer.from(hkdfSync('sha256', SECRET, '', use, 32)))
const KEYS = { codeHash: key('code-hash'), token: key('token') }

function idOf(challenge: Buffer): Buffer {
  return hash('sha256', challenge, 'buffer').subarray(0, 16)
}

function codeHashOf(challenge: Buffer, code: string): Buffer {
  return createHmac('sha256', KEYS.codeHash).update(challenge).update(code).digest()
}

const POOL = Buffer.alloc(4096)
let used = POOL.length

/** Random bytes, drawn in large parts. Copy them before you wait for anything. */
function random(length: number): Buffer {
  if (used + length > POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  used += length
  return POOL.subarray(used - length, used)
}

/** Begins with the time (as in UUID version 7), so that new index entries are neighbours. */
function newSessionId(): Buffer {
  const id = Buffer.from(random(16))
  id.writeUIntBE(Date.now(), 0, 6)
  return id
}

function addressNumber(ip: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number)
  return ((a * 256 + b) * 256 + c) * 256 + d
}

const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')

interface Session {
  readonly id: Buffer
  readonly expiresAt: number
}

/** The sessions of the last tokens that were issued or verified here. */
const seen = new Map<string, Session>()

function remember(token: string, session: Session): void {
  if (seen.size === 10_000) seen.delete(seen.keys().next().value ?? '')
  seen.set(token, session)
}

function issue(userId: number, sessionId: Buffer): string {
  const iat = Math.floor(Date.now() / 1000)
  const sid = sessionId.toString('base64url')
  const claims = `{"iss":"floor","aud":"floor","sub":"${userId}","sid":"${sid}","iat":${iat},"exp":${iat + 900},"amr":["sms"]}`
  const signed = `${HEADER}.${Buffer.from(claims).toString('base64url')}`
  const token = `${signed}.${createHmac('sha256', KEYS.token).update(signed).digest('base64url')}`
  remember(token, { id: sessionId, expiresAt: (iat + 900) * 1000 })
  return token
}

function sessionOf(token: string): Buffer {
  const session = seen.get(token) ?? verified(token)
  if (session.expiresAt < Date.now()) throw new Error('expired')
  return session.id
}

function verified(token: string): Session {
  const [header, payload = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', KEYS.token).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (header !== HEADER || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error('bad token')
  }
  const { sid, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string; exp: number }
  const session = { id: Buffer.from(sid, 'base64url'), expiresAt: exp * 1000 }
  remember(token, session)
  return session
}

function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let body: Buffer = Buffer.alloc(0)
    request.on('data', (part: Buffer) => {
      body = body.length === 0 ? part : Buffer.concat([body, part])
    })
    request.on('end', () => {
      try {
        resolve(JSON.parse(body.toString()))
      } catch (error) {
        reject(error)
      }
    })
    request.on('error', reject)
  })
}
