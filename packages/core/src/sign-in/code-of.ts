import type { NewChallenge } from '../challenge/challenge.ts'
import { deriveCode } from '../challenge/one-time-code.ts'
import type { Context } from '../context/context.ts'
import type { SecretKeys } from '../keys/secret-keys.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import { fixedCodeOf } from '../phone-number/test-numbers.ts'

/** Whether a number has a fixed code at `at`, which is now by default. */
export function isTestNumber({ settings, now }: Context, phoneNumber: PhoneNumber, at: Date = now()): boolean {
  return fixedCodeOf(settings.testNumbers, phoneNumber, at) !== null
}

/**
 * Returns the code of a challenge opened at `at`: fixed for a test number, derived from the seed
 * for any other.
 */
export async function codeOf(
  { settings }: Context,
  keys: SecretKeys,
  challenge: Pick<NewChallenge, 'idHash' | 'purpose' | 'sessionId' | 'seed' | 'phoneNumber' | 'format'>,
  at: Date,
): Promise<string> {
  const { seed, phoneNumber, format } = challenge
  return fixedCodeOf(settings.testNumbers, phoneNumber, at) ?? deriveCode(keys, seed, phoneNumber, challenge, format)
}
