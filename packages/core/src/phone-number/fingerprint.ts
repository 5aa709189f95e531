import { toBase64Url } from '../crypto/bytes.ts'
import { frame, type KeyRing } from '../keys/secret-keys.ts'
import type { PhoneNumber } from './phone-number.ts'

/** The keyed pseudonym of a phone number in budgets and events. */
export async function fingerprint(ring: KeyRing, phoneNumber: PhoneNumber): Promise<string> {
  return toBase64Url((await ring[0].fingerprint.sign(frame(phoneNumber))).subarray(0, 16))
}
