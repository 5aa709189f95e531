import { isSameBytes, toBase64Url, utf8 } from '../crypto/bytes.ts'
import { sha256 } from '../crypto/hashing.ts'
import { frame, type KeyRing, type SecretKeys } from '../keys/secret-keys.ts'
import { toAsciiDigits } from '../phone-number/digits.ts'
import { withoutMarks } from '../phone-number/marks.ts'
import type { CodeFormat, Purpose } from './challenge.ts'
import { CHARACTERS } from './code-format.ts'

/** What a code belongs to. A code derived for one binding is invalid for every other. */
export interface CodeBinding {
  readonly idHash: string
  readonly purpose: Purpose
  readonly sessionId: string | null
}

/**
 * Derives the code of a challenge from its seed and the server's key. Codes are uniform over all
 * codes of the format. The result is always the same, so that a resend repeats the code although no
 * store has it.
 *
 * Bytes that would favour some characters are rejected. The number is part of the derivation: a
 * code proves possession of the number it was sent to, even if the stored number was changed later.
 */
export async function deriveCode(
  keys: SecretKeys,
  seed: string,
  phoneNumber: string,
  binding: CodeBinding,
  format: CodeFormat,
): Promise<string> {
  const characters = CHARACTERS[format.alphabet]
  const limit = 256 - (256 % characters.length)
  const fields = [seed, phoneNumber, ...bindingFields(binding)]
  let code = ''
  for (let block = 0; code.length < format.length; block += 1) {
    for (const byte of await keys.codeDerivation.sign(frame(String(block), ...fields))) {
      if (byte < limit && code.length < format.length) code += characters[byte % characters.length]
    }
  }
  return code
}

/**
 * The keyed hash of a code, as stored and compared. It is an HMAC-SHA-256, because an attacker can
 * hash all million codes in a second: without the key, a stolen table cannot be searched (OWASP
 * ASVS 4.0.3 section 2.7.5).
 */
export async function hashCode(keys: SecretKeys, code: string, binding: CodeBinding): Promise<string> {
  return toBase64Url(await keys.codeHash.sign(frame(code, ...bindingFields(binding))))
}

/**
 * The keyed hashes of `code` under every key in use, so that a code sent before a rotation still
 * verifies.
 */
export async function hashCodeUnderEveryKey(ring: KeyRing, code: string, binding: CodeBinding): Promise<string[]> {
  return Promise.all(ring.map((keys) => hashCode(keys, code, binding)))
}

/**
 * The SHA-256 of a challenge id, as stored. The id has 128 random bits, so the hash needs no key.
 */
export async function hashChallengeId(challengeId: string): Promise<string> {
  return sha256(utf8(challengeId))
}

const IN_GROUPS = /[\p{White_Space}\p{Pd}\u2212]/gu

// The full stops of Latin, Chinese and Japanese, Hindi, and Urdu.
const FINAL_FULL_STOP = /[.\uff0e\u3002\u0964\u06d4]$/

/**
 * Reads a code as a person types or pastes it: digits of any script, with white space, hyphens,
 * invisible marks and a final full stop ignored. Hardened codes of either form are accepted, with
 * letters in either case; I and L are read as 1, and O as 0. Returns `null` for anything that
 * cannot be a code of this server.
 */
export function readCode(input: unknown, length: number): string | null {
  if (typeof input !== 'string' || input.length > 64) return null
  const code = toAsciiDigits(withoutMarks(input).replace(FINAL_FULL_STOP, '')).replace(IN_GROUPS, '')
  if (new RegExp(`^[0-9]{${length}}$`).test(code) || /^[0-9]{20}$/.test(code)) return code
  const hardened = code.toUpperCase().replace(/[IL]/g, '1').replaceAll('O', '0')
  return /^[0-9A-HJKMNP-TV-Z]{13}$/.test(hardened) ? hardened : null
}

/** Compares two codes in a time that does not depend on where they differ. */
export function isSameCode(a: string, b: string): boolean {
  return isSameBytes(utf8(a), utf8(b))
}

function bindingFields({ idHash, purpose, sessionId }: CodeBinding): string[] {
  return [idHash, purpose, sessionId ?? '']
}
