import { base64url, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { randomBytes, toBase64Url, utf8 } from '../crypto/bytes.ts'
import { AccessTokenExpiredError, InvalidAccessTokenError } from '../errors/index.ts'
import type { AccessTokenSigner } from '../keys/access-token-signer.ts'
import type { Session } from '../ports/session-store.ts'
import type { UserId } from '../ports/user-store.ts'

// RFC 9068 section 2.1: what keeps any other token made with the same key from serving as an access
// token.
const TYPE = 'at+jwt'

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'sid', 'client_id', 'auth_time']

/** What a genuine access token says. */
export interface AccessTokenClaims {
  readonly userId: UserId
  readonly sessionId: string
  /** Seconds since 1970. */
  readonly authenticatedAt: number
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** How access tokens are made and judged. */
export interface AccessTokenPolicy {
  readonly issuer: string
  readonly audience: string
  readonly ttlSeconds: number
  readonly clockToleranceSeconds: number
}

/**
 * Signs an access token for a session: a JWT after RFC 9068, dated by the store's own time. Never
 * outlives its session.
 *
 * `amr: ["sms"]` tells relying parties that SMS, a restricted authenticator, is all that was proven
 * (NIST SP 800-63B-4 section 3.2.9).
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
    // `sub` is a string by definition; an id that the store keeps as a number comes back as one
    // from here.
    uid: session.userId,
    sid: session.id,
    client_id: policy.audience,
    jti: toBase64Url(randomBytes(16)),
    iat: issuedAt,
    exp: expiresAt,
    auth_time: authenticatedAt,
    amr: ['sms'],
  }
  const token = await sign(keys, payload)
  const claims = { userId: session.userId, sessionId: session.id, authenticatedAt, expiresAt }
  return { token, expiresInSeconds: expiresAt - issuedAt, claims }
}

// RFC 7515 section 3.1. By hand, because the library makes HMACs on another thread, for many times
// the work of the signature itself; reading tokens, where mistakes are made, is the library's.
async function sign(keys: AccessTokenSigner, payload: object): Promise<string> {
  const { algorithm: alg, kid } = keys
  const signed = `${encode({ alg, typ: TYPE, kid })}.${encode(payload)}`
  return `${signed}.${toBase64Url(await keys.sign(utf8(signed)))}`
}

function encode(part: object): string {
  return toBase64Url(utf8(JSON.stringify(part)))
}

/**
 * Verifies an access token: one algorithm, the configured keys by `kid` alone, type, issuer,
 * audience and every required claim (RFC 8725 sections 3.1 and 3.8 to 3.12). Nothing in the token
 * can name or bring a key.
 *
 * @throws {@link AccessTokenExpiredError} if the token is genuine but its time is over.
 * @throws {@link InvalidAccessTokenError} if it is anything else but a valid access token.
 */
export async function verifyAccessToken(
  keys: AccessTokenSigner,
  policy: AccessTokenPolicy,
  token: string,
  now: Date,
): Promise<AccessTokenClaims> {
  // The library reads over spaces; one token must not come in many spellings.
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

// The last character of a signature has bits that no byte needs: other values of them would read as
// the same signature.
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return base64url.encode(base64url.decode(signature)) === signature
}

function readClaims({ sub, uid, sid, auth_time: authTime, exp, iat }: JWTPayload): AccessTokenClaims {
  const isUserId = (typeof uid === 'string' || typeof uid === 'number') && String(uid) === sub
  if (!isUserId || typeof sid !== 'string' || typeof authTime !== 'number' || iat === undefined || exp === undefined) {
    throw new InvalidAccessTokenError()
  }
  return { userId: uid, sessionId: sid, authenticatedAt: authTime, expiresAt: exp }
}
