import type { AttemptBy, Challenge } from '../challenge/challenge.ts'
import { hashChallengeId } from '../challenge/one-time-code.ts'
import type { Context } from '../context/context.ts'
import { ChallengeExpiredError, ChallengeIdRequiredError, InvalidInputError } from '../errors/index.ts'
import { parsePhoneNumber } from '../phone-number/phone-number.ts'

/**
 * Names a sign-in challenge by the id that `start` returned, or by the phone number. A number names
 * the challenge that was opened last.
 */
export type ChallengeReference =
  | { readonly challengeId: string; readonly phoneNumber?: undefined }
  | { readonly phoneNumber: string; readonly challengeId?: undefined }

/** The hash of a challenge's id, and how the caller named the challenge. */
export interface ChallengeName {
  readonly idHash: string
  readonly by: AttemptBy
}

/** Returns the name of a challenge. For an id, it does not ask the store. */
export async function nameChallenge(context: Context, reference: ChallengeReference): Promise<ChallengeName> {
  if (reference.challengeId === undefined) {
    const { idHash } = await findByNumber(context, reference.phoneNumber)
    return { idHash, by: 'phone_number' }
  }
  return { idHash: await hashChallengeId(checkChallengeId(reference.challengeId)), by: 'challenge_id' }
}

/** Finds an open challenge. */
export async function findChallenge(
  context: Context,
  reference: ChallengeReference,
): Promise<{ challenge: Challenge; challengeId: string | null }> {
  if (reference.challengeId === undefined) {
    return { challenge: await findByNumber(context, reference.phoneNumber), challengeId: null }
  }
  const { challengeId } = reference
  return { challenge: await findChallengeById(context, challengeId), challengeId }
}

/** Finds an open challenge by its id. */
export async function findChallengeById({ stores }: Context, challengeId: string): Promise<Challenge> {
  const challenge = await stores.otpStore.find(await hashChallengeId(checkChallengeId(challengeId)))
  if (challenge === null) throw new ChallengeExpiredError()
  return challenge
}

async function findByNumber({ settings, stores }: Context, input: string | undefined): Promise<Challenge> {
  if (input === undefined) throw new InvalidInputError('challengeId', 'given, or a phoneNumber instead')
  if (settings.requireChallengeId) throw new ChallengeIdRequiredError()
  const phoneNumber = parsePhoneNumber(input, settings.phoneNumber)
  const challenge = await stores.otpStore.findLatest(phoneNumber, 'sign_in')
  if (challenge === null) throw new ChallengeExpiredError()
  return challenge
}

function checkChallengeId(challengeId: unknown): string {
  if (typeof challengeId !== 'string' || challengeId.length === 0 || challengeId.length > 128) {
    throw new InvalidInputError('challengeId', 'the id that came with the code request')
  }
  return challengeId
}
