import {
  type Attempt,
  type Budget,
  type BudgetEntry,
  type Budgets,
  type Charge,
  type ChargedChallenge,
  charge,
  DEVICE,
  devicesBeyond,
  type FullBudget,
  type Lane,
  laneOf,
  type OpenRequest,
  partOf,
  type Reservation,
  recordFailure,
  recordSuccess,
  unusedAttempts,
} from '@phone-auth/core/adapters'
import { sql } from 'kysely'
import { rangeOf } from '../query/budgets.ts'
import type { Run } from '../query/run.ts'
import type { Statement } from '../query/statement.ts'
import { parsed } from '../schema/rows.ts'
import type { ChallengeRow } from '../schema/tables.ts'

interface Charged {
  readonly isAdmitted: boolean
  /** The budgets that have no room for another such charge. */
  readonly full: FullBudget[]
}

/** Finds the lane of a start and takes all its charges, or none. Must run in an atomic step. */
export async function chargeLane(
  run: Run,
  { charges, lanes, ttlSeconds }: OpenRequest,
  now: Date,
): Promise<Charged & { readonly lane: Lane; readonly charges: readonly Charge[] }> {
  const candidates = lanes.flatMap((lane) => [
    ...(lane.subject === null ? [] : [lane.subject]),
    ...subjectsOf(lane.charges),
  ])
  const budgets = await readBudgets(run, [...subjectsOf(charges), ...candidates])
  const lane = laneOf(lanes, budgets, now.getTime())
  const all = [...charges, ...lane.charges]
  return { ...(await take(run, budgets, all, now, now.getTime() + ttlSeconds * 1000)), lane, charges: all }
}

/** Takes all charges, or none. Must run in an atomic step. */
export async function chargeAll(run: Run, charges: readonly Charge[], now: Date, expiresAt: Date): Promise<Charged> {
  return take(run, await readBudgets(run, subjectsOf(charges)), charges, now, expiresAt.getTime())
}

/** Records a wrong code. Must run in an atomic step. */
export async function fail(run: Run, challenge: ChallengeRow, { failures }: Attempt, now: Date): Promise<void> {
  const charged = chargedOf(challenge)
  const reserved = charged.reservations.map(({ subject }) => subject)
  const budgets = await readBudgets(run, [...reserved, ...failures.flatMap(({ subjects }) => subjects)])
  await saveBudgets(run, recordFailure(budgets, charged, failures, now.getTime()))
}

/** Records a right code. Must run in an atomic step. */
export async function succeed(run: Run, challenge: ChallengeRow, { success }: Attempt, now: Date): Promise<void> {
  const charged = chargedOf(challenge)
  const { numberSubject, lane, reservations } = charged
  const parts = [...success.known, ...success.forgotten].map((part) => partOf(numberSubject, part))
  const subjects = [numberSubject, ...(lane === null ? [] : [lane]), ...parts, ...reservations.map((of) => of.subject)]
  const unused = unusedAttempts({ maxAttempts: challenge.max_attempts, attempts: challenge.attempts })
  const budgets = await readBudgets(run, subjects)
  await saveBudgets(run, recordSuccess(budgets, charged, success, unused, now.getTime()))
  if (!success.known.some((part) => part.startsWith(DEVICE))) return
  const devices = await run(findParts, rangeOf(partOf(numberSubject, DEVICE)))
  const beyond = devicesBeyond(budgetsOf(devices.rows), numberSubject, success.maxDevices)
  if (beyond.length > 0) await run(forgetSubjects, { subjects: JSON.stringify(beyond) })
}

interface BudgetRow {
  readonly subject: string
  readonly succeeded_at: number | null
  readonly entries: string
  readonly ends_at: number
}

type EntryRow = readonly [kind: BudgetEntry['kind'], at: number, endsAt: number, cost: number]

const findBudgets: Statement<{ subjects: string }, BudgetRow> = ({ dialect, input }) => sql`
  select subject, succeeded_at, entries, ends_at from ${sql.table('budgets')}
  where subject in ${dialect.elements(input.subjects)}`

const findParts: Statement<{ from: string; before: string }, BudgetRow> = ({ input }) => sql`
  select subject, succeeded_at, entries, ends_at from ${sql.table('budgets')}
  where subject >= ${input.from} and subject < ${input.before} and succeeded_at is not null`

const forgetSubjects: Statement<{ subjects: string }, never> = ({ dialect, input }) => sql`
  update ${sql.table('budgets')} set succeeded_at = null where subject in ${dialect.elements(input.subjects)}`

const upsertBudgets: Statement<{ budgets: string }, never> = ({ input }) => sql`
  insert into ${sql.table('budgets')} (subject, succeeded_at, entries, ends_at)
  select value ->> 0, value ->> 1, value -> 2, value ->> 3 from json_each(${input.budgets})
  where true
  on conflict (subject) do update set
    succeeded_at = excluded.succeeded_at, entries = excluded.entries, ends_at = excluded.ends_at`

async function take(
  run: Run,
  budgets: Budgets,
  charges: readonly Charge[],
  now: Date,
  expiresAt: number,
): Promise<Charged> {
  const { isAdmitted, full, changed } = charge(budgets, charges, now.getTime(), expiresAt)
  await saveBudgets(run, changed)
  return { isAdmitted, full }
}

async function readBudgets(run: Run, subjects: readonly string[]): Promise<Budgets> {
  if (subjects.length === 0) return new Map()
  const { rows } = await run(findBudgets, { subjects: JSON.stringify([...new Set(subjects)]) })
  return budgetsOf(rows)
}

async function saveBudgets(run: Run, budgets: Budgets): Promise<void> {
  if (budgets.size === 0) return
  const rows = [...budgets].map(([subject, { succeededAt, entries, endsAt }]) => [
    subject,
    succeededAt,
    entries.map((entry): EntryRow => [entry.kind, entry.at, entry.endsAt, entry.cost]),
    endsAt,
  ])
  await run(upsertBudgets, { budgets: JSON.stringify(rows) })
}

function budgetsOf(rows: readonly BudgetRow[]): Budgets {
  return new Map(
    rows.map((row): [string, Budget] => {
      const entries = (JSON.parse(row.entries) as EntryRow[]).map(([kind, at, endsAt, cost]) => ({
        kind,
        at,
        endsAt,
        cost,
      }))
      return [row.subject, { succeededAt: row.succeeded_at, entries, endsAt: row.ends_at }]
    }),
  )
}

function chargedOf(challenge: ChallengeRow): ChargedChallenge {
  return {
    numberSubject: challenge.number_subject,
    lane: challenge.lane,
    reservations: parsed(challenge.reservations) as Reservation[],
    expiresAt: challenge.expires_at as number,
  }
}

function subjectsOf(charges: readonly Charge[]): string[] {
  return charges.map(({ subject }) => subject)
}
