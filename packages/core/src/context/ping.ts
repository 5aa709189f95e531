import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { Context } from './context.ts'

/**
 * Asks every store for something that does not exist, and the database whether it can be used, and
 * imports the keys of access tokens.
 */
export async function ping({ accessTokenSigner, pingStores, settings, stores }: Context): Promise<void> {
  const { otpStore, userStore, sessionStore } = stores
  // Keys that are derived from the secret cannot be damaged.
  const keys = settings.keySet && accessTokenSigner()
  const finds = [otpStore.find(''), userStore.findByPhoneNumber('' as PhoneNumber), sessionStore.find('')]
  await Promise.all([keys, pingStores(), ...finds])
}
