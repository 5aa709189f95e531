import type { PhoneNumber } from '../phone-number/phone-number.ts'

/**
 * What proving possession of a number is for. A challenge of one purpose is refused for every
 * other.
 */
export type Purpose = 'sign_in' | 'change_phone' | 'step_up'

/**
 * How the code travels. `none`: nothing is ever sent, as for a test number, or the decoy of an
 * unknown number under closed registration.
 */
export type Channel = 'sms' | 'none'

/** What is known of the way of a challenge's latest message. */
export type Delivery = 'unknown' | 'queued' | 'sent' | 'failed' | 'delivered'

/**
 * The characters a code is made of: decimal digits, or the 32 of Crockford's alphabet, which has no
 * I, L, O or U.
 */
export type CodeAlphabet = 'digits' | 'crockford32'

/** How a code looks. */
export interface CodeFormat {
  readonly alphabet: CodeAlphabet
  /** Number of characters. */
  readonly length: number
}

/** What core decides about a challenge before it is opened. */
export interface NewChallenge {
  /** SHA-256 of the challenge id; the id itself is known to its starter alone. */
  readonly idHash: string
  readonly purpose: Purpose
  /** For signed-in purposes, the user and session the challenge belongs to. */
  readonly subject: string | null
  readonly channel: Channel
  readonly phoneNumber: PhoneNumber
  /** 128 random bits from which the code is derived, together with the server's key. */
  readonly seed: string
  /** Keyed hash of the code; of nothing at all for a decoy, so that no code can match. */
  readonly codeHash: string
  /** Which secret the code was derived and hashed under. */
  readonly keyId: string
  readonly format: CodeFormat
  /** Comparisons the challenge allows, over all callers. */
  readonly maxAttempts: number
  /** How many of them callers may use who know the number but not the challenge id. */
  readonly maxAttemptsByNumber: number
  /** Messages the challenge allows, the first one included. */
  readonly maxSends: number
}

/** One open verification of one phone number, as stored. Never holds the code. */
export interface Challenge extends NewChallenge {
  readonly attempts: number
  readonly attemptsByNumber: number
  readonly sends: number
  /**
   * `unknown` until a receipt arrives; after a resend that of the message before, until one of the
   * new message does.
   */
  readonly delivery: Delivery
  /** What the provider knows the latest message or verification by; `null` until that is stored. */
  readonly handle: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When the right code was submitted, or the challenge discarded; `null` while it is open. */
  readonly consumedAt: Date | null
}

/**
 * Whether a challenge can still be redeemed or resent at `now`, as far as time and consumption go.
 */
export function isOpen(challenge: Challenge, now: Date): boolean {
  return challenge.consumedAt === null && now < challenge.expiresAt
}

/**
 * How many of the attempts that were reserved for it a redeemed challenge did not need: all but the
 * wrong ones.
 */
export function unusedAttempts({ maxAttempts, attempts }: Pick<Challenge, 'maxAttempts' | 'attempts'>): number {
  return maxAttempts - (attempts - 1)
}

/**
 * Whose attempt it is: a caller's who names the challenge by its id, or by the phone number alone;
 * or a code service's, which has judged the code of an attempt that was counted before.
 */
export type AttemptBy = 'challenge_id' | 'phone_number' | 'code_service'

/**
 * How many more attempts callers of one kind have.
 *
 * Those who know only the number share a part of the attempts, so that a stranger can never use up
 * those of the person who holds the id.
 */
export function attemptsLeft(challenge: Challenge, by: AttemptBy): number {
  const left = challenge.maxAttempts - challenge.attempts
  return by === 'phone_number' ? Math.min(left, challenge.maxAttemptsByNumber - challenge.attemptsByNumber) : left
}

/** How far a message can be, in order. */
export const DELIVERIES: readonly Delivery[] = ['unknown', 'queued', 'sent', 'failed', 'delivered']

/**
 * Orders what is noted of a challenge's messages: only a higher rank is news. 0 is below all that
 * can be noted.
 */
export function deliveryRank({ send, delivery }: { readonly send: number; readonly delivery: Delivery }): number {
  return send * 8 + DELIVERIES.indexOf(delivery)
}
