import type { Challenge, Purpose } from '../challenge/challenge.ts'
import { hashCodeUnderEveryKey, isSameCode, readCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { reportOutcome } from '../delivery/report-outcome.ts'
import { ChallengeExpiredError, InvalidInputError } from '../errors/index.ts'
import { failureCharges } from '../limits/policy.ts'
import { parseSourceAddress } from '../limits/source-address.ts'
import type { Attempt } from '../ports/otp-store.ts'
import { askCodeService, type JudgedAttempt } from './ask-code-service.ts'
import { codeOf } from './code-of.ts'
import { type ChallengeName, nameChallenge } from './find-challenge.ts'
import { refusal } from './refusal.ts'

/** A code that a person typed for a challenge of a purpose. */
export interface SubmittedCode {
  readonly code: string
  readonly purpose: Purpose
  /** The session the challenge belongs to, where there is one. */
  readonly subject: string | null
  /** The client's IP address, for the limits. */
  readonly ip?: string | undefined
}

/**
 * What a code service says, or without one what the store is to find out: the attempt to redeem by,
 * and the code it compares.
 */
export async function prepareAttempt(
  context: Context,
  { idHash, by }: ChallengeName,
  { code, purpose, subject, ip }: SubmittedCode,
): Promise<JudgedAttempt> {
  const { settings, provider } = context
  const codeHashes = await hashCodeUnderEveryKey(await context.keyRing(), code, { idHash, purpose, subject })
  const charges = failureCharges(settings.limits, parseSourceAddress(ip))
  const attempt: Attempt = { idHash, purpose, subject, by, codeHashes, failureCharges: charges }
  const { codeService } = provider
  return codeService === null ? { attempt, code } : askCodeService(context, codeService, attempt, code)
}

/** Checks a code of somebody who is signed in; when it is right, consumes the challenge. */
export async function redeemChallenge(
  context: Context,
  challengeId: string,
  submitted: SubmittedCode & { readonly subject: string },
): Promise<Challenge> {
  const code = requireCode(context, submitted.code)
  const name = await nameChallenge(context, { challengeId })
  const judged = await prepareAttempt(context, name, { ...submitted, code })
  const outcome = await context.stores.otpStore.redeem(judged.attempt)
  if (outcome.outcome !== 'redeemed') throw await refusal(context, outcome, name.by)
  const { challenge } = outcome
  if (await proofBy(context, judged.code)(challenge)) return challenge
  throw new ChallengeExpiredError()
}

/**
 * Makes the last check of a code that was compared: whether it is the one that a redeemed challenge
 * was sent with. If so, the provider receives a report, once however often it is asked; if not, the
 * challenge was tampered with, which becomes an event.
 */
export function proofBy(context: Context, code: string): (challenge: Challenge) => Promise<boolean> {
  let isReported = false
  return async (challenge) => {
    if (!(await isCodeOf(context, challenge, code))) {
      await tellTampered(context, challenge)
      return false
    }
    if (!isReported) context.inBackground(reportOutcome(context, challenge, 'verified'))
    isReported = true
    return true
  }
}

/** Tells of a challenge whose row does not make the code that was compared. */
async function tellTampered(context: Context, { channel, phoneNumber }: Challenge): Promise<void> {
  // The code of a test number that is one no more was taken away by its configuration.
  if (channel !== 'none') await emitAbout(context, phoneNumber, { type: 'challenge_tampered' })
}

/** What a person typed, as a code. @throws {@link InvalidInputError} if it cannot be one. */
export function requireCode({ settings, provider }: Context, input: unknown): string {
  const { length } = settings.code
  const code = readCode(input, length)
  // A service's codes never become longer.
  if (code === null || (provider.codeService !== null && code.length !== length)) {
    throw new InvalidInputError('code', `the ${length} digits of the message, as a string`)
  }
  return code
}

/**
 * Whether a code is the one that a redeemed challenge was sent with. The stored hash was compared,
 * but a hash can be moved; deriving the code anew from the row proves that seed, number and purpose
 * are those it was sent with.
 */
async function isCodeOf(context: Context, challenge: Challenge, code: string): Promise<boolean> {
  const keys = (await context.keyRing()).find(({ id }) => id === challenge.keyId)
  if (keys === undefined) return false
  return isSameCode(await codeOf(context, keys, challenge, challenge.createdAt), code)
}
