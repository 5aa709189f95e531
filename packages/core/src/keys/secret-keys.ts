import { toBase64Url, utf8 } from '../crypto/bytes.ts'
import { type MacKey, macKey } from '../crypto/hashing.ts'

/**
 * The keys drawn from one secret. Each has one use, so that no output of one use can serve in
 * another.
 */
export interface SecretKeys {
  /** Names the secret in stored records and token headers; reveals nothing of it. */
  readonly id: string
  /** Derives one-time codes from challenge seeds. */
  readonly codeDerivation: MacKey
  /** Hashes submitted codes for comparison. */
  readonly codeHash: MacKey
  /** Makes the pseudonyms of phone numbers that budget keys hold. */
  readonly fingerprint: MacKey
  /** Authenticates refresh tokens and derives their successors. */
  readonly refreshToken: MacKey
  /** Signs access tokens, and is what they are verified with. */
  readonly accessToken: { readonly signing: MacKey; readonly verifying: CryptoKey }
}

/** The keys in use: the first signs and hashes, all of them verify. */
export type KeyRing = readonly [current: SecretKeys, ...previous: SecretKeys[]]

/**
 * The fewest bytes a secret may have: the 256 bits that HMAC-SHA-256 is keyed with (RFC 2104
 * section 3, RFC 7518 section 3.2).
 */
export const MIN_SECRET_BYTES = 32

/**
 * Draws the keys of every secret, current one first, by HKDF-SHA-256 with a label for each use (RFC
 * 5869 section 3.2).
 *
 * Changing a label or its version would silently invalidate every code and token there is.
 */
export async function drawKeyRing(secrets: readonly string[]): Promise<KeyRing> {
  const [current, ...previous] = await Promise.all(secrets.map(drawSecretKeys))
  return [current as SecretKeys, ...previous]
}

async function drawSecretKeys(secret: string): Promise<SecretKeys> {
  const source = await crypto.subtle.importKey('raw', utf8(secret), 'HKDF', false, ['deriveBits'])
  const bits = async (use: string) =>
    new Uint8Array(
      await crypto.subtle.deriveBits(
        { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(`phone-auth/v1/${use}`) },
        source,
        256,
      ),
    )
  const hmacKey = async (use: string) => macKey(await bits(use))
  const tokenKey = async (use: string) => {
    const raw = await bits(use)
    const verifying = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    return { signing: await macKey(raw), verifying }
  }
  const [id, codeDerivation, codeHash, fingerprint, refreshToken, accessToken] = await Promise.all([
    bits('key-id'),
    hmacKey('code-derivation'),
    hmacKey('code-hash'),
    hmacKey('fingerprint'),
    hmacKey('refresh-token'),
    tokenKey('access-token'),
  ])
  const keyId = toBase64Url(id.subarray(0, 6))
  return { id: keyId, codeDerivation, codeHash, fingerprint, refreshToken, accessToken }
}

/**
 * `fields` as one message in which no two lists of fields read alike: each is preceded by its
 * length.
 */
export function frame(...fields: readonly string[]): Uint8Array<ArrayBuffer> {
  return utf8(fields.map((field) => `${field.length}:${field}`).join(''))
}
