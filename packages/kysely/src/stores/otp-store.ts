import type {
  Attempt,
  Challenge,
  DeliveryNote,
  OpenOutcome,
  OpenRequest,
  OtpStore,
  PhoneNumber,
  Purpose,
  RedeemOutcome,
  ResendOutcome,
  ResendRequest,
} from '@phone-auth/core'
import { challengeOf } from '../rows.ts'
import {
  deliveryInput,
  discardChallenges,
  findChallenge,
  findLatestChallenge,
  noteDelivery,
} from '../statements/challenges.ts'
import { purgeBudgets, purgeChallenges } from '../statements/purge.ts'
import type { Database, Steps } from '../steps.ts'

export class KyselyOtpStore implements OtpStore {
  readonly #database: Database
  readonly #steps: Steps

  constructor(database: Database, steps: Steps) {
    this.#database = database
    this.#steps = steps
  }

  open(request: OpenRequest): Promise<OpenOutcome> {
    return this.#steps.open(request)
  }

  resend(request: ResendRequest): Promise<ResendOutcome> {
    return this.#steps.resend(request)
  }

  redeem(attempt: Attempt): Promise<RedeemOutcome> {
    return this.#steps.redeem(attempt)
  }

  async noteDelivery(note: DeliveryNote): Promise<Challenge | null> {
    const [row] = (await this.#database.run(noteDelivery, deliveryInput(note))).rows
    return row === undefined ? null : challengeOf(row)
  }

  async find(idHash: string): Promise<Challenge | null> {
    const [row] = (await this.#database.run(findChallenge, { idHash })).rows
    return row === undefined ? null : challengeOf(row)
  }

  async findLatest(phoneNumber: PhoneNumber, purpose: Purpose): Promise<Challenge | null> {
    const [row] = (await this.#database.run(findLatestChallenge, { phoneNumber, purpose })).rows
    return row === undefined ? null : challengeOf(row)
  }

  async discard(phoneNumbers: readonly PhoneNumber[]): Promise<number> {
    const input = { phoneNumbers: JSON.stringify(phoneNumbers) }
    const { numAffectedRows } = await this.#database.run(discardChallenges, input)
    return Number(numAffectedRows ?? 0n)
  }

  async purge(limit: number): Promise<number> {
    const { run } = this.#database
    const challenges = await run(purgeChallenges, { limit })
    const budgets = await run(purgeBudgets, { limit })
    return Number(challenges.numAffectedRows ?? 0n) + Number(budgets.numAffectedRows ?? 0n)
  }
}
