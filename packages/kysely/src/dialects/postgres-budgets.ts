import { type BudgetWindow, type Charge, type FullBudget, fullBudgets, windowAt } from '@phone-auth/core'
import { type RawBuilder, sql } from 'kysely'
import type { Statement, Writing } from '../statement.ts'
import { columns } from '../statements/columns.ts'

/** The values of charges. */
export function chargesInput(charges: readonly Charge[]) {
  return { charges: JSON.stringify(charges) }
}

export type ChargesInput = ReturnType<typeof chargesInput>

/** What {@link admission} tells of a budget: its running window once everything was taken that was; none has no instants. */
export interface WindowJson {
  readonly key: string
  readonly used: number
  readonly startedAt: number
  readonly endsAt: number
}

/** The rows of a JSON list of charges. */
const charges = (list: RawBuilder<string>) => sql`
  jsonb_to_recordset(${list}::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)`

/** Milliseconds since 1970, as a number that JSON keeps whole. */
const epoch = (instant: RawBuilder<unknown>) => sql`round(extract(epoch from ${instant}) * 1000)`

/**
 * Adds a cost to each budget's running window or begins a new one. In the order of the keys, so that no two callers wait for each other.
 *
 * `room` is asked of a running window; what has none is not touched, and not returned.
 */
function take(writing: Writing<object>, from: RawBuilder<unknown>, room: RawBuilder<unknown>): RawBuilder<unknown> {
  const isOver = sql`budget.ends_at <= excluded.started_at`
  return sql`
    insert into ${sql.table('budgets')} as budget (key, used, started_at, ends_at)
    select key, cost, ${writing.now}, ${writing.dialect.later(writing.now, sql`"windowSeconds"`)}
    from ${from} order by key
    on conflict (key) do update set
      used = case when ${isOver} then excluded.used else budget.used + excluded.used end,
      started_at = case when ${isOver} then excluded.started_at else budget.started_at end,
      ends_at = case when ${isOver} then excluded.ends_at else budget.ends_at end
    where ${isOver} or ${room}`
}

/**
 * The part of a statement that charges budgets: `taken` holds those that were, `admitted` a row if they were all of them.
 *
 * Whether there is room is asked twice: of what is known beforehand, so that a full budget costs the others nothing; and of each window as
 * it is charged, so that no two callers get the same room. Only who finds the room gone in between has taken something to {@link giveBack}.
 */
export function admission(
  writing: Writing<ChargesInput>,
  isWanted: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const { input, now } = writing
  const limit = sql`(select charge."limit" from charge where charge.key = excluded.key)`
  return sql`
    charge as materialized (select * from ${charges(input.charges)}),
    running as materialized (
      select running.* from charge cross join lateral (
        select ${columns('budgets')} from ${sql.table('budgets')} as budget
        where budget.key = charge.key and ends_at > ${now} limit 1
      ) as running
    ),
    wanted as materialized (
      select true where ${isWanted} and not exists (
        select from charge left join running on running.key = charge.key
        where coalesce(used, 0) + greatest(cost, 1) > "limit"
      )
    ),
    taken as (
      ${take(
        writing,
        sql`charge where cost > 0 and exists (select from wanted)`,
        sql`budget.used + excluded.used <= ${limit}`,
      )}
      returning budget.key, budget.used, budget.started_at, budget.ends_at
    ),
    admitted as materialized (
      select true where exists (select from wanted)
        and (select count(*) from taken) = (select count(*) from charge where cost > 0)
    )`
}

/** What a statement with an {@link admission} tells of the budgets. */
export function admissionResult({ now }: Writing<object>): RawBuilder<unknown> {
  const json = (from: RawBuilder<unknown>) => sql`(
    select jsonb_agg(jsonb_build_object(
      'key', key, 'used', used, 'startedAt', ${epoch(sql`started_at`)}, 'endsAt', ${epoch(sql`ends_at`)}
    )) from ${from})`
  return sql`
    ${now} as now, exists (select from wanted) as is_wanted, exists (select from admitted) as is_admitted,
    ${json(sql`taken`)} as taken,
    ${json(sql`running`)} as running`
}

/** What {@link admissionResult} gives. */
export interface AdmissionRow {
  readonly now: Date
  readonly is_wanted: boolean
  readonly is_admitted: boolean
  readonly taken: readonly WindowJson[] | null
  readonly running: readonly WindowJson[] | null
}

/** The budgets without room for the same charges (again). */
export function fullAfter(charges: readonly Charge[], { now, running, taken }: AdmissionRow): FullBudget[] {
  const known = new Map([...(running ?? []), ...(taken ?? [])].map((json) => [json.key, windowOf(json)]))
  return fullBudgets(
    charges,
    new Map(charges.map((charge) => [charge.key, windowAt(known.get(charge.key), charge, now)])),
  )
}

function windowOf({ used, startedAt, endsAt }: WindowJson): BudgetWindow {
  return { used, startedAt: new Date(startedAt), endsAt: new Date(endsAt) }
}

/** The charges that were taken, to be given back. */
export function takenOf(charges: readonly Charge[], { taken }: AdmissionRow): { taken: string } {
  const keys = new Set((taken ?? []).map(({ key }) => key))
  return { taken: JSON.stringify(charges.filter(({ key }) => keys.has(key))) }
}

/** Gives back the charges of a call that was not admitted. */
export const giveBack: Statement<{ taken: string }, never> = ({ input, now }) => sql`
  insert into ${sql.table('budgets')} as budget (key, used, started_at, ends_at)
  select key, cost, ${now}, ${now} from ${charges(input.taken)} order by key
  on conflict (key) do update set used = greatest(0, budget.used - excluded.used)`

/** The part of a statement that charges for wrong codes, even beyond the limit; `wrong` holds the challenge if the code was. */
export function failure(writing: Writing<{ failureCharges: string }>): RawBuilder<unknown> {
  return take(writing, sql`${charges(writing.input.failureCharges)} where exists (select from wrong)`, sql`true`)
}

/**
 * The part of a statement that gives back what the challenge in `redeemed` did not need: `unusedAttempts` of core, or everything, which ends
 * the window. A window that began after the challenge never held its charge; one that was purged leaves a row that has ended.
 */
export function settlement({ now }: Writing<object>): RawBuilder<unknown> {
  const isEverything = sql`(select is_everything from settlement where settlement.key = excluded.key)`
  return sql`
    settlement as materialized (
      select key, "givesBack" = 'everything' as is_everything, max_attempts - (attempts - 1) as unused, created_at
      from redeemed cross join jsonb_to_recordset(settlements) as settlement (key text, "givesBack" text)
    ),
    settled as (
      insert into ${sql.table('budgets')} as budget (key, used, started_at, ends_at)
      select key, unused, created_at, ${now} from settlement order by key
      on conflict (key) do update set
        used = case
          when ${isEverything} then 0
          when budget.started_at <= excluded.started_at then budget.used - excluded.used
          else budget.used end,
        ends_at = case when ${isEverything} then budget.started_at else budget.ends_at end
    )`
}
