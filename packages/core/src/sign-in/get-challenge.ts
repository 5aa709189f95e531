import type { Delivery } from '../challenge/challenge.ts'
import type { Context } from '../context/context.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import { findChallengeById } from './find-challenge.ts'

/** The state of an open challenge. */
export interface ChallengeState {
  readonly phoneNumber: PhoneNumber
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The number of messages sent so far. */
  readonly sends: number
  /** The delivery state of the latest message; `unknown` until the provider reports it. */
  readonly delivery: Delivery
}

/** Returns the state of an open challenge. */
export async function getChallenge(
  context: Context,
  { challengeId }: { readonly challengeId: string },
): Promise<ChallengeState> {
  const { phoneNumber, createdAt, expiresAt, sends, delivery } = await findChallengeById(context, challengeId)
  return { phoneNumber, createdAt, expiresAt, sends, delivery }
}
