import {
  type Attempt,
  type Budget,
  type BudgetEntry,
  type BudgetKind,
  type Budgets,
  type Charge,
  charge,
  type FullBudget,
  type Lane,
  longestWindow,
  reservationGrain,
  reservationsOf,
} from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import type { Writing } from '../query/statement.ts'
import { instantOf } from '../schema/rows.ts'

// Arrays as PostgreSQL reads them. The driver writes them element by element, which takes longer.
const plain = (values: readonly number[]): string => `{${values.join()}}`
const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`
const texts = (values: readonly string[]): string => `{${values.map(quoted).join()}}`

// As the functions number them.
const KINDS: readonly BudgetKind[] = ['sends', 'starts', 'guesses', 'failures']
const kindNumber = (kind: BudgetKind) => KINDS.indexOf(kind) + 1

type Charges = readonly Charge[]

/**
 * The charges of every lane and those of each, as the input of a statement. `ttlSeconds` is how
 * long what they reserve counts.
 */
export function chargesInput(charges: Charges, lanes: readonly Lane[] = [], ttlSeconds = 0) {
  const bySubject = new Map<string, { readonly lane: number; readonly charge: Charge }[]>()
  for (const [lane, ofLane] of [charges, ...lanes.map((each) => each.charges)].entries()) {
    for (const charge of ofLane) {
      const others = bySubject.get(charge.subject)
      if (others === undefined) bySubject.set(charge.subject, [{ lane, charge }])
      else others.push({ lane, charge })
    }
  }
  // The order of their bytes, which is that of the index.
  const subjects = [...bySubject.keys()].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  const numbers: string[] = []
  const rates: string[] = []
  for (const [index, subject] of subjects.entries()) {
    for (const { lane, charge } of bySubject.get(subject) ?? []) {
      const { kind, cost, isReserved } = charge
      const grain = milliseconds(isReserved ? reservationGrain(charge) : charge.grainSeconds)
      const [delay, lasting] = isReserved ? [ttlSeconds * 1000, 0] : [0, longestWindow(charge) * 1000]
      const first = rates.length + 1
      for (const { limit, windowSeconds, isSinceSuccess } of charge.rates) {
        rates.push(`{${limit},${windowSeconds * 1000},${isSinceSuccess ? 1 : 0}}`)
      }
      const last = rates.length
      numbers.push(plain([lane, index + 1, kindNumber(kind), cost, delay, grain, lasting, first, last]))
    }
  }
  return {
    orderedSubjects: subjects,
    subjects: texts(subjects),
    // Not null, which PostgreSQL reads as a text if array_nulls is off.
    laneSubjects: texts(lanes.map(({ subject }) => subject ?? '')),
    laneSeconds: plain(lanes.map(({ knownSeconds }) => knownSeconds ?? -1)),
    laneReservations: texts(lanes.map((lane) => reservationsInput([...charges, ...lane.charges]))),
    charges: `{${numbers.join()}}`,
    rates: `{${rates.join()}}`,
  }
}

// In the form in which `fail` and `succeed` read them.
function reservationsInput(charges: Charges): string {
  return JSON.stringify(
    reservationsOf(charges).map((of) => [of.subject, kindNumber(of.kind), milliseconds(reservationGrain(of))]),
  )
}

export type ChargesInput = ReturnType<typeof chargesInput>

/** The part of a statement that charges budgets. It has one row, {@link AdmissionRow}. */
export function admission({ input, givenNow }: Writing<ChargesInput>): RawBuilder<unknown> {
  const { subjects, laneSubjects, laneSeconds, charges, rates } = input
  return sql`${sql.table('charge')}(${givenNow}, ${subjects}, ${laneSubjects}, ${laneSeconds}, ${charges}, ${rates})`
}

/** The columns of {@link AdmissionRow}, from the row of `charge`. */
export const ADMITTED = sql`now_at, used_lane, array_to_json(budgets)::text as budgets`

/** What became of charges. */
export interface AdmissionRow {
  readonly now_at: Date
  /** The number of the lane, from 1; `null` without lanes. */
  readonly used_lane: number | null
  /**
   * The budgets before the charges, as one JSON list of rows of four: for each the place of its
   * subject, its last success and `null` twice, and then its entries. `null` without charges.
   */
  readonly budgets: string | null
}

/** The budgets that have no room for another such charge, by the rules of the core. */
export function fullOf(
  { budgets, now_at }: AdmissionRow,
  { orderedSubjects }: ChargesInput,
  charges: Charges,
  ttlSeconds = 0,
): FullBudget[] {
  const now = instantOf(now_at).getTime()
  return charge(budgetsOf(budgets, orderedSubjects), charges, now, now + ttlSeconds * 1000).full
}

function budgetsOf(list: string | null, subjects: readonly string[]): Budgets {
  const rows = list === null ? [] : (JSON.parse(list) as (number | null)[][])
  const budgets = new Map<string, Budget>()
  let entries: BudgetEntry[] = []
  for (const [first, second, third, fourth] of rows) {
    if (third === null) {
      entries = []
      budgets.set(subjects[(first as number) - 1] as string, {
        succeededAt: second as number | null,
        entries,
        endsAt: 0,
      })
    } else {
      entries.push({
        kind: KINDS[(first as number) - 1] as BudgetKind,
        at: second as number,
        endsAt: third as number,
        cost: fourth as number,
      })
    }
  }
  return budgets
}

/** What an attempt records, as the input of a statement. */
export function outcomeInput({ failures, success }: Attempt) {
  const others = failures.flatMap(({ kind, subjects }) => subjects.map((subject) => ({ kind, subject })))
  return {
    failureKinds: plain(failures.map(({ kind }) => kindNumber(kind))),
    failureGrains: plain(failures.map(({ grainSeconds }) => milliseconds(grainSeconds))),
    failureWindows: plain(failures.map((failure) => longestWindow(failure) * 1000)),
    failedSubjects: texts(others.map(({ subject }) => subject)),
    failedKinds: plain(others.map(({ kind }) => kindNumber(kind))),
    known: texts(success.known),
    forgotten: texts(success.forgotten),
    knownSeconds: success.knownSeconds,
    recordSeconds: success.recordSeconds,
    maxDevices: success.maxDevices,
  }
}

export type OutcomeInput = ReturnType<typeof outcomeInput>

/** The length of a sub-window: at least 1, which leaves instants as they are. */
function milliseconds(grainSeconds: number): number {
  return Math.max(1, Math.round(grainSeconds * 1000))
}
