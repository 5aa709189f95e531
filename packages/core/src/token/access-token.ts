import { base64url, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { randomBytes, toBase64Url, utf8 } from '../crypto/bytes.ts'
import { AccessTokenExpiredError, InvalidAccessTokenError } from '../errors/index.ts'
import type { AccessTokenSigner } from '../keys/access-token-signer.ts'
import type { Session } from '../ports/session-store.ts'
import type { UserId } from '../ports/user-store.ts'

// RFC 9068 section 2.1: with this type, no other token signed with the same key is valid as an
// access token.
const TYPE = 'at+jwt'

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'sid', 'gen', 'client_id', 'auth_time']

/** The claims of a valid access token. */
export interface AccessTokenClaims {
  readonly userId: UserId
  readonly sessionId: string
  /** The generation of the session's tokens, see {@link Session.generation}. */
  readonly generation: number
  /** Seconds since 1970. */
  readonly authenticatedAt: number
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** How access tokens are issued and verified. */
export interface AccessTokenPolicy {
  readonly issuer: string
  readonly audience: string
  readonly ttlSeconds: number
  readonly clockToleranceSeconds: number
}

/**
 * Issues an access token for a session: a signed JWT (RFC 9068), dated by the time of the store. It
 * never outlives its session.
 *
 * `amr: ["sms"]` shows relying parties that only SMS, a restricted authenticator, was used (NIST SP
 * 800-63B-4 section 3.2.9).
 */
export async function issueAccessToken(
  keys: AccessTokenSigner,
  policy: AccessTokenPolicy,
  session: Session,
  provenAt: Date,
): Promise<{ token: string; expiresInSeconds: number; claims: AccessTokenClaims }> {
  const issuedAt = Math.floor(Math.max(session.lastUsedAt.getTime(), provenAt.getTime()) / 1000)
  const sessionEnd = Math.floor(session.absoluteExpiresAt.getTime() / 1000)
  const expiresAt = Math.min(issuedAt + policy.ttlSeconds, sessionEnd)
  const authenticatedAt = Math.floor(provenAt.getTime() / 1000)
  const payload = {
    iss: policy.issuer,
    aud: policy.audience,
    sub: String(session.userId),
    // `sub` is always a string. `uid` also keeps the type of the id, which is a number in some
    // stores.
    uid: session.userId,
    sid: session.id,
    gen: session.generation,
    client_id: policy.audience,
    jti: toBase64Url(randomBytes(16)),
    iat: issuedAt,
    exp: expiresAt,
    auth_time: authenticatedAt,
    amr: ['sms'],
  }
  const token = await sign(keys, payload)
  const { userId, id: sessionId, generation } = session
  const claims = { userId, sessionId, generation, authenticatedAt, expiresAt }
  return { token, expiresInSeconds: expiresAt - issuedAt, claims }
}

// RFC 7515 section 3.1. Not with jose, which computes HMACs on another thread and so takes many
// times the work of the signature itself. Tokens are read with jose, because mistakes are made
// there.
async function sign(keys: AccessTokenSigner, payload: object): Promise<string> {
  const { algorithm: alg, kid } = keys
  const signed = `${encode({ alg, typ: TYPE, kid })}.${encode(payload)}`
  return `${signed}.${toBase64Url(await keys.sign(utf8(signed)))}`
}

function encode(part: object): string {
  return toBase64Url(utf8(JSON.stringify(part)))
}

/**
 * Verifies an access token: one algorithm, only configured keys by their `kid`, type, issuer,
 * audience and every required claim (RFC 8725 sections 3.1 and 3.8 to 3.12). A token cannot bring
 * its own key.
 *
 * @throws {@link AccessTokenExpiredError} if the token is genuine but has expired.
 * @throws {@link InvalidAccessTokenError} if it is not a valid access token for any other reason.
 */
export async function verifyAccessToken(
  keys: AccessTokenSigner,
  policy: AccessTokenPolicy,
  token: string,
  now: Date,
): Promise<AccessTokenClaims> {
  // jose ignores spaces, but a token must have only one spelling.
  if (!COMPACT_JWS.test(token)) throw new InvalidAccessTokenError()
  try {
    if (!isCanonical(token)) throw new InvalidAccessTokenError()
    const { kid } = decodeProtectedHeader(token)
    const key = keys.verifying(kid)
    if (key === undefined) throw new InvalidAccessTokenError()
    const { payload } = await jwtVerify(token, key, {
      algorithms: [keys.algorithm],
      typ: TYPE,
      issuer: policy.issuer,
      audience: policy.audience,
      requiredClaims: REQUIRED_CLAIMS,
      clockTolerance: policy.clockToleranceSeconds,
      currentDate: now,
    })
    return readClaims(payload)
  } catch (error) {
    throw error instanceof errors.JWTExpired ? new AccessTokenExpiredError() : new InvalidAccessTokenError()
  }
}

// The last character of a signature has bits that belong to no byte. Other values of them would
// give the same signature.
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return base64url.encode(base64url.decode(signature)) === signature
}

function readClaims({ sub, uid, sid, gen, auth_time: authTime, exp, iat }: JWTPayload): AccessTokenClaims {
  const isUserId = (typeof uid === 'string' || typeof uid === 'number') && String(uid) === sub
  const isSession = typeof sid === 'string' && Number.isSafeInteger(gen)
  if (!isUserId || !isSession || typeof authTime !== 'number' || iat === undefined || exp === undefined) {
    throw new InvalidAccessTokenError()
  }
  return { userId: uid, sessionId: sid, generation: gen as number, authenticatedAt: authTime, expiresAt: exp }
}
