import { createHmac, createPublicKey } from 'node:crypto'
import { base64url, importJWK, type JWK } from 'jose'
import type { PhoneAuthOptions } from '../../src/index.ts'
import { ALGORITHMS } from '../../src/keys/key-set.ts'
import { deriveKeyRing } from '../../src/keys/secret-keys.ts'
import { type AccessTokenAlgorithm, type AccessTokenKeySet, generateKeySet } from '../../src/keys.ts'
import { SECRET } from '../setup.ts'

export const SIGNED_BY = ['HS256', 'ES256', 'EdDSA', 'RS256'] as const
export type Algorithm = (typeof SIGNED_BY)[number]

/** Creates a compact JWS from an encoded header and an encoded payload. */
export type Signer = (header: string, payload: string) => Promise<string>

export const encode = (value: unknown) => base64url.encode(JSON.stringify(value))
export const decode = (part: string | undefined) => JSON.parse(new TextDecoder().decode(base64url.decode(part ?? '')))

const made = new Map<string, Promise<AccessTokenKeySet>>()

/**
 * The key set of the server or of an attacker. It is generated once, because RSA keys take long.
 */
export function keySetOf(algorithm: AccessTokenAlgorithm, owner: 'server' | 'attacker' = 'server') {
  const name = `${algorithm} of the ${owner}`
  const set = made.get(name) ?? generateKeySet(algorithm)
  made.set(name, set)
  return set
}

/** The options of a server that signs with this algorithm. */
export async function signingBy(algorithm: Algorithm): Promise<Pick<PhoneAuthOptions, 'accessToken'>> {
  return algorithm === 'HS256' ? {} : { accessToken: { keys: await keySetOf(algorithm) } }
}

/** Signs any header and payload, with the key of the server or of an attacker. */
export async function signerOf(algorithm: Algorithm, owner: 'server' | 'attacker' = 'server'): Promise<Signer> {
  const sign = await signatureOf(algorithm, owner)
  return async (header, payload) => {
    const signature = await sign(new TextEncoder().encode(`${header}.${payload}`))
    return `${header}.${payload}.${base64url.encode(new Uint8Array(signature))}`
  }
}

async function signatureOf(algorithm: Algorithm, owner: 'server' | 'attacker') {
  if (algorithm === 'HS256') {
    const [keys] = await deriveKeyRing([owner === 'server' ? SECRET : `another ${SECRET}`])
    return async (message: Uint8Array<ArrayBuffer>) => keys.accessToken.signing.sign(message)
  }
  const { keys } = await keySetOf(algorithm, owner)
  const key = (await importJWK(keys[0] as unknown as JWK, algorithm)) as CryptoKey
  const { webCrypto } = ALGORITHMS[algorithm]
  return (message: Uint8Array<ArrayBuffer>) => crypto.subtle.sign(webCrypto, key, message)
}

// The keys of a server that mistakes a public key for a secret, or a secret for a key.
async function confusedKeys(algorithm: Algorithm): Promise<Record<string, string | Uint8Array>> {
  if (algorithm === 'HS256') return { 'the secret itself': SECRET, nothing: '' }
  const { d, p, q, dp, dq, qi, ...jwk } = (await keySetOf(algorithm)).keys[0] ?? ({} as never)
  const key = createPublicKey({ key: jwk as never, format: 'jwk' })
  const pem = key.export({ type: 'spki', format: 'pem' }) as string
  return {
    'the public PEM': pem,
    'the public PEM without its last line break': pem.trimEnd(),
    'the public DER': key.export({ type: 'spki', format: 'der' }),
    'the public JWK': JSON.stringify(jwk),
    'the public bytes': base64url.decode(jwk.x ?? jwk.n ?? ''),
    'the public bytes in base64url': jwk.x ?? jwk.n ?? '',
    'the kid': jwk.kid,
    'the secret of the server': SECRET,
    nothing: '',
  }
}

const OTHER_NAMES: Readonly<Record<Algorithm, readonly string[]>> = {
  HS256: ['HS384', 'HS512', 'hs256'],
  ES256: ['ES384', 'ES512', 'ES256K', 'es256'],
  EdDSA: ['Ed25519', 'Ed448', 'eddsa'],
  RS256: ['RS384', 'RS512', 'PS256', 'rs256'],
}

/**
 * Forged access tokens, derived from two valid ones. `url` is the address of the attacker's key.
 */
