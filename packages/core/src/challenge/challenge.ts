import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** What a challenge is for. A challenge of one purpose is refused for every other purpose. */
export type Purpose = 'sign_in' | 'change_phone' | 'step_up'

/**
 * How the code is delivered. `none`: nothing is sent, as for a test number, or for the decoy of an
 * unknown number under closed registration.
 */
export type Channel = 'sms' | 'none'

/** The delivery state of a challenge's latest message. */
export type Delivery = 'unknown' | 'queued' | 'sent' | 'failed' | 'delivered'

/**
 * The characters of a code: decimal digits, or the 32 characters of Crockford's alphabet, which has
 * no I, L, O or U.
 */
export type CodeAlphabet = 'digits' | 'crockford32'

/** The alphabet and the length of a code. */
export interface CodeFormat {
  readonly alphabet: CodeAlphabet
  /** Number of characters. */
  readonly length: number
}

/** The fields of a challenge that core sets before it is opened. */
export interface NewChallenge {
  /** SHA-256 of the challenge id. Only the client that started the challenge has the id. */
  readonly idHash: string
  readonly purpose: Purpose
  /** The id of the session that the challenge belongs to; `null` for a sign-in. */
  readonly sessionId: string | null
  readonly channel: Channel
  readonly phoneNumber: PhoneNumber
  /** 128 random bits. The code is derived from them and the server's key. */
  readonly seed: string
  /** Keyed hash of the code; random bytes for a decoy, so that no code can match. */
  readonly codeHash: string
  /** Names the secret with which the code was derived and hashed. */
  readonly keyId: string
  readonly format: CodeFormat
  /** The number of comparisons that the challenge allows, over all callers. */
  readonly maxAttempts: number
  /** How many of them callers can use with the number alone, without the challenge id. */
  readonly maxAttemptsByNumber: number
  /** The number of messages that the challenge allows, including the first. */
  readonly maxSends: number
  /** The subject of the number's budgets: a keyed pseudonym. */
  readonly numberSubject: string
  /** The subject of the signed-in user's budgets; `null` for a sign-in. */
  readonly userSubject: string | null
  /** The network that started the challenge; `null` if it is not known. */
  readonly network: string | null
}

/** One open verification of one phone number, as stored. Never contains the code. */
export interface Challenge extends NewChallenge {
  readonly attempts: number
  readonly attemptsByNumber: number
  /** How many attempts by number came from another network than the one that started it. */
  readonly attemptsByStranger: number
  readonly sends: number
  /** The subject of the lane in which the challenge was opened; `null` for strangers. */
  readonly lane: string | null
  /**
   * `unknown` until a receipt arrives. After a resend it is the state of the previous message until
   * a receipt of the new one arrives.
   */
  readonly delivery: Delivery
  /** The provider's id of the latest message or verification; `null` until it is stored. */
  readonly handle: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When the right code was submitted or the challenge was discarded; `null` until then. */
  readonly consumedAt: Date | null
}

/** Whether a challenge is neither consumed nor expired at `now`. */
export function isOpen(challenge: Challenge, now: Date): boolean {
  return challenge.consumedAt === null && now < challenge.expiresAt
}

/** How many of its reserved attempts a redeemed challenge did not need: all but the wrong ones. */
export function unusedAttempts({ maxAttempts, attempts }: Pick<Challenge, 'maxAttempts' | 'attempts'>): number {
  return maxAttempts - (attempts - 1)
}

/**
 * How the caller of an attempt names the challenge: by its id, or by the phone number alone. A
 * `stranger` has only the number, and calls from another network than the one that started the
 * challenge. `code_service` is the verdict of a code service on an attempt that was counted before.
 */
export type AttemptBy = 'challenge_id' | 'phone_number' | 'stranger' | 'code_service'

/** How many attempts of a challenge strangers share. */
export const MAX_ATTEMPTS_BY_STRANGER = 1

/** Whether the caller of an attempt has only the phone number. */
export function isByNumber(by: AttemptBy): boolean {
  return by === 'phone_number' || by === 'stranger'
}

/**
 * How many attempts callers of one kind have left.
 *
 * Callers that know only the number share a part of the attempts, so that an attacker can never use
 * up the attempts of the client that has the id. Strangers share one, so that strangers cannot use
 * up the attempts of a client that has only the number.
 */
export function attemptsLeft(challenge: Challenge, by: AttemptBy): number {
  const left = challenge.maxAttempts - challenge.attempts
  if (!isByNumber(by)) return left
  const leftByNumber = Math.min(left, challenge.maxAttemptsByNumber - challenge.attemptsByNumber)
  return by === 'phone_number'
    ? leftByNumber
    : Math.min(leftByNumber, MAX_ATTEMPTS_BY_STRANGER - challenge.attemptsByStranger)
}

/** The delivery states, in order. */
export const DELIVERIES: readonly Delivery[] = ['unknown', 'queued', 'sent', 'failed', 'delivered']

/**
 * Orders the delivery reports of a challenge: a store records only a higher rank. 0 is below the
 * rank of every report.
 */
export function deliveryRank({ send, delivery }: { readonly send: number; readonly delivery: Delivery }): number {
  return send * 8 + DELIVERIES.indexOf(delivery)
}
