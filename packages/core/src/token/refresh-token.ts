import { concatBytes, fromBase64Url, isSameBytes, randomBytes, toBase64Url, utf8 } from '../crypto/bytes.ts'
import { sha256 } from '../crypto/hashing.ts'
import type { KeyRing, SecretKeys } from '../keys/secret-keys.ts'

const PREFIX = 'phr_'
const SESSION_ID_BYTES = 16
const SECRET_BYTES = 32
const TAG_BYTES = 32
const TOKEN_BYTES = SESSION_ID_BYTES + SECRET_BYTES + TAG_BYTES

/** A refresh token with its stored form. */
export interface RefreshToken {
  /** Opaque outside this library. */
  readonly token: string
  /**
   * The stored form: SHA-256. The secret in the token has 256 random bits, so the hash needs no key
   * (OWASP ASVS 5 section 7.2.3).
   */
  readonly hash: string
}

/** A genuine refresh token: this library issued it for this session at some time. */
export interface GenuineRefreshToken {
  readonly sessionId: string
  readonly hash: string
  /**
   * The token it is exchanged for. It is derived, so that two exchanges give the same token and no
   * secret is stored.
   */
  readonly next: RefreshToken
}

/** Issues a session id of 128 random bits and the first refresh token of the session. */
export async function issueRefreshToken(ring: KeyRing): Promise<RefreshToken & { readonly sessionId: string }> {
  const session = randomBytes(SESSION_ID_BYTES)
  return { sessionId: toBase64Url(session), ...(await seal(ring[0], session, randomBytes(SECRET_BYTES))) }
}

/**
 * Verifies a refresh token; returns `null` unless this library issued it. A guessed token is
 * refused here, before any call of a store.
 *
 * A successor is derived with the key of its parent, so that all servers agree on it during a
 * rotation of secrets.
 */
export async function verifyRefreshToken(ring: KeyRing, token: unknown): Promise<GenuineRefreshToken | null> {
  if (typeof token !== 'string' || !token.startsWith(PREFIX)) return null
  const bytes = fromBase64Url(token.slice(PREFIX.length), TOKEN_BYTES)
  if (bytes === null) return null
  const session = bytes.slice(0, SESSION_ID_BYTES)
  const secret = bytes.slice(SESSION_ID_BYTES, SESSION_ID_BYTES + SECRET_BYTES)
  const tag = bytes.slice(SESSION_ID_BYTES + SECRET_BYTES)
  for (const keys of ring) {
    if (isSameBytes(tag, await keys.refreshToken.sign(concatBytes(utf8('tag'), session, secret)))) {
      const nextSecret = await keys.refreshToken.sign(concatBytes(utf8('next'), session, secret))
      const next = await seal(keys, session, nextSecret)
      return { sessionId: toBase64Url(session), hash: await sha256(bytes), next }
    }
  }
  return null
}

async function seal(keys: SecretKeys, session: Uint8Array, secret: Uint8Array): Promise<RefreshToken> {
  const tag = await keys.refreshToken.sign(concatBytes(utf8('tag'), session, secret))
  const bytes = concatBytes(session, secret, tag)
  return { token: PREFIX + toBase64Url(bytes), hash: await sha256(bytes) }
}
