import type { AttemptBy, Challenge, Delivery, NewChallenge, Purpose } from '../challenge/challenge.ts'
import type { Charge, FullBudget } from '../limits/budget.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** A challenge to open: what core decides, and how long it lives. */
export interface OpenRequest {
  readonly challenge: NewChallenge
  readonly ttlSeconds: number
  readonly charges: readonly Charge[]
}

/** What became of an {@link OpenRequest}. */
export type OpenOutcome =
  /**
   * Everything was charged and the challenge is open. `full` lists the budgets that now have no
   * room for the same charge again.
   */
  | { readonly outcome: 'opened'; readonly challenge: Challenge; readonly full: readonly FullBudget[] }
  /**
   * Nothing was charged or stored. `full` lists every budget without room, `at` is the store's own
   * time.
   */
  | { readonly outcome: 'limited'; readonly full: readonly FullBudget[]; readonly at: Date }

/** Another message for an open challenge. */
export interface ResendRequest {
  readonly idHash: string
  readonly charges: readonly Charge[]
  /** A new code that takes the place of the old one; without it the message repeats the old one. */
  readonly replacement: { readonly seed: string; readonly codeHash: string; readonly keyId: string } | null
}

/** What became of a {@link ResendRequest}. */
export type ResendOutcome =
  | {
      readonly outcome: 'resent'
      readonly challenge: Challenge
      readonly full: readonly FullBudget[]
      readonly at: Date
    }
  | { readonly outcome: 'limited'; readonly full: readonly FullBudget[]; readonly at: Date }
  /** All the messages the challenge allows were sent. */
  | { readonly outcome: 'no_sends_left' }
  /** All the attempts the challenge allows were used. */
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'gone' }

/** One guess at the code of one challenge. */
export interface Attempt {
  readonly idHash: string
  readonly purpose: Purpose
  readonly subject: string | null
  readonly by: AttemptBy
  /**
   * The keyed hashes of the one submitted code, one for each key in use; none to count an attempt
   * before a code service is asked.
   */
  readonly codeHashes: readonly string[]
  /** Taken without asking for room, if the code is wrong. */
  readonly failureCharges: readonly Charge[]
}

/** What became of an {@link Attempt}. */
export type RedeemOutcome =
  | { readonly outcome: 'redeemed'; readonly challenge: Challenge }
  /** The code is wrong; `attemptsRemaining` callers of the same kind may still make. */
  | { readonly outcome: 'wrong'; readonly challenge: Challenge; readonly attemptsRemaining: number }
  /** No attempt is left to callers of this kind. Nothing was compared. */
  | { readonly outcome: 'spent'; readonly challenge: Challenge }
  | { readonly outcome: 'gone' }

/** What is known of a message: how far it is on its way, and what the provider knows it by. */
export interface DeliveryNote {
  readonly idHash: string
  /** Which of the challenge's messages: 1 for the first. */
  readonly send: number
  readonly delivery: Delivery
  /** What the provider knows the message by; `null` leaves the stored handle as it is. */
  readonly handle: string | null
}

/** A message of a challenge that ended unused. */
export interface ExpiredMessage {
  readonly phoneNumber: PhoneNumber
  readonly handle: string
}

/** What a purge deleted. */
export interface PurgeResult {
  /** How many rows, of all kinds together. */
  readonly deleted: number
  /** The messages with a handle among the deleted challenges, but for those of consumed ones. */
  readonly expired: readonly ExpiredMessage[]
}

/**
 * Keeps challenges and the budgets that guard them.
 *
 * Each method is one atomic step: whatever runs at the same time, in this process or another, sees
 * it done or not begun. Time is the store's own. An expired, a consumed, a discarded, a purged and
 * a never opened challenge are one case: `gone`, or `null`.
 */
export interface OtpStore {
  /** Why the store must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Charges every budget and stores the challenge, or does neither.
   *
   * - Never admits more than a budget's limit in its window, under any concurrency, over any number
   *   of processes.
   * - When any budget is full, charges nothing, stores nothing and says which budgets are full and
   *   until when.
   * - A budget's window starts at its first charge and ends `windowSeconds` later.
   * - Opening another challenge leaves every open one as it is.
   */
  open(request: OpenRequest): Promise<OpenOutcome>

  /**
   * Charges every budget and counts one more message for the challenge, or does neither.
   *
   * - Never admits more than `maxSends` messages.
   * - Resets no attempts and extends no life.
   * - A replacement code takes the place of the old one.
   */
  resend(request: ResendRequest): Promise<ResendOutcome>

  /**
   * Counts one attempt, compares the submitted code and, when it matches, consumes the challenge.
   *
   * - Of N concurrent calls no two see the same `attempts`, and at most `maxAttempts` codes are
   *   ever compared.
   * - A challenge is redeemed by exactly one caller.
   * - Callers by phone number use at most `maxAttemptsByNumber` of the attempts.
   * - Another purpose or subject finds the challenge gone and leaves it as it is.
   * - A challenge is gone from the instant of `expiresAt` on.
   * - A redeemed challenge gives back to its budgets what each charge says.
   * - A wrong code takes its failure charges, even beyond their limit.
   * - An attempt without a code counts, and is wrong or finds the challenge spent.
   * - An attempt that a code service has judged is not counted, and used-up attempts do not refuse
   *   it. All else holds for it, too.
   */
  redeem(attempt: Attempt): Promise<RedeemOutcome>

  /**
   * Notes what is known of one of a challenge's messages, if that is news.
   *
   * - News is what concerns a later message than what was noted before, or the same message further
   *   on its way: queued, sent, failed, delivered. So receipts may come twice and in any order.
   * - A handle is news as well, unless something of a later message was noted. It is stored also
   *   when receipts of its message came before it, and then leaves the delivery as it is.
   * - Gives the challenge as it is now; `null` when nothing was news, or the challenge is not kept
   *   any more.
   * - Works on consumed and expired challenges too, while they are kept.
   * - What was noted stays with the challenge, whatever else becomes of it.
   */
  noteDelivery(note: DeliveryNote): Promise<Challenge | null>

  /** Finds an open challenge. */
  find(idHash: string): Promise<Challenge | null>

  /** Finds the open challenge of a number and purpose that was opened last. */
  findLatest(phoneNumber: PhoneNumber, purpose: Purpose): Promise<Challenge | null>

  /**
   * Ends every open challenge of some numbers, whatever its purpose; returns how many that were.
   *
   * - They are gone from then on, and give nothing back to their budgets.
   */
  discard(phoneNumbers: readonly PhoneNumber[]): Promise<number>

  /**
   * Deletes at most `limit` expired challenges and `limit` ended budget windows.
   *
   * - Returns each message with a handle whose challenge was neither redeemed nor discarded, once.
   */
  purge(limit: number): Promise<PurgeResult>
}
