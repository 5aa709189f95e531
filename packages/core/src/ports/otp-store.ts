import type { AttemptBy, Challenge, Delivery, NewChallenge, Purpose } from '../challenge/challenge.ts'
import type { Charge, Failure, FullBudget, Lane, Success } from '../limits/budget.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** A challenge to open, how long it is valid, and what opening it costs. */
export interface OpenRequest {
  readonly challenge: NewChallenge
  readonly ttlSeconds: number
  /** Charged in every lane. */
  readonly charges: readonly Charge[]
  /** The first lane with a known subject is used, or else the last one. */
  readonly lanes: readonly [...Lane[], Lane]
}

/** The outcome of an {@link OpenRequest}. */
export type OpenOutcome =
  /**
   * Every budget was charged and the challenge is open. `full` lists the budgets that now have no
   * room for the same charge again.
   */
  | { readonly outcome: 'opened'; readonly challenge: Challenge; readonly full: readonly FullBudget[] }
  /**
   * Nothing was charged or stored. `full` lists every budget of the lane without room; `at` is the
   * time of the store's clock.
   */
  | { readonly outcome: 'limited'; readonly full: readonly FullBudget[]; readonly at: Date }

/** A request to send another message for an open challenge. */
export interface ResendRequest {
  readonly idHash: string
  readonly charges: readonly Charge[]
  /** A new code that replaces the old one; `null` to send the old code again. */
  readonly replacement: { readonly seed: string; readonly codeHash: string; readonly keyId: string } | null
}

/** The outcome of a {@link ResendRequest}. */
export type ResendOutcome =
  | {
      readonly outcome: 'resent'
      readonly challenge: Challenge
      readonly full: readonly FullBudget[]
      readonly at: Date
    }
  | { readonly outcome: 'limited'; readonly full: readonly FullBudget[]; readonly at: Date }
  /** The challenge has used all its messages. */
  | { readonly outcome: 'no_sends_left' }
  /** The challenge has used all its attempts. */
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'gone' }

/** One attempt to redeem a challenge. */
export interface Attempt {
  readonly idHash: string
  readonly purpose: Purpose
  readonly sessionId: string | null
  readonly by: AttemptBy
  /**
   * The keyed hashes of the submitted code, one for each key in use; empty to count an attempt
   * before a code service checks the code.
   */
  readonly codeHashes: readonly string[]
  /** Recorded if the code is wrong, even if a budget has no room. */
  readonly failures: readonly Failure[]
  /** Recorded if the code is right. */
  readonly success: Success
}

/** The outcome of an {@link Attempt}. */
export type RedeemOutcome =
  | { readonly outcome: 'redeemed'; readonly challenge: Challenge }
  /** The code is wrong. `challenge` has the current count of attempts. */
  | { readonly outcome: 'wrong'; readonly challenge: Challenge }
  /** Callers of this kind have no attempts left. No code was compared. */
  | { readonly outcome: 'spent'; readonly challenge: Challenge }
  | { readonly outcome: 'gone' }

/** What the provider reports about a message: its delivery state and its handle. */
export interface DeliveryRecord {
  readonly idHash: string
  /** The number of the message within the challenge: 1 for the first. */
  readonly send: number
  readonly delivery: Delivery
  /** The provider's handle of the message; `null` to keep the stored handle. */
  readonly handle: string | null
}

/** A message of a challenge that expired unused. */
export interface ExpiredMessage {
  readonly phoneNumber: PhoneNumber
  readonly handle: string
}

/** The result of a purge. */
export interface PurgeResult {
  /** How many records were deleted: challenges and budgets together. */
  readonly deleted: number
  /** The messages with a handle of the deleted challenges, except of consumed ones. */
  readonly expired: readonly ExpiredMessage[]
}

/**
 * Stores challenges and the budgets that limit them.
 *
 * Each method is one atomic step: a concurrent call, in this process or another, sees it complete
 * or not started. The store uses its own clock. A challenge that is expired, consumed, discarded or
 * purged is treated like one that never existed: the result is `gone`, or `null`.
 */
export interface OtpStore {
  /** Why the store must not be used in production, if it must not. */
  readonly developmentOnly?: string

  /**
   * Charges every budget and stores the challenge, or does neither.
   *
   * A budget is what is recorded for one subject. A challenge is opened in the first of its `lanes`
   * whose subject had a success within `knownSeconds`, or that has no `knownSeconds`; if there is
   * none, in the last. The `charges` and those of the lane are charged together.
   *
   * - The methods `open`, `find` and `findLatest` return the challenge with all its fields.
   * - No budget records more than its limit, even when many calls and processes charge it at the
   *   same time.
   * - Within any window, wherever it begins, no budget records more than its limit.
   * - If any budget is full, charges nothing, stores nothing, and returns each full budget with the
   *   time at which it has room.
   * - A record with a grain counts each charge until the end of its window, and at most one grain
   *   longer.
   * - A charge of cost 0 takes nothing, and is refused unless the budget has room for 1.
   * - A rate since the last success counts only what was recorded after it.
   * - What a challenge reserves counts in every window until the challenge is redeemed or expires.
   * - A lane of a known subject is used only while the last success of the subject is recent
   *   enough.
   * - When the challenge is opened, `full` lists the budgets without room for the same charge
   *   again.
   * - Opening a challenge does not change any other open challenge.
   * - Opening a challenge does not refill the guess budget of the phone number.
   */
  open(request: OpenRequest): Promise<OpenOutcome>

