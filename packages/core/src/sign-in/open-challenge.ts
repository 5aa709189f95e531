import type { Challenge, Channel, CodeFormat, NewChallenge, Purpose } from '../challenge/challenge.ts'
import { HARDENED_FORMATS, hardenedFormat } from '../challenge/code-format.ts'
import { hashChallengeId, hashCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { randomBytes, toBase64Url } from '../crypto/bytes.ts'
import { sendCode } from '../delivery/send-code.ts'
import { type AnyPhoneAuthError, isPhoneAuthError, RateLimitedError, SmsUnavailableError } from '../errors/index.ts'
import { type FullBudget, secondsUntilRoom } from '../limits/budget.ts'
import { type BudgetSubject, type Guesses, lanesOf, sourceCharges } from '../limits/policy.ts'
import { devicePart, userSubject } from '../limits/subjects.ts'
import { fingerprint } from '../phone-number/fingerprint.ts'
import { type PhoneNumber, regionOf } from '../phone-number/phone-number.ts'
import type { OpenOutcome } from '../ports/otp-store.ts'
import type { UserId } from '../ports/user-store.ts'
import { continueFrom, secondsUntil } from '../time/store-time.ts'
import { codeOf } from './code-of.ts'
import { sourceOf } from './source-of.ts'

/** The address of the client that requests a code, and the user's languages. */
export interface CodeRequestFacts {
  /** The client's IP address. Requests without an address share one small budget. */
  readonly ip?: string | undefined
  /**
   * The languages that the user reads (BCP 47), the preferred one first. The message is in the
   * first that `messages.locales` offers.
   */
  readonly locale?: string | readonly string[] | undefined
}

/** A challenge that was opened. */
export interface StartResult {
  /**
   * The id of the challenge: 128 random bits. Only the client that started the challenge should use
   * it: keep it out of logs and URLs.
   */
  readonly challengeId: string
  /** The number in E.164 form. */
  readonly phoneNumber: PhoneNumber
  readonly expiresAt: Date
  /** Whole seconds until `expiresAt`, for clients whose clocks are wrong. */
  readonly expiresInSeconds: number
  /** When a resend is allowed; `null` if all messages of the challenge were sent. */
  readonly resendAt: Date | null
  /** Whole seconds until `resendAt`; `null` if all messages of the challenge were sent. */
  readonly resendInSeconds: number | null
}

/**
 * The kind of recipient. A decoy is an unknown number under closed registration: it has the same
 * answers and limits, but receives no message, and no code matches. A test number has a known code,
 * so it receives no message either; its guesses are limited like those of any number.
 */
export type Recipient = 'person' | 'decoy' | 'test_number'

/** The purpose and the recipient of a challenge. */
export interface ChallengeSubject {
  readonly purpose: Purpose
  /** The session that the challenge belongs to, if any. */
  readonly sessionId: string | null
  /** The signed-in user, if any. */
  readonly userId: UserId | null
  readonly phoneNumber: PhoneNumber
  readonly recipient: Recipient
  /** The token of a device that has signed in before, if any. */
  readonly deviceToken?: string | undefined
}

const HARDENED_TTL_SECONDS = 300

/** Opens a challenge for a number, if the limits allow it, and sends its code. */
export async function openChallenge(
  context: Context,
  about: ChallengeSubject,
  { ip, locale }: CodeRequestFacts,
): Promise<StartResult> {
  const { code: codes } = context.settings
  const { phoneNumber, purpose, recipient } = about
  const charged = await budgetSubject(context, about, ip)
  // A code service creates its own codes. The code stored here is never sent: the store compares it
  // after the service has approved (see `askCodeService`).
  const areCodesOurs = context.provider.codeService === null
  const format: CodeFormat = areCodesOurs ? { alphabet: 'digits', length: codes.length } : HARDENED_FORMATS.alphanumeric
  const by = areCodesOurs ? 'reserved' : 'judged'
  let opening = await open(context, about, charged, format, codes.ttlSeconds, by)
  // A full guess budget hardens the code. Any other full budget refuses the start until it has
  // room. Neither the codes of a service nor those of test numbers can be hardened.
  const canHarden = areCodesOurs && recipient !== 'test_number'
  const isRefusing = ({ kind }: FullBudget) => !canHarden || kind !== 'guesses'
  const isHardened = opening.result.outcome === 'limited' && !opening.result.full.some(isRefusing)
  if (isHardened) {
    const ttlSeconds = Math.min(codes.ttlSeconds, HARDENED_TTL_SECONDS)
    const longer = hardenedFormat(codes.hardened, regionOf(phoneNumber))
    opening = await open(context, about, charged, longer, ttlSeconds, 'unlimited')
  }

  const { result, challengeId, code } = opening
  if (result.outcome === 'limited') {
    throw await limited(context, phoneNumber, { full: result.full.filter(isRefusing), at: result.at })
  }
  const { challenge } = result
  await emitAbout(context, phoneNumber, { type: 'challenge_opened', purpose, isHardened })
  const storeTime = continueFrom(challenge.createdAt)
  const started = () => ({ challengeId, ...startResult(challenge, result.full, storeTime()) })
  try {
    await sendCode(context, { challenge, code, now: challenge.createdAt, locale, source: charged.source })
  } catch (error) {
    throw isPhoneAuthError(error) ? withChallenge(error, started()) : error
  }
  return started()
}

interface Opening {
  readonly challengeId: string
  readonly code: string
  readonly result: OpenOutcome
}

async function open(
  context: Context,
  about: ChallengeSubject,
  charged: BudgetSubject,
  format: CodeFormat,
  ttlSeconds: number,
  by: Guesses['by'],
): Promise<Opening> {
  const { limits, code } = context.settings
  const { challenge, ...drawn } = await drawChallenge(context, about, charged, format)
  const charges = sourceCharges(limits, charged, code.maxAttempts)
  const lanes = lanesOf(limits, charged, { maxAttempts: code.maxAttempts, by })
  return { ...drawn, result: await context.stores.otpStore.open({ challenge, ttlSeconds, charges, lanes }) }
}

/** Returns what the limits of a start depend on. */
async function budgetSubject(
  context: Context,
  { phoneNumber, purpose, userId, recipient, deviceToken }: ChallengeSubject,
  ip: string | undefined,
): Promise<BudgetSubject> {
  return {
    numberSubject: await fingerprint(await context.keyRing(), phoneNumber),
    source: sourceOf(context, ip),
    devicePart: await devicePart(deviceToken),
    userSubject: userId === null ? null : userSubject(userId),
    purpose,
    isTestNumber: recipient === 'test_number',
  }
}

async function drawChallenge(
  context: Context,
  { purpose, sessionId, phoneNumber, recipient }: ChallengeSubject,
  { numberSubject, userSubject, source }: BudgetSubject,
  format: CodeFormat,
): Promise<{ challengeId: string; challenge: NewChallenge; code: string }> {
  const { maxAttempts, maxAttemptsByNumber, maxSends } = context.settings.code
  const [keys] = await context.keyRing()
  const challengeId = toBase64Url(randomBytes(16))
  const seed = toBase64Url(randomBytes(16))
  const binding = { idHash: await hashChallengeId(challengeId), purpose, sessionId }
  const code = await codeOf(context, keys, { ...binding, seed, phoneNumber, format }, context.now())
  const codeHash = await hashCode(keys, code, binding)
  const channel: Channel = recipient === 'person' ? 'sms' : 'none'
  const challenge: NewChallenge = {
    ...binding,
    channel,
    phoneNumber,
    seed,
    codeHash: recipient === 'decoy' ? toBase64Url(randomBytes(32)) : codeHash,
    keyId: keys.id,
    format,
    maxAttempts,
    maxAttemptsByNumber,
    maxSends,
    numberSubject,
    userSubject,
    network: source?.prefix ?? null,
  }
  return { challengeId, challenge, code }
}

// The code may still arrive, so the caller needs the challenge to continue.
function withChallenge(error: AnyPhoneAuthError, { phoneNumber: _, ...pending }: StartResult): AnyPhoneAuthError {
  if (error.code !== 'sms_unavailable' || !error.mayHaveBeenSent) return error
  const { message: explanation, providerCode, concernsRecipient, retryAfterSeconds } = error
  return new SmsUnavailableError(true, { explanation, providerCode, concernsRecipient, retryAfterSeconds }, pending)
}

/** Returns the result of a start at a time of the store, without the challenge id. */
export function startResult(
  challenge: Challenge,
  full: readonly FullBudget[],
  now: Date,
): Omit<StartResult, 'challengeId'> {
  const { phoneNumber, expiresAt, createdAt } = challenge
  const waits = full.flatMap(({ kind, until }) => (isForMessages(kind) ? [until.getTime()] : []))
  const resendAt = new Date(Math.max(createdAt.getTime(), ...waits))
  const canResend = challenge.sends < challenge.maxSends
  return {
    phoneNumber,
    expiresAt,
    expiresInSeconds: secondsUntil(expiresAt, now, Math.floor),
    resendAt: canResend ? resendAt : null,
    resendInSeconds: canResend ? secondsUntil(resendAt, now, Math.ceil) : null,
  }
}

/** Emits the event for a call that a limit refused, and returns the error. */
export async function limited(
  context: Context,
  phoneNumber: PhoneNumber,
  { full, at }: { readonly full: readonly FullBudget[]; readonly at: Date },
): Promise<RateLimitedError> {
  const retryAfterSeconds = secondsUntilRoom(full, at)
  await emitAbout(context, phoneNumber, { type: 'rate_limited', retryAfterSeconds })
  return new RateLimitedError(retryAfterSeconds)
}

function isForMessages(kind: FullBudget['kind']): boolean {
  return kind === 'sends' || kind === 'starts'
}
