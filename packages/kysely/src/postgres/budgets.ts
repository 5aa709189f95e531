import {
  type Attempt,
  type BudgetKind,
  type Charge,
  DEVICE,
  type FullBudget,
  type Lane,
  longestWindow,
  reservationsOf,
} from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import type { Writing } from '../query/statement.ts'

// Arrays as PostgreSQL reads them. The driver writes them element by element, which takes longer.
const plain = (values: readonly (number | boolean | null)[]): string => `{${values.map(String).join(',')}}`
const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`
const texts = (values: readonly (string | null)[]): string =>
  `{${values.map((text) => (text === null ? 'null' : quoted(text))).join(',')}}`

/** The charges of every lane, and those of each, as the input of a statement. */
export function chargesInput(charges: readonly Charge[], lanes: readonly Lane[] = []) {
  const all = [
    ...charges.map((charge) => ({ ...charge, lane: 0 })),
    ...lanes.flatMap((lane, index) => lane.charges.map((charge) => ({ ...charge, lane: index + 1 }))),
  ]
  const rates = all.flatMap((charge, index) => charge.rates.map((rate) => ({ ...rate, charge: index + 1 })))
  return {
    laneSubjects: texts(lanes.map(({ subject }) => subject)),
    laneSeconds: plain(lanes.map(({ knownSeconds }) => knownSeconds)),
    laneReservations: texts(lanes.map((lane) => JSON.stringify(reservationsOf([...charges, ...lane.charges])))),
    chargeLanes: plain(all.map(({ lane }) => lane)),
    chargeSubjects: texts(all.map(({ subject }) => subject)),
    chargeKinds: texts(all.map(({ kind }) => kind)),
    chargeCosts: plain(all.map(({ cost }) => cost)),
    chargeReserved: plain(all.map(({ isReserved }) => isReserved)),
    chargeGrains: plain(all.map(({ grainSeconds }) => grainSeconds)),
    chargeSpans: plain(all.map(longestWindow)),
    rateCharges: plain(rates.map(({ charge }) => charge)),
    rateLimits: plain(rates.map(({ limit }) => limit)),
    rateWindows: plain(rates.map(({ windowSeconds }) => windowSeconds)),
    rateSince: plain(rates.map(({ isSinceSuccess = false }) => isSinceSuccess)),
  }
}

export type ChargesInput = ReturnType<typeof chargesInput>

/** The part of a statement that charges budgets. It has one row, {@link AdmissionRow}. */
export function admission(
  { input, givenNow }: Writing<ChargesInput>,
  ttlSeconds: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`${sql.table('charge')}(
      ${givenNow}, ${ttlSeconds}, ${input.laneSubjects}, ${input.laneSeconds},
      ${input.chargeLanes}, ${input.chargeSubjects}, ${input.chargeKinds}, ${input.chargeCosts},
      ${input.chargeReserved}, ${input.chargeGrains}, ${input.chargeSpans},
      ${input.rateCharges}, ${input.rateLimits}, ${input.rateWindows}, ${input.rateSince})`
}

/** What `charge` returns. */
export interface AdmissionRow {
  readonly now_at: Date
  /** The number of the lane, from 1. */
  readonly used_lane: number
  readonly is_admitted: boolean
  readonly full_budgets:
    | readonly { readonly subject: string; readonly kind: BudgetKind; readonly until: string }[]
    | null
}

/** The budgets that have no room for another such charge. */
export function fullOf({ full_budgets: full }: Pick<AdmissionRow, 'full_budgets'>): FullBudget[] {
  return (full ?? []).map(({ until, ...budget }) => ({ ...budget, until: new Date(until) }))
}

/** What an attempt records, as the input of a statement. */
export function outcomeInput({ failures, success }: Attempt) {
  const others = failures.flatMap(({ kind, subjects }) => subjects.map((subject) => ({ kind, subject })))
  return {
    failureKinds: failures.map(({ kind }) => kind),
    failureGrains: failures.map(({ grainSeconds }) => grainSeconds),
    failureSpans: failures.map(longestWindow),
    failedSubjects: others.map(({ subject }) => subject),
    failedKinds: others.map(({ kind }) => kind),
    known: success.known,
    forgotten: success.forgotten,
    knownSeconds: success.knownSeconds,
    recordSeconds: success.recordSeconds,
    maxDevices: success.maxDevices,
  }
}

export type OutcomeInput = ReturnType<typeof outcomeInput>

/** The part of a statement that records the outcome: the row of `wrong`, or that of `redeemed`. */
export function settlement({ input, now }: Writing<OutcomeInput>): RawBuilder<unknown> {
  return sql`
    settled as materialized (
      select ${sql.table('fail')}(
        ${now}, expires_at, reservations, ${input.failureKinds}, ${input.failureGrains}, ${input.failureSpans},
        ${input.failedSubjects}, ${input.failedKinds})
      from wrong
      union all
      select ${sql.table('succeed')}(
        ${now}, expires_at, number_subject, lane, reservations, max_attempts - (attempts - 1),
        ${input.known}, ${input.forgotten}, ${input.knownSeconds}, ${input.recordSeconds},
        ${sql.lit(DEVICE)}, ${input.maxDevices})
      from redeemed
    )`
}
