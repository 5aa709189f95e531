import { calculateJwkThumbprint, type JWK } from 'jose'
import { InvalidInputError, InvalidOptionsError } from '../errors/index.ts'
import {
  type AccessTokenAlgorithm,
  type AccessTokenJwk,
  type AccessTokenKeySet,
  ALGORITHMS,
  isAlgorithm,
  isPrivate,
  privatePart,
  publicPart,
} from './key-set.ts'
import { keySetProblems } from './key-set-problems.ts'

/**
 * Generates a key set with one new private key, for `accessToken.keys`. The `kid` is the key's
 * SHA-256 thumbprint (RFC 7638). Store the set as JSON where you store the secret.
 *
 * Use ES256 unless you need another algorithm: its keys and signatures are small, and every
 * verifier supports it. RS256 keys have 3072 bits.
 *
 * @example
 * ```ts
 * import { generateKeySet } from '@phone-auth/core/keys'
 *
 * console.log(JSON.stringify(await generateKeySet('ES256')))
 * ```
 *
 * @throws `InvalidInputError` if the algorithm is not supported.
 */
export async function generateKeySet(algorithm: AccessTokenAlgorithm): Promise<AccessTokenKeySet> {
  if (!isAlgorithm(algorithm)) throw new InvalidInputError('algorithm', `one of ${Object.keys(ALGORITHMS).join(', ')}`)
  return { keys: [await generateKey(algorithm)] }
}

/**
 * Adds a new private key at the end of a set: the first step of a rotation. The key verifies
 * tokens, but does not sign yet.
 *
 * Deploy the result to every server, one after the other. Call {@link promoteKey} when all servers
 * have it, and when every other service that verifies tokens has read `PhoneAuth.jwks` again: the
 * handler of `@phone-auth/http` allows caching it for five minutes. Then every server that receives
 * a token of the new key knows the key (OpenID Connect Core section 10.1.1).
 *
 * Rotate as often as your policy requires. NIST SP 800-57 part 1 revision 5 section 5.3.6 gives a
 * signing key one to three years. After a leak, start again with {@link generateKeySet} instead:
 * every access token is refused at once, and clients refresh.
 *
 * @throws `InvalidOptionsError` listing every reason why the set cannot be used as
 *   `accessToken.keys`.
 */
export async function announceKey(set: AccessTokenKeySet): Promise<AccessTokenKeySet> {
  const keys = checked(set)
  return { keys: [...keys, await generateKey(keys[0].alg)] }
}

/**
 * Moves the key that was announced last to the front, where it signs: the second step of a
 * rotation. The former signing key still verifies, without its private part.
 *
 * Deploy the result to every server, one after the other. During the deployment, each server
 * accepts the tokens of the others. You can remove the former key from `keys` when no server has
 * signed with it for `accessToken.ttl` plus `accessToken.clockTolerance`: all its tokens have
 * expired by then (RFC 7517 section 4.5, OpenID Connect Core section 10.1.1). Security does not
 * require you to remove it.
 *
 * @throws `InvalidOptionsError` listing every reason why the set cannot be used as
 *   `accessToken.keys`.
 * @throws `InvalidInputError` if no key was announced.
 */
export function promoteKey(set: AccessTokenKeySet): AccessTokenKeySet {
  const [former, ...others] = checked(set)
  const announced = others.findLast(isPrivate)
  if (announced === undefined) throw new InvalidInputError('set', 'a key set to which announceKey has added a key')
  return { keys: [announced, publicPart(former), ...others.filter((key) => key !== announced)] }
}

function checked(set: AccessTokenKeySet): readonly [AccessTokenJwk, ...AccessTokenJwk[]] {
  const problems = keySetProblems(set)
  if (problems.length > 0) throw new InvalidOptionsError(problems)
  return set.keys as readonly [AccessTokenJwk, ...AccessTokenJwk[]]
}

async function generateKey(alg: AccessTokenAlgorithm): Promise<AccessTokenJwk> {
  const { webCrypto } = ALGORITHMS[alg]
  const pair = (await crypto.subtle.generateKey(webCrypto, true, ['sign', 'verify'])) as CryptoKeyPair
  const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as Omit<AccessTokenJwk, 'alg' | 'kid'>
  return privatePart({ ...jwk, alg, kid: await calculateJwkThumbprint(jwk as JWK) })
}
