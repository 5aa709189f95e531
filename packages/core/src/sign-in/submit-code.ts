import type { Challenge, Purpose } from '../challenge/challenge.ts'
import { hashCodeUnderEveryKey, isSameCode, readCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { reportLater } from '../delivery/report-outcome.ts'
import { ChallengeExpiredError, InvalidInputError } from '../errors/index.ts'
import { failuresOf, successOf } from '../limits/policy.ts'
import type { Attempt } from '../ports/otp-store.ts'
import { askCodeService, type JudgedAttempt } from './ask-code-service.ts'
import { codeOf } from './code-of.ts'
import { type ChallengeName, nameChallenge } from './find-challenge.ts'
import { refusal } from './refusal.ts'
import { sourceOf } from './source-of.ts'

/** A code that a user submitted for a challenge. */
export interface SubmittedCode {
  readonly code: string
  readonly purpose: Purpose
  /** The session that the challenge belongs to, if any. */
  readonly sessionId: string | null
  /** The client's IP address, for the limits. */
  readonly ip?: string | undefined
  /** Parts of the number that are known after a right code. */
  readonly known?: readonly string[]
  /** Parts of the number that are no longer known after a right code. */
  readonly forgotten?: readonly string[]
}

/**
 * Returns the attempt that the store redeems, and the code that the store compares. A code service
 * checks the code first.
 */
export async function prepareAttempt(
  context: Context,
  { idHash, by }: ChallengeName,
  { code, purpose, sessionId, ip, known = [], forgotten = [] }: SubmittedCode,
): Promise<JudgedAttempt> {
  const { settings, provider } = context
  const codeHashes = await hashCodeUnderEveryKey(await context.keyRing(), code, { idHash, purpose, sessionId })
  const { limits } = settings
  const source = sourceOf(context, ip)
  const failures = failuresOf(limits, source)
  const success = successOf(limits, known, forgotten)
  const attempt: Attempt = { idHash, purpose, sessionId, by, codeHashes, failures, success }
  const { codeService } = provider
  return codeService === null ? { attempt, code } : askCodeService(context, codeService, attempt, source, code)
}

/** Checks a code of a signed-in user and, if it is right, consumes the challenge. */
export async function redeemChallenge(
  context: Context,
  challengeId: string,
  submitted: SubmittedCode & { readonly sessionId: string },
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
 * Returns the last check of a code that the store compared: whether a redeemed challenge was sent
 * with it. If so, the provider receives a report, and only one if the check runs again. If not, the
 * challenge was tampered with, and an event reports it.
 */
export function proofBy(context: Context, code: string): (challenge: Challenge) => Promise<boolean> {
  let isReported = false
  return async (challenge) => {
    if (!(await isCodeOf(context, challenge, code))) {
      await reportTampered(context, challenge)
      return false
    }
    if (!isReported) reportLater(context, challenge, 'verified')
    isReported = true
    return true
  }
}

/** Emits the event for a challenge with a row that does not produce the compared code. */
async function reportTampered(context: Context, { channel, phoneNumber }: Challenge): Promise<void> {
  // A former test number has lost its fixed code by configuration. That is not tampering.
  if (channel !== 'none') await emitAbout(context, phoneNumber, { type: 'challenge_tampered' })
}

/**
 * Reads a code as the user typed it.
 *
 * @throws {@link InvalidInputError} if it cannot be a code.
 */
export function requireCode({ settings, provider }: Context, input: unknown): string {
  const { length } = settings.code
  const code = readCode(input, length)
  // The codes of a service are never hardened.
  if (code === null || (provider.codeService !== null && code.length !== length)) {
    throw new InvalidInputError('code', `the ${length} digits of the message, as a string`)
  }
  return code
}

/**
 * Whether a redeemed challenge was sent with a code. The store compared the stored hash, but a hash
 * can be moved to another row. Deriving the code again from the row proves that seed, number and
 * purpose are unchanged.
 */
async function isCodeOf(context: Context, challenge: Challenge, code: string): Promise<boolean> {
  const keys = (await context.keyRing()).find(({ id }) => id === challenge.keyId)
  if (keys === undefined) return false
  return isSameCode(await codeOf(context, keys, challenge, challenge.createdAt), code)
}