  /**
   * Counts one more message for an open challenge, with a new code if there is a replacement.
   *
   * - A challenge never counts more than `maxSends` messages.
   * - A resend does not reset the attempts and does not extend the lifetime of the challenge.
   * - After a resend with a replacement code, only the new code is accepted.
   * - A resend charges every budget and counts the message, or does neither.
   * - A challenge that is spent, consumed, expired or unknown cannot be resent, and nothing is
   *   charged.
   */
  resend(request: ResendRequest): Promise<ResendOutcome>

  /**
   * Counts one attempt, compares the submitted code and, if it matches, consumes the challenge.
   *
   * - Counts each wrong code until no attempts are left.
   * - Redeems the challenge once, if any of the `codeHashes` matches.
   * - No two concurrent calls return the same `attempts`, and at most `maxAttempts` codes are
   *   compared.
   * - Of concurrent callers with the right code, exactly one redeems the challenge.
   * - While attempts are left, the right code is redeemed even if wrong codes are submitted at the
   *   same time.
   * - Attempts by phone number use at most `maxAttemptsByNumber` of the challenge's attempts, and
   *   those of strangers use at most one of these.
   * - An attempt with another purpose or session returns `gone` and does not change the challenge.
   * - A challenge is `gone` from `expiresAt` on.
   * - A right code returns what the challenge has reserved and not used, and records a success of
   *   the number, of the lane and of what becomes known.
   * - A wrong code moves one reserved attempt of each budget to its record, and records its other
   *   failures, even beyond the limits of their budgets.
   * - At most `maxDevices` devices of a number are known, those with the latest success.
   *
   * With a code service, core first counts an attempt without a code. After the service has checked
   * the code, core calls again with `by: 'code_service'`.
   *
   * - Of concurrent attempts without a code, `maxAttempts` are counted and return `wrong`, and the
   *   others return `spent`.
   * - An attempt that a code service has checked is not counted.
   * - An attempt that a code service has checked is not refused when no attempts are left.
   * - Of concurrent attempts that a code service has approved, exactly one redeems the challenge,
   *   even when no attempts are left.
   * - An attempt that a code service has checked returns `gone` in the same cases as any other.
   * - An attempt that a code service has checked records the same failures and successes as any
   *   other.
   */
  redeem(attempt: Attempt): Promise<RedeemOutcome>

  /**
   * Records the delivery state and the handle of one of a challenge's messages. Returns the updated
   * challenge; `null` if nothing was new, or if the challenge is no longer stored.
   *
   * - A delivery state is recorded only if it is of a later message than the recorded one, or a
   *   later state of the same message. The order of states is `queued`, `sent`, `failed`,
   *   `delivered`. So receipts may arrive twice and in any order.
   * - Of concurrent receipts, each is recorded at most once, and the latest state of the latest
   *   message remains.
   * - A handle is stored even if receipts of its message arrived first, unless a state or a handle
   *   of a later message is recorded. The recorded delivery state then stays.
   * - A stored handle stays until a later message replaces it, and storing it again returns `null`.
   * - After concurrent receipts and handles, the latest delivery state and the latest handle
   *   remain.
   * - A receipt is recorded for consumed and expired challenges too, until they are purged.
   * - The delivery state and the handle stay with the challenge when it is resent or redeemed.
   */
  recordDelivery(note: DeliveryRecord): Promise<Challenge | null>

  /**
   * Finds an open challenge.
   *
   * - The methods `find` and `findLatest` return `null` for an expired, consumed or unknown
   *   challenge.
   */
  find(idHash: string): Promise<Challenge | null>

  /**
   * Finds an open challenge of a phone number and purpose.
   *
   * - Of several open challenges, `findLatest` returns the last that the given network started, or
   *   else the last of all.
   */
  findLatest(phoneNumber: PhoneNumber, purpose: Purpose, network: string | null): Promise<Challenge | null>

  /**
   * Discards challenges. A discarded challenge is `gone` from then on.
   *
   * - Ends every open challenge of the given phone numbers, for any purpose, and no other, and
   *   returns how many it ended.
   * - What a discarded challenge has reserved counts until the challenge would have expired.
   * - Of concurrent calls to `redeem` and `discard`, exactly one ends the challenge.
   */
  discard(phoneNumbers: readonly PhoneNumber[]): Promise<number>

  /**
   * Forgets the known networks and devices of a number.
   *
   * - After `forget`, no network and no device of the number is known, and what is recorded about
   *   them still counts.
   */
  forget(numberSubject: string): Promise<void>

  /**
   * Deletes old records.
   *
   * - A purge deletes at most `limit` expired challenges and `limit` budgets of which nothing
   *   counts any more, and nothing that is still in effect.
   * - A purge returns each message with a handle once, unless its challenge was redeemed or
   *   discarded.
   */
  purge(limit: number): Promise<PurgeResult>
}
