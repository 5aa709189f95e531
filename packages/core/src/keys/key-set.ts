/**
 * The algorithms of `accessToken.keys` (RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1).
 * `EdDSA` is Ed25519.
 */
export type AccessTokenAlgorithm = 'ES256' | 'EdDSA' | 'RS256'

/** A public key, safe to publish (RFC 7517 section 4). */
export interface PublicJwk {
  readonly kty: string
  /** Names the key in the headers of its tokens. */
  readonly kid: string
  readonly alg: AccessTokenAlgorithm
  readonly use?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}

/** A public or a private key that signs access tokens. */
export interface AccessTokenJwk extends PublicJwk {
  readonly key_ops?: readonly string[]
  readonly d?: string
  readonly p?: string
  readonly q?: string
  readonly dp?: string
  readonly dq?: string
  readonly qi?: string
}

/**
 * The keys of access tokens, as a JWK set (RFC 7517 section 5). All have the same algorithm. The
 * first key is private and signs; the others, private or public, only verify. The set is plain
 * JSON. An attacker with a copy can sign tokens, so store it where you store the secret.
 */
export interface AccessTokenKeySet {
  readonly keys: readonly AccessTokenJwk[]
}

/** A part of the public key. */
export type PublicMember = 'x' | 'y' | 'n' | 'e'
/** A part of the private key. */
export type PrivateMember = 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi'

/** The members of an algorithm's keys, and its parameters for WebCrypto. */
interface Kind {
  readonly kty: string
  readonly crv?: string
  readonly publicMembers: readonly PublicMember[]
  readonly privateMembers: readonly PrivateMember[]
  readonly webCrypto: Readonly<{ name: string } & Partial<EcKeyGenParams & RsaHashedKeyGenParams>>
}

/** The supported algorithms. */
export const ALGORITHMS: Readonly<Record<AccessTokenAlgorithm, Kind>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    publicMembers: ['x', 'y'],
    privateMembers: ['d'],
    webCrypto: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  },
  EdDSA: {
    kty: 'OKP',
    crv: 'Ed25519',
    publicMembers: ['x'],
    privateMembers: ['d'],
    webCrypto: { name: 'Ed25519' },
  },
  RS256: {
    kty: 'RSA',
    publicMembers: ['n', 'e'],
    privateMembers: ['d', 'p', 'q', 'dp', 'dq', 'qi'],
    webCrypto: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      // NIST SP 800-57 part 1 revision 5, tables 2 and 4: 128 bits of security, which suffice
      // beyond 2030.
      modulusLength: 3072,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
  },
}

/** Whether a value names a supported algorithm. */
export function isAlgorithm(value: unknown): value is AccessTokenAlgorithm {
  return typeof value === 'string' && Object.hasOwn(ALGORITHMS, value)
}

/** Whether a key has a private part, complete or not. */
export function isPrivate(key: AccessTokenJwk): boolean {
  return ALGORITHMS[key.alg].privateMembers.some((member) => key[member] !== undefined)
}

/** The members of a key that are safe to publish. */
export function publicPart(key: AccessTokenJwk): PublicJwk {
  const { kty, crv, publicMembers } = ALGORITHMS[key.alg]
  const material = Object.fromEntries(publicMembers.map((member) => [member, key[member]]))
  return { kty, ...(crv !== undefined && { crv }), ...material, kid: key.kid, alg: key.alg, use: 'sig' }
}

/** The members of a key that signing needs. */
export function privatePart(key: AccessTokenJwk): Omit<AccessTokenJwk, 'key_ops'> {
  const { privateMembers } = ALGORITHMS[key.alg]
  return { ...publicPart(key), ...Object.fromEntries(privateMembers.map((member) => [member, key[member]])) }
}
