import { fromBase64Url } from '../crypto/bytes.ts'
import {
  type AccessTokenJwk,
  type AccessTokenKeySet,
  ALGORITHMS,
  isAlgorithm,
  isPrivate,
  type PrivateMember,
  type PublicMember,
} from './key-set.ts'

// RFC 7518 section 3.3: 2048 bits.
const MIN_MODULUS = 1n << 2047n
// FIPS 186-5 section A.1.1: odd and above 2^16. With 1 a signature would be the message itself.
const MIN_EXPONENT = 65_537n

const CURVE_BYTES = 32
// Every token contains it.
const KID = /^[\x21-\x7e]{1,128}$/

/**
 * Why a value is invalid as `accessToken.keys`, one sentence for each reason. No sentence contains
 * key material.
 */
export function keySetProblems(set: AccessTokenKeySet): string[] {
  const keys: unknown = (set as AccessTokenKeySet | null)?.keys
  if (!Array.isArray(keys) || keys.length === 0) {
    return ['accessToken.keys must be a JWK set with at least one key, { keys: [...] }. Create it with generateKeySet.']
  }
  return keys.flatMap((key: AccessTokenJwk | null, index) =>
    keyProblems(key, index, keys).map((problem) => `accessToken.keys[${index}] ${problem}.`),
  )
}

function keyProblems(key: AccessTokenJwk | null, index: number, keys: readonly (AccessTokenJwk | null)[]): string[] {
  if (typeof key !== 'object' || typeof key?.kty !== 'string') return ['must be a JSON Web Key']
  if (key.kty === 'oct') return ['must not be symmetric: every verifier could sign. For HS256 set only the secret']
  if (!isAlgorithm(key.alg)) return ['must have the alg "ES256", "EdDSA" or "RS256"']
  const { kty, crv } = ALGORITHMS[key.alg]
  if (key.kty !== kty || key.crv !== crv) {
    return [`must have the kty "${kty}"${crv === undefined ? '' : ` and the crv "${crv}"`}, as its alg requires`]
  }
  const before = keys.slice(0, index)
  const checks: readonly (readonly [holds: boolean, problem: string])[] = [
    [index === 0 || keys[0]?.alg === key.alg, 'must have the same alg as the first key'],
    [typeof key.kid === 'string' && KID.test(key.kid), 'must have a kid of 1 to 128 ASCII letters, digits or signs'],
    [
      key.kid === undefined || before.every((other) => other?.kid !== key.kid),
      'must not repeat the kid of another key',
    ],
    [index > 0 || isPrivate(key), 'must have its private part, because the first key signs'],
    [isForSigning(key), 'must be for signatures: correct or remove its use and key_ops'],
    ...(key.kty === 'RSA' ? rsaChecks(key) : curveChecks(key)),
  ]
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem)
}

// RFC 7517 sections 4.2 and 4.3.
function isForSigning(key: AccessTokenJwk): boolean {
  const { use = 'sig', key_ops: operations } = key
  if (use !== 'sig') return false
  if (operations === undefined) return true
  if (!Array.isArray(operations) || !operations.includes(isPrivate(key) ? 'sign' : 'verify')) return false
  return operations.every((operation) => operation === 'sign' || operation === 'verify')
}

function curveChecks(key: AccessTokenJwk): [boolean, string][] {
  return membersOf(key).map((member) => {
    const isWhole = bytesOf(key[member])?.length === CURVE_BYTES
    return [isWhole, `must have its ${member}, ${CURVE_BYTES} bytes in base64url`]
  })
}

function rsaChecks(key: AccessTokenJwk): [boolean, string][] {
  const missing = membersOf(key).filter((member) => unsigned(key[member]) === 0n)
  if (missing.length > 0) return missing.map((member) => [false, `must have its ${member}, in base64url`])
  const [modulus, exponent] = [unsigned(key.n), unsigned(key.e)]
  return [
    [modulus >= MIN_MODULUS, 'must have a modulus of 2048 bits or more'],
    [exponent >= MIN_EXPONENT && exponent % 2n === 1n, `must have an odd exponent of ${MIN_EXPONENT} or more`],
  ]
}

function membersOf(key: AccessTokenJwk): readonly (PublicMember | PrivateMember)[] {
  const { publicMembers, privateMembers } = ALGORITHMS[key.alg]
  return isPrivate(key) ? [...publicMembers, ...privateMembers] : publicMembers
}

function bytesOf(value: unknown): Uint8Array | null {
  return typeof value === 'string' ? fromBase64Url(value, Math.floor((value.length * 3) / 4)) : null
}

function unsigned(value: unknown): bigint {
  return [...(bytesOf(value) ?? [])].reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}