export async function forgeriesOf(algorithm: Algorithm, token: string, other: string, url: string) {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = decode(payload)
  const { alg, kid, typ } = decode(header)
  const own = await signerOf(algorithm)
  const foreign = await signerOf(algorithm, 'attacker')
  const embedded = await foreignJwk(algorithm)
  const twice = (first: object, second: object) =>
    base64url.encode(JSON.stringify(first).slice(0, -1).concat(',', JSON.stringify(second).slice(1)))
  const unencoded = encode({ alg, typ, kid, b64: false, crit: ['b64'] })
  const critical = encode({ alg, typ, kid, crit: ['exp'], exp: 1 })
  const forgeries: Record<string, string> = {
    empty: '',
    'not a JWT': 'a.b.c',
    'signature cut off': `${header}.${payload}.`,
    'no signature': `${header}.${payload}`,
    'signature of another token': `${header}.${payload}.${other.split('.')[2]}`,
    'payload of another token': `${header}.${other.split('.')[1]}.${signature}`,
    'signature changed': `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'signature of zeros': `${header}.${payload}.${'A'.repeat(signature.length)}`,
    'payload changed': `${header}.${encode({ ...claims, sub: '2', uid: 2 })}.${signature}`,
    'detached payload': `${header}..${signature}`,
    'unencoded payload': await own(unencoded, JSON.stringify(claims)),
    'payload said to be unencoded': await own(unencoded, payload),
    'a space': `${header}. ${payload}.${signature}`,
    padding: `${token}=`,
    'five parts': `${header}.${payload}.${signature}.${payload}.${signature}`,
    'JSON serialization': JSON.stringify({ protected: header, payload, signature }),
    'the key of an attacker': await foreign(header, payload),
    'unknown kid': await own(encode({ alg, typ, kid: 'unknown' }), payload),
    'no kid': await own(encode({ alg, typ }), payload),
    'path-like kid': await own(encode({ alg, typ, kid: '../../../dev/null' }), payload),
    'kid of a prototype': await own(encode({ alg, typ, kid: '__proto__' }), payload),
    'kid that is not a text': await own(encode({ alg, typ, kid: [kid] }), payload),
    'embedded jwk': await foreign(encode({ alg, typ, kid, jwk: embedded }), payload),
    'embedded jwk without kid': await foreign(encode({ alg, typ, jwk: embedded }), payload),
    'embedded jwk with its own kid': await foreign(encode({ alg, typ, kid: embedded.kid, jwk: embedded }), payload),
    jku: await foreign(encode({ alg, typ, kid, jku: url }), payload),
    'jku with its own kid': await foreign(encode({ alg, typ, kid: embedded.kid, jku: url }), payload),
    x5u: await foreign(encode({ alg, typ, kid, x5u: url }), payload),
    x5c: await foreign(encode({ alg, typ, kid, x5c: [base64url.encode('certificate')] }), payload),
    'unknown crit': await own(critical, payload),
    'empty crit': await own(encode({ alg, typ, kid, crit: [] }), payload),
    'alg twice, none last': `${twice({ alg, typ, kid }, { alg: 'none' })}.${payload}.${signature}`,
    'alg twice, none first': `${twice({ alg: 'none' }, { alg, typ, kid })}.${payload}.${signature}`,
    'kid twice': await foreign(twice({ kid: embedded.kid, alg, typ }, { kid }), payload),
    'no alg': await own(encode({ typ, kid }), payload),
    'header that is a list': await own(encode([{ alg, typ, kid }]), payload),
    'header that is null': await own(encode(null), payload),
    'payload that is a list': await own(header, encode([claims])),
    'payload that is null': await own(header, encode(null)),
  }
  for (const none of ['none', 'None', 'NONE', 'nOnE']) {
    forgeries[`alg ${none}`] = `${encode({ alg: none, typ, kid })}.${payload}.`
    forgeries[`alg ${none} with a signature`] = `${encode({ alg: none, typ, kid })}.${payload}.${signature}`
  }
  for (const name of OTHER_NAMES[algorithm]) {
    forgeries[`the right key as ${name}`] = await own(encode({ alg: name, typ, kid }), payload)
  }
  for (const name of SIGNED_BY.filter((candidate) => candidate !== algorithm)) {
    const sign = await signerOf(name, 'attacker')
    forgeries[`${name} of the same kid`] = await sign(encode({ alg: name, typ, kid }), payload)
    forgeries[`${name} said to be ${alg}`] = await sign(header, payload)
  }
  for (const [name, key] of Object.entries(await confusedKeys(algorithm))) {
    const confused = `${encode({ alg: 'HS256', typ, kid })}.${payload}`
    forgeries[`HS256 by ${name}`] = `${confused}.${createHmac('sha256', key).update(confused).digest('base64url')}`
  }
  return forgeries
}

async function foreignJwk(algorithm: Algorithm) {
  if (algorithm === 'HS256') return { kty: 'oct', k: base64url.encode(`another ${SECRET}`), kid: 'theirs' }
  const { d, p, q, dp, dq, qi, ...jwk } = (await keySetOf(algorithm, 'attacker')).keys[0] ?? ({} as never)
  return jwk
}
