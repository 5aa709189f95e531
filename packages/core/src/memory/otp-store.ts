import {
  attemptsLeft,
  type Challenge,
  deliveryRank,
  isByNumber,
  isOpen,
  type Purpose,
  unusedAttempts,
} from '../challenge/challenge.ts'
import {
  type Budget,
  type Budgets,
  type Charge,
  type ChargedChallenge,
  charge,
  devicesBeyond,
  laneOf,
  partOf,
  type Reservation,
  recordFailure,
  recordSuccess,
  reservationsOf,
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
type Kept = Challenge & { readonly reservations: readonly Reservation[]; readonly deliveryRank: number }

/** An {@link OtpStore} in memory. No method awaits anything, so each is one atomic step. */
export class MemoryOtpStore implements OtpStore {
  readonly developmentOnly = DEVELOPMENT_ONLY
  readonly #challenges = new Map<string, Kept>()
  readonly #budgets = new Map<string, Budget>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  async open({ challenge, ttlSeconds, charges, lanes }: OpenRequest): Promise<OpenOutcome> {
    const now = this.#now()
    const expiresAt = new Date(now.getTime() + ttlSeconds * 1000)
    const lane = laneOf(lanes, this.#budgets, now.getTime())
    const all = [...charges, ...lane.charges]
    const charged = this.#charge(all, now, expiresAt)
    if (!charged.isAdmitted) return { outcome: 'limited', full: charged.full, at: now }
    const opened: Kept = {
      ...challenge,
      attempts: 0,
      attemptsByNumber: 0,
      attemptsByStranger: 0,
      sends: 1,
      lane: lane.subject,
      delivery: 'unknown',
      handle: null,
      createdAt: now,
      expiresAt,
      consumedAt: null,
      reservations: reservationsOf(all),
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
    const charged = this.#charge(charges, now, challenge.expiresAt)
    if (!charged.isAdmitted) return { outcome: 'limited', full: charged.full, at: now }
    const resent = { ...challenge, ...replacement, sends: challenge.sends + 1 }
    this.#challenges.set(idHash, resent)
    return { outcome: 'resent', challenge: challengeOf(resent), full: charged.full, at: now }
  }

  async redeem(attempt: Attempt): Promise<RedeemOutcome> {
    const { idHash, purpose, sessionId, by, codeHashes } = attempt
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
      attemptsByNumber: found.attemptsByNumber + (isByNumber(by) ? 1 : 0),
      attemptsByStranger: found.attemptsByStranger + (by === 'stranger' ? 1 : 0),
      consumedAt: isRight ? now : null,
    }
    this.#challenges.set(idHash, attempted)
    const challenge = challengeOf(attempted)
    const charged: ChargedChallenge = { ...attempted, expiresAt: attempted.expiresAt.getTime() }
    if (!isRight) {
      this.#save(recordFailure(this.#budgets, charged, attempt.failures, now.getTime()))
      return { outcome: 'wrong', challenge }
    }
    const { success } = attempt
    this.#save(recordSuccess(this.#budgets, charged, success, unusedAttempts(challenge), now.getTime()))
    this.#forget(devicesBeyond(this.#budgets, challenge.numberSubject, success.maxDevices))
    return { outcome: 'redeemed', challenge }
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

  async findLatest(phoneNumber: PhoneNumber, purpose: Purpose, network: string | null): Promise<Challenge | null> {
    const now = this.#now()
    const open = [...this.#challenges.values()].filter(
      (challenge) => challenge.phoneNumber === phoneNumber && challenge.purpose === purpose && isOpen(challenge, now),
    )
    const latest = open.findLast((challenge) => challenge.network === network) ?? open.at(-1)
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

  async forget(numberSubject: string): Promise<void> {
    this.#forget([...this.#budgets.keys()].filter((subject) => subject.startsWith(partOf(numberSubject, ''))))
  }

  async purge(limit: number): Promise<PurgeResult> {
    const now = this.#now()
    const over = [...this.#challenges.values()].filter(({ expiresAt }) => expiresAt <= now).slice(0, limit)
    const ended = [...this.#budgets].filter(([, { endsAt }]) => endsAt <= now.getTime()).slice(0, limit)
    for (const { idHash } of over) this.#challenges.delete(idHash)
    for (const [key] of ended) this.#budgets.delete(key)
    const expired = over.flatMap(({ phoneNumber, handle, consumedAt }) =>
      handle === null || consumedAt !== null ? [] : [{ phoneNumber, handle }],
    )
    return { deleted: over.length + ended.length, expired }
  }

  #charge(
    charges: readonly Charge[],
    now: Date,
    expiresAt: Date,
  ): Pick<ReturnType<typeof charge>, 'isAdmitted' | 'full'> {
    const charged = charge(this.#budgets, charges, now.getTime(), expiresAt.getTime())
    this.#save(charged.changed)
    return charged
  }

  #save(changed: Budgets): void {
    for (const [subject, budget] of changed) this.#budgets.set(subject, budget)
  }

  #forget(subjects: readonly string[]): void {
    for (const subject of subjects) {
      const budget = this.#budgets.get(subject)
      if (budget !== undefined) this.#budgets.set(subject, { ...budget, succeededAt: null })
    }
  }
}

function challengeOf({ reservations: _, deliveryRank: __, ...challenge }: Kept): Challenge {
  return challenge
}
