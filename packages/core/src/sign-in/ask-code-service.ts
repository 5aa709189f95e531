import type { Challenge } from '../challenge/challenge.ts'
import { hashCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { ChallengeExpiredError, SmsUnavailableError, TooManyAttemptsError } from '../errors/index.ts'
import { failuresOf } from '../limits/policy.ts'
import type { SourceAddress } from '../limits/source-address.ts'
import { networkOf } from '../limits/subjects.ts'
import type { CodeService, CodeVerdict } from '../ports/code-service.ts'
import type { Attempt } from '../ports/otp-store.ts'
import { providerError, providerFacts } from '../senders/provider-error.ts'
import { within } from '../senders/within.ts'
import { codeOf } from './code-of.ts'
import { refusal } from './refusal.ts'

/**
 * An attempt that the code service has checked, and the code that the store compares in place of
 * the submitted one.
 */
export interface JudgedAttempt {
  readonly attempt: Attempt
  readonly code: string
}

/**
 * Asks the code service to check a submitted code.
 *
 * An attempt of the challenge is counted before the service is asked. So the service never compares
 * more codes than the challenge allows, even if calls run concurrently. If the service approves,
 * the challenge's own code, which was never sent, replaces the submitted one: the store still
 * consumes the challenge in one atomic step.
 */
export async function askCodeService(
  context: Context,
  service: CodeService,
  submitted: Attempt,
  source: SourceAddress | null,
  code: string,
): Promise<JudgedAttempt> {
  const claim = await context.stores.otpStore.redeem({ ...submitted, codeHashes: [], failures: [] })
  if (claim.outcome === 'redeemed') throw new Error('The store redeemed a challenge without comparing a code.')
  if (claim.outcome !== 'wrong') throw await refusal(context, claim, submitted.by)
  const { challenge } = claim
  const keys = (await context.keyRing()).find(({ id }) => id === challenge.keyId)
  if (keys === undefined) throw new ChallengeExpiredError()

  const verdict = await verdictOn(context, service, challenge, source, code)
  if (verdict === 'approved') {
    const own = await codeOf(context, keys, challenge, challenge.createdAt)
    const codeHashes = [await hashCode(keys, own, challenge)]
    return { attempt: { ...submitted, by: 'code_service', codeHashes, failures: [] }, code: own }
  }
  // The service does not know decoys. Under closed registration, its answer must not reveal that a
  // number is a decoy.
  if (verdict === 'wrong' || context.settings.registration === 'closed') {
    const failures = failuresOf(context.settings.limits, source, challenge.numberSubject)
    return { attempt: { ...submitted, by: 'code_service', codeHashes: [], failures }, code }
  }
  if (verdict === 'gone') throw new ChallengeExpiredError()
  await emitAbout(context, challenge.phoneNumber, { type: 'challenge_spent', by: submitted.by })
  throw new TooManyAttemptsError()
}

async function verdictOn(
  context: Context,
  service: CodeService,
  { phoneNumber: to, handle }: Challenge,
  source: SourceAddress | null,
  code: string,
): Promise<CodeVerdict> {
  const limits = { timeoutMs: context.settings.sendTimeoutMs, source: networkOf(source) }
  try {
    return await within(limits, (options) => service.check({ to, handle, code }, options))
  } catch (thrown) {
    const error = providerError(thrown, { to, code })
    const facts = providerFacts(error)
    await emitAbout(context, to, { type: 'code_check_failed', ...facts })
    if (error.code === 'rate_limited') throw error
    const retryAfterSeconds = error.code === 'sms_unavailable' ? error.retryAfterSeconds : null
    throw new SmsUnavailableError(false, { ...facts, retryAfterSeconds })
  }
}
