import {
  attemptsLeft,
  type Challenge,
  deliveryRank,
  isOpen,
  type Purpose,
  unusedAttempts,
} from '../challenge/challenge.ts'
import {
  type BudgetWindow,
  type Charge,
  type FullBudget,
  fullBudgets,
  type Settlement,
  settlementsOf,
  windowAt,
} from '../limits/budget.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type {
  Attempt,
  DeliveryRecord,
  OpenOutcome,
  OpenRequest,
  OtpStore,
  PurgeResult,
  RedeemOutcome,
  ResendOutcome,
  ResendRequest,
} from '../ports/otp-store.ts'
import { DEVELOPMENT_ONLY } from './development-only.ts'

/** A challenge with the fields that only the store uses. */
type Kept = Challenge & { readonly settlements: readonly Settlement[]; readonly deliveryRank: number }

/** An {@link OtpStore} in memory. No method awaits anything, so each is one atomic step. */
export class MemoryOtpStore implements OtpStore {
  readonly developmentOnly = DEVELOPMENT_ONLY
  readonly #challenges = new Map<string, Kept>()
  readonly #budgets = new Map<string, BudgetWindow>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  async open({ challenge, ttlSeconds, charges }: OpenRequest): Promise<OpenOutcome> {
    const now = this.#now()
    const charged = this.#charge(charges, now)
    if (!charged.isAdmitted) return { outcome: 'limited', full: charged.full, at: now }
    const opened: Kept = {
      ...challenge,
      attempts: 0,
      attemptsByNumber: 0,
      sends: 1,
      delivery: 'unknown',
      handle: null,
      createdAt: now,
      expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
      consumedAt: null,
      settlements: settlementsOf(charges),
      deliveryRank: 0,
    }
    this.#challenges.set(challenge.idHash, opened)
    return { outcome: 'opened', challenge: challengeOf(opened), full: charged.full }
  }

  async resend({ idHash, charges, replacement }: ResendRequest): Promise<ResendOutcome> {
    const now = this.#now()
    const challenge = this.#challenges.get(idHash)
    if (challenge === undefined || !isOpen(challenge, now)) return { outcome: 'gone' }
    if (attemptsLeft(challenge, 'challenge_id') <= 0) return { outcome: 'spent' }
    if (challenge.sends >= challenge.maxSends) return { outcome: 'no_sends_left' }
    const charged = this.#charge(charges, now)
    if (!charged.isAdmitted) return { outcome: 'limited', full: charged.full, at: now }
    const resent = { ...challenge, ...replacement, sends: challenge.sends + 1 }
    this.#challenges.set(idHash, resent)
    return { outcome: 'resent', challenge: challengeOf(resent), full: charged.full, at: now }
  }

  async redeem({ idHash, purpose, sessionId, by, codeHashes, failureCharges }: Attempt): Promise<RedeemOutcome> {
    const now = this.#now()
    const found = this.#challenges.get(idHash)
    if (found === undefined || !isOpen(found, now) || found.purpose !== purpose || found.sessionId !== sessionId) {
      return { outcome: 'gone' }
    }
    const isCounted = by !== 'code_service'
    if (isCounted && attemptsLeft(found, by) <= 0) return { outcome: 'spent', challenge: challengeOf(found) }
    const isRight = codeHashes.includes(found.codeHash)
    const attempted = {
      ...found,
      attempts: found.attempts + (isCounted ? 1 : 0),
      attemptsByNumber: found.attemptsByNumber + (by === 'phone_number' ? 1 : 0),
      consumedAt: isRight ? now : null,
    }
    this.#challenges.set(idHash, attempted)
    const challenge = challengeOf(attempted)
    if (isRight) {
      this.#settle(attempted.settlements, challenge)
      return { outcome: 'redeemed', challenge }
    }
    for (const charge of failureCharges) this.#take(charge, now)
    return { outcome: 'wrong', challenge }
  }

  async recordDelivery(note: DeliveryRecord): Promise<Challenge | null> {
    const kept = this.#challenges.get(note.idHash)
    if (kept === undefined) return null
    const rank = deliveryRank(note)
    const isFurther = rank > kept.deliveryRank
    const isLatest = kept.deliveryRank < deliveryRank({ send: note.send + 1, delivery: 'unknown' })
    const handle = isLatest ? (note.handle ?? kept.handle) : kept.handle
    if (!isFurther && handle === kept.handle) return null
    const updated = { ...kept, handle, ...(isFurther && { delivery: note.delivery, deliveryRank: rank }) }
    this.#challenges.set(note.idHash, updated)
    return challengeOf(updated)
  }

  async find(idHash: string): Promise<Challenge | null> {
    const challenge = this.#challenges.get(idHash)
    return challenge !== undefined && isOpen(challenge, this.#now()) ? challengeOf(challenge) : null
  }

  async findLatest(phoneNumber: PhoneNumber, purpose: Purpose): Promise<Challenge | null> {
    const now = this.#now()
    const latest = [...this.#challenges.values()].findLast(
      (challenge) => challenge.phoneNumber === phoneNumber && challenge.purpose === purpose && isOpen(challenge, now),
    )
    return latest === undefined ? null : challengeOf(latest)
  }

  async discard(phoneNumbers: readonly PhoneNumber[]): Promise<number> {
    const now = this.#now()
    const open = [...this.#challenges.values()].filter(
      (challenge) => phoneNumbers.includes(challenge.phoneNumber) && isOpen(challenge, now),
    )
    for (const challenge of open) this.#challenges.set(challenge.idHash, { ...challenge, consumedAt: now })
    return open.length
  }

  async purge(limit: number): Promise<PurgeResult> {
    const now = this.#now()
    const over = [...this.#challenges.values()].filter(({ expiresAt }) => expiresAt <= now).slice(0, limit)
    const ended = [...this.#budgets].filter(([, { endsAt }]) => endsAt <= now).slice(0, limit)
    for (const { idHash } of over) this.#challenges.delete(idHash)
    for (const [key] of ended) this.#budgets.delete(key)
    const expired = over.flatMap(({ phoneNumber, handle, consumedAt }) =>
      handle === null || consumedAt !== null ? [] : [{ phoneNumber, handle }],
    )
    return { deleted: over.length + ended.length, expired }
  }

  #charge(charges: readonly Charge[], now: Date): { isAdmitted: boolean; full: FullBudget[] } {
    const windows = () =>
      new Map(charges.map((charge) => [charge.key, windowAt(this.#budgets.get(charge.key), charge, now)]))
    const full = fullBudgets(charges, windows())
    if (full.length > 0) return { isAdmitted: false, full }
    for (const charge of charges) this.#take(charge, now)
    return { isAdmitted: true, full: fullBudgets(charges, windows()) }
  }

  #take(charge: Charge, now: Date): void {
    const window = windowAt(this.#budgets.get(charge.key), charge, now)
    if (charge.cost > 0) this.#budgets.set(charge.key, { ...window, used: window.used + charge.cost })
  }

  #settle(settlements: readonly Settlement[], challenge: Challenge): void {
    for (const { key, givesBack } of settlements) {
      const window = this.#budgets.get(key)
      if (window === undefined) continue
      if (givesBack === 'everything') this.#budgets.delete(key)
      // A window that started after the challenge was never charged for it.
      else if (window.startedAt <= challenge.createdAt) {
        this.#budgets.set(key, { ...window, used: window.used - unusedAttempts(challenge) })
      }
    }
  }
}

function challengeOf({ settlements: _, deliveryRank: __, ...challenge }: Kept): Challenge {
  return challenge
}
