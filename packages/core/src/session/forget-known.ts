import type { Context } from '../context/context.ts'
import { fingerprint } from '../phone-number/fingerprint.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** Forgets the known devices and networks of numbers. */
export async function forgetKnown(context: Context, ...phoneNumbers: readonly PhoneNumber[]): Promise<void> {
  const ring = await context.keyRing()
  for (const phoneNumber of phoneNumbers) {
    await context.stores.otpStore.forget(await fingerprint(ring, phoneNumber))
  }
}
