import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isValidPhoneNumber } from 'libphonenumber-js'
import type { Contender, DatabaseUrl } from '../contender.ts'
import { addressOf, SECRET } from '../settings.ts'
import type { Counter } from './databases.ts'
import { openPostgresFloor } from './floor-postgres.ts'
import { openSqliteFloor } from './floor-sqlite.ts'

/**
 * The least work that keeps the promises, written by hand for one application. There is no library
 * between `node:http` and the database driver, and there are no options, no events, no ports and no
 * helpful errors. It shows the least cost that is possible. Do not use it in production.
 */
export async function open(url: DatabaseUrl): Promise<Contender> {
  const counter: Counter = { statements: 0 }
  const codes = new Map<string, string>()
  const database = url.startsWith('sqlite:')
    ? openSqliteFloor(url.slice('sqlite:'.length))
    : await openPostgresFloor(url, counter)

  const send = async (phoneNumber: string, ip: string): Promise<string> => {
    if (!isValidPhoneNumber(phoneNumber)) throw new Error('invalid number')
    const challenge = randomBytes(16).toString('base64url')
    const idHash = sha256(challenge)
    const seed = randomBytes(16).toString('base64url')
    const code = codeOf(seed, phoneNumber)
    const isAdmitted = await database.open({
      charges: JSON.stringify(chargesOf(phoneNumber, ip)),
      idHash,
      phoneNumber,
      seed,
      codeHash: hmac(KEYS.codeHash, `${idHash}${code}`),
    })
    if (!isAdmitted) throw new Error('limited')
    codes.set(phoneNumber, code)
    return challenge
  }

  const verify = async (challenge: string, code: string): Promise<string> => {
    const idHash = sha256(challenge)
    const sessionId = randomBytes(16).toString('base64url')
    const refreshToken = randomBytes(32).toString('base64url')
    const signedIn = await database.signIn({
      idHash,
      codeHash: hmac(KEYS.codeHash, `${idHash}${code}`),
      sessionId,
      refreshTokenHash: sha256(refreshToken),
    })
    if (signedIn === null || codeOf(signedIn.seed, signedIn.phoneNumber) !== code) throw new Error('wrong code')
    return issue(signedIn.userId, sessionId)
  }

  const profile = async (token: string) => {
    const found = await database.profile(verified(token).sid)
    if (found === null) throw new Error('no session')
    return found
  }

  const logout = async (token: string) => {
    if (!(await database.logout(verified(token).sid))) throw new Error('no session')
  }

  const respond = async (request: IncomingMessage): Promise<unknown> => {
    const ip = String(request.headers['x-address'])
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    switch (request.url) {
      case '/auth/login':
        return { data: { challenge_id: await send((await bodyOf(request)).phone_number ?? '', ip) } }
      case '/auth/verify-login': {
        const { challenge_id = '', otp_code = '' } = await bodyOf(request)
        return { token: await verify(challenge_id, otp_code) }
      }
      case '/auth/profile':
        return profile(token)
      case '/auth/logout':
        return { success: await logout(token).then(() => true) }
      default:
        throw new Error('not found')
    }
  }

  return {
    send: (phoneNumber) => send(phoneNumber, addressOf(phoneNumber)),
    verify: ({ challenge }, code) => verify(challenge, code),
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

const key = (use: string) => Buffer.from(hkdfSync('sha256', SECRET, '', use, 32))
const KEYS = { code: key('code'), codeHash: key('code-hash'), token: key('token') }

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function hmac(secret: Buffer, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function codeOf(seed: string, phoneNumber: string): string {
  const bits = createHmac('sha256', KEYS.code).update(`${seed}${phoneNumber}`).digest().readUIntBE(0, 6)
  return String(bits % 1_000_000).padStart(6, '0')
}

const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')

function issue(userId: number, sid: string): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iss: 'floor', aud: 'floor', sub: String(userId), sid, iat, exp: iat + 900, amr: ['sms'] }
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${hmac(KEYS.token, signed)}`
}

function verified(token: string): { sid: string } {
  const [header, payload = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', KEYS.token).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (header !== HEADER || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error('bad token')
  }
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string; exp: number }
  if (claims.exp * 1000 < Date.now()) throw new Error('expired')
  return claims
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  return JSON.parse(text)
}

const M = 60
const H = 3600
const D = 86_400

// The default limits of the library: the same number of windows, with the same lengths.
function chargesOf(phoneNumber: string, ip: string) {
  const network = ip.slice(0, ip.lastIndexOf('.'))
  const charge = (subject: string, cost: number, max: number, seconds: number) => ({
    key: `${subject}:${seconds}`,
    cost,
    max,
    seconds,
  })
  return [
    charge(`c:${phoneNumber}`, 1, 1, 30),
    charge(`c:${phoneNumber}`, 1, 2, 90),
    charge(`s:${phoneNumber}`, 1, 3, 15 * M),
    charge(`s:${phoneNumber}`, 1, 5, H),
    charge(`s:${phoneNumber}`, 1, 10, D),
    charge(`n:${phoneNumber}|${network}`, 1, 3, H),
    charge(`n:${phoneNumber}|${network}`, 1, 5, D),
    charge(`a:${ip}`, 1, 150, H),
    charge(`a:${network}`, 1, 600, H),
    charge(`f:${ip}`, 0, 30, 10 * M),
    charge(`f:${ip}`, 0, 60, H),
    charge(`f:${network}`, 0, 200, H),
    charge(`g:${phoneNumber}`, 5, 15, H),
    charge(`g:${phoneNumber}`, 5, 30, D),
    charge(`g:${phoneNumber}`, 5, 100, 30 * D),
  ]
}
