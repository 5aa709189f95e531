import { toBase64Url, utf8 } from '../crypto/bytes.ts'
import { type MacKey, macKey } from '../crypto/hashing.ts'

/**
 * The keys derived from one secret. Each key has one use, so that its outputs are invalid for every
 * other use.
 */
export interface SecretKeys {
  /** Names the secret in stored records and token headers. Reveals nothing about it. */
  readonly id: string
  /** Derives one-time codes from challenge seeds. */
  readonly codeDerivation: MacKey
  /** Hashes submitted codes for comparison. */
  readonly codeHash: MacKey
  /** Computes the pseudonyms of phone numbers in budget keys. */
  readonly fingerprint: MacKey
  /** Authenticates refresh tokens and derives their successors. */
  readonly refreshToken: MacKey
  /** Signs and verifies access tokens. */
  readonly accessToken: { readonly signing: MacKey; readonly verifying: CryptoKey }
}

/** The keys in use. The first one signs and hashes; all of them verify. */
export type KeyRing = readonly [current: SecretKeys, ...previous: SecretKeys[]]

/**
 * The minimum length of a secret: 256 bits, the key length of HMAC-SHA-256 (RFC 2104 section 3, RFC
 * 7518 section 3.2).
 */
export const MIN_SECRET_BYTES = 32

/**
 * Derives the keys of every secret, the current one first, with HKDF-SHA-256 and a label for each
 * use (RFC 5869 section 3.2).
 *
 * A change of a label or its version would silently invalidate all existing codes and tokens.
 */
export async function deriveKeyRing(secrets: readonly string[]): Promise<KeyRing> {
  const [current, ...previous] = await Promise.all(secrets.map(deriveSecretKeys))
  return [current as SecretKeys, ...previous]
}

async function deriveSecretKeys(secret: string): Promise<SecretKeys> {
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
 * Encodes `fields` as one message, each field after its length, so that different lists never give
 * the same message.
 */
export function frame(...fields: readonly string[]): Uint8Array<ArrayBuffer> {
  return utf8(fields.map((field) => `${field.length}:${field}`).join(''))
}
