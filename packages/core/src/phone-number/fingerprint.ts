import { toBase64Url } from '../crypto/bytes.ts'
import { frame, type KeyRing } from '../keys/secret-keys.ts'
import type { PhoneNumber } from './phone-number.ts'

/** The keyed pseudonym of a number, by which budgets and events know it. */
export async function fingerprint(ring: KeyRing, phoneNumber: PhoneNumber): Promise<string> {
  return toBase64Url((await ring[0].fingerprint.sign(frame(phoneNumber))).subarray(0, 16))
}
