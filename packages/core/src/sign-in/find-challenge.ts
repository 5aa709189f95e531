import type { AttemptBy, Challenge } from '../challenge/challenge.ts'
import { hashChallengeId } from '../challenge/one-time-code.ts'
import type { Context } from '../context/context.ts'
import { ChallengeExpiredError, ChallengeIdRequiredError, InvalidInputError } from '../errors/index.ts'
import { parsePhoneNumber } from '../phone-number/phone-number.ts'
import { sourceOf } from './source-of.ts'

/**
 * Names a sign-in challenge by the id that `start` returned, or by the phone number alone. A number
 * names the last challenge that was started from the network of the caller, or else the last of
 * all. So pass `ip` with every call, or with none. With an id, the number is ignored, because the
 * code was sent to the number of the challenge.
 */
export type ChallengeReference =
  | { readonly challengeId: string; readonly phoneNumber?: string | undefined }
  | { readonly phoneNumber: string; readonly challengeId?: undefined }

/** The hash of a challenge's id, and how the caller named the challenge. */
export interface ChallengeName {
  readonly idHash: string
  readonly by: AttemptBy
}

/** Returns the name of a challenge. For an id, it does not ask the store. */
export async function nameChallenge(
  context: Context,
  reference: ChallengeReference & { readonly ip?: string | undefined },
): Promise<ChallengeName> {
  if (reference.challengeId === undefined) {
    const { challenge, isStranger } = await findByNumber(context, reference.phoneNumber, reference.ip)
    return { idHash: challenge.idHash, by: isStranger ? 'stranger' : 'phone_number' }
  }
  return { idHash: await hashChallengeId(checkChallengeId(reference.challengeId)), by: 'challenge_id' }
}

/** Finds an open challenge for a resend. A stranger finds none. */
export async function findChallenge(
  context: Context,
  reference: ChallengeReference & { readonly ip?: string | undefined },
): Promise<{ challenge: Challenge; challengeId: string | null }> {
  if (reference.challengeId === undefined) {
    const { challenge, isStranger } = await findByNumber(context, reference.phoneNumber, reference.ip)
    if (isStranger) throw new ChallengeExpiredError()
    return { challenge, challengeId: null }
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

async function findByNumber(
  context: Context,
  input: string | undefined,
  ip: string | undefined,
): Promise<{ challenge: Challenge; isStranger: boolean }> {
  const { settings, stores } = context
  if (input === undefined) throw new InvalidInputError('challengeId', 'given, or a phoneNumber instead')
  if (settings.requireChallengeId) throw new ChallengeIdRequiredError()
  const phoneNumber = parsePhoneNumber(input, settings.phoneNumber)
  const network = sourceOf(context, ip)?.prefix ?? null
  const challenge = await stores.otpStore.findLatest(phoneNumber, 'sign_in', network)
  if (challenge === null) throw new ChallengeExpiredError()
  return { challenge, isStranger: challenge.network !== network }
}

function checkChallengeId(challengeId: unknown): string {
  if (typeof challengeId !== 'string' || challengeId.length === 0 || challengeId.length > 128) {
    throw new InvalidInputError('challengeId', 'the id that came with the code request')
  }
  return challengeId
}
