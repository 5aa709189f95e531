import type { Context } from '../context/context.ts'
import { type PhoneNumber, parsePhoneNumber } from '../phone-number/phone-number.ts'
import { isTestNumber } from './code-of.ts'
import { type CodeRequestFacts, openChallenge, type Recipient, type StartResult } from './open-challenge.ts'

/** Options for {@link PhoneAuth.start}. */
export interface StartOptions extends CodeRequestFacts {
  /** The number to verify, as the user wrote it. */
  readonly phoneNumber: string
  /**
   * The device token that {@link PhoneAuth.verify} returned to this client at its last sign-in. It
   * gives the number's own devices limits that other callers cannot use up.
   */
  readonly deviceToken?: string | undefined
}

/** Opens a challenge for a number and sends its code. */
export async function start(context: Context, options: StartOptions): Promise<StartResult> {
  const phoneNumber = parsePhoneNumber(options.phoneNumber, context.settings.phoneNumber)
  const recipient = await recipientOf(context, phoneNumber)
  const { deviceToken } = options
  const about = { purpose: 'sign_in', sessionId: null, userId: null, phoneNumber, recipient, deviceToken } as const
  return openChallenge(context, about, options)
}

async function recipientOf(context: Context, phoneNumber: PhoneNumber): Promise<Recipient> {
  if (isTestNumber(context, phoneNumber)) return 'test_number'
  if (context.settings.registration === 'open') return 'person'
  return (await context.stores.userStore.findByPhoneNumber(phoneNumber)) === null ? 'decoy' : 'person'
}
