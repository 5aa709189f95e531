import type { Delivery } from '../challenge/challenge.ts'
import type { Context } from '../context/context.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import { findChallengeById } from './find-challenge.ts'

/** An open challenge, as the application may look at it. */
export interface ChallengeState {
  readonly phoneNumber: PhoneNumber
  readonly createdAt: Date
  readonly expiresAt: Date
  /** Messages sent so far. */
  readonly sends: number
  /** How far the latest message is; `unknown` until the provider tells. */
  readonly delivery: Delivery
}

/** Looks at an open challenge. */
export async function getChallenge(
  context: Context,
  { challengeId }: { readonly challengeId: string },
): Promise<ChallengeState> {
  const { phoneNumber, createdAt, expiresAt, sends, delivery } = await findChallengeById(context, challengeId)
  return { phoneNumber, createdAt, expiresAt, sends, delivery }
}
