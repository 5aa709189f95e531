import { utf8 } from '../crypto/bytes.ts'
import { InvalidOptionsError } from '../errors/index.ts'
import {
  type AccessTokenAlgorithm,
  type AccessTokenJwk,
  type AccessTokenKeySet,
  ALGORITHMS,
  isPrivate,
  type PublicJwk,
  privatePart,
  publicPart,
} from './key-set.ts'
import type { KeyRing } from './secret-keys.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * Signs access tokens and finds the keys that verify them. Uses exactly one algorithm (RFC 8725
 * section 3.1).
 */
export interface AccessTokenSigner {
  readonly algorithm: AccessTokenAlgorithm | 'HS256'
  /** Names the key that signs. */
  readonly kid: string
  sign(message: Bytes): Bytes | Promise<Bytes>
  /** The verification key with this `kid`, if there is one. */
  verifying(kid: string | undefined): CryptoKey | undefined
  /**
   * The keys with which other servers can verify tokens; none for HS256, which verifies with a
   * secret key.
   */
  readonly publicKeys: readonly PublicJwk[]
}

/** The signer that uses the keys derived from the secrets. */
export function signerOfSecrets(ring: KeyRing): AccessTokenSigner {
  const [{ id: kid, accessToken }] = ring
  return {
    algorithm: 'HS256',
    kid,
    sign: (message) => accessToken.signing.sign(message),
    verifying: (id) => ring.find((keys) => keys.id === id)?.accessToken.verifying,
    publicKeys: [],
  }
}

/**
 * The signer that uses a key set without problems.
 *
 * @throws {@link InvalidOptionsError} naming every key that cannot be imported.
 */
export async function signerOfKeySet({ keys }: AccessTokenKeySet): Promise<AccessTokenSigner> {
  const reasons: string[] = []
  const imported = await Promise.all(
    keys.map((key, index) =>
      importKey(key).catch(() => {
        reasons.push(
          `accessToken.keys[${index}] is damaged, or this runtime does not support ${key.alg}. Generate another key.`,
        )
        return null
      }),
    ),
  )
  if (reasons.length > 0) throw new InvalidOptionsError(reasons)
  const [{ alg: algorithm, kid }] = keys as readonly [AccessTokenJwk]
  const { webCrypto } = ALGORITHMS[algorithm]
  const signing = imported[0]?.signing as CryptoKey
  const verifying = new Map(keys.map((key, index) => [key.kid, imported[index]?.verifying]))
  return {
    algorithm,
    kid,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign(webCrypto, signing, message)),
    verifying: (id) => verifying.get(id as string),
    publicKeys: keys.map(publicPart),
  }
}

interface ImportedKey {
  readonly verifying: CryptoKey
  readonly signing: CryptoKey | null
}

async function importKey(key: AccessTokenJwk): Promise<ImportedKey> {
  const { webCrypto } = ALGORITHMS[key.alg]
  const verifying = await crypto.subtle.importKey('jwk', publicPart(key), webCrypto, false, ['verify'])
  if (!isPrivate(key)) return { verifying, signing: null }
  const signing = await crypto.subtle.importKey('jwk', privatePart(key), webCrypto, false, ['sign'])
  // If the private part belongs to another key, no server accepts the signatures. Not every runtime
  // detects that.
  const signature = await crypto.subtle.sign(webCrypto, signing, PROBE)
  if (!(await crypto.subtle.verify(webCrypto, verifying, signature, PROBE)))
    throw new Error('The private part belongs to another key.')
  return { verifying, signing }
}

const PROBE = utf8('phone-auth')
