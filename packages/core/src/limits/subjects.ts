import { randomBytes, toBase64Url, utf8 } from '../crypto/bytes.ts'
import { sha256 } from '../crypto/hashing.ts'
import { DEVICE, partOf } from './budget.ts'
import type { SourceAddress } from './source-address.ts'

/** The subject of all callers without a known address. */
export const UNKNOWN_SOURCE = 'unknown'

/** The network of a source. All unknown sources together count as one. */
export function networkOf(source: SourceAddress | null): string {
  return source?.prefix ?? UNKNOWN_SOURCE
}

/** The subject of one address of a network. */
export function addressSubject({ prefix, address }: SourceAddress): string {
  return partOf(prefix, address)
}

/** The subject of a signed-in user. */
export function userSubject(userId: string | number): string {
  return `user:${userId}`
}

/** Issues a device token: 256 random bits. */
export function issueDeviceToken(): string {
  return `phd_${toBase64Url(randomBytes(32))}`
}

/**
 * The part of a number that is one of its devices; `null` unless it can be a device token. Contains
 * the hash of the token, which has 256 random bits, so the hash needs no key.
 */
export async function devicePart(deviceToken: unknown): Promise<string | null> {
  if (typeof deviceToken !== 'string' || !/^phd_[A-Za-z0-9_-]{43}$/.test(deviceToken)) return null
  return `${DEVICE}${await sha256(utf8(deviceToken))}`
}
