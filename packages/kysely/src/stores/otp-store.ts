import type { PhoneNumber } from '@phone-auth/core'
import {
  type Attempt,
  type Challenge,
  type DeliveryRecord,
  type OpenOutcome,
  type OpenRequest,
  type OtpStore,
  type PurgeResult,
  type Purpose,
  partOf,
  type RedeemOutcome,
  type ResendOutcome,
  type ResendRequest,
} from '@phone-auth/core/adapters'
import { forgetRange, rangeOf } from '../query/budgets.ts'
import {
  consumeOpenChallenges,
  deliveryInput,
  selectLatestOpenChallenge,
  selectOpenChallengeByHash,
  updateDelivery,
} from '../query/challenges.ts'
import type { DialectSteps } from '../query/dialect.ts'
import { purgeBudgets, purgeChallenges } from '../query/purge.ts'
import { type Database, first } from '../query/run.ts'
import { challengeOf } from '../schema/rows.ts'

export class KyselyOtpStore implements OtpStore {
  readonly #database: Database
  readonly #steps: DialectSteps

  constructor(database: Database, steps: DialectSteps) {
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

  async recordDelivery(note: DeliveryRecord): Promise<Challenge | null> {
    const row = await first(this.#database.run(updateDelivery, deliveryInput(note)))
    return row === undefined ? null : challengeOf(row)
  }

  async find(idHash: string): Promise<Challenge | null> {
    const row = await first(this.#database.run(selectOpenChallengeByHash, { idHash }))
    return row === undefined ? null : challengeOf(row)
  }

  async findLatest(phoneNumber: PhoneNumber, purpose: Purpose, network: string | null): Promise<Challenge | null> {
    const row = await first(this.#database.run(selectLatestOpenChallenge, { phoneNumber, purpose, network }))
    return row === undefined ? null : challengeOf(row)
  }

  async discard(phoneNumbers: readonly PhoneNumber[]): Promise<number> {
    const input = { phoneNumbers: JSON.stringify(phoneNumbers) }
    const { numAffectedRows } = await this.#database.run(consumeOpenChallenges, input)
    return Number(numAffectedRows ?? 0n)
  }

  async forget(numberSubject: string): Promise<void> {
    await this.#database.run(forgetRange, rangeOf(partOf(numberSubject, '')))
  }

  async purge(limit: number): Promise<PurgeResult> {
    const { run } = this.#database
    const challenges = (await run(purgeChallenges, { limit })).rows
    const budgets = await run(purgeBudgets, { limit })
    const expired = challenges.flatMap(({ phone_number, unused_handle }) =>
      unused_handle === null ? [] : [{ phoneNumber: phone_number as PhoneNumber, handle: unused_handle }],
    )
    return { deleted: challenges.length + Number(budgets.numAffectedRows ?? 0n), expired }
  }
}
