import type { Context } from '../context/context.ts'
import { type PhoneNumber, parsePhoneNumber } from '../phone-number/phone-number.ts'
import { isTestNumber } from './code-of.ts'
import { type CodeRequestFacts, openChallenge, type Recipient, type StartResult } from './open-challenge.ts'

/** Options for {@link PhoneAuth.start}. */
export interface StartOptions extends CodeRequestFacts {
  /** The number to verify, as the user wrote it. */
  readonly phoneNumber: string
}

/** Opens a challenge for a number and sends its code. */
export async function start(context: Context, options: StartOptions): Promise<StartResult> {
  const phoneNumber = parsePhoneNumber(options.phoneNumber, context.settings.phoneNumber)
  const recipient = await recipientOf(context, phoneNumber)
  return openChallenge(context, { purpose: 'sign_in', sessionId: null, phoneNumber, recipient }, options)
}

async function recipientOf(context: Context, phoneNumber: PhoneNumber): Promise<Recipient> {
  if (isTestNumber(context, phoneNumber)) return 'test_number'
  if (context.settings.registration === 'open') return 'person'
  return (await context.stores.userStore.findByPhoneNumber(phoneNumber)) === null ? 'decoy' : 'person'
}
