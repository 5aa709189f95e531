import type { Charge, FullBudget } from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import { codeOf } from '../query/error-code.ts'
import type { Writing } from '../query/statement.ts'
import type { Instant } from '../schema/tables.ts'

// The server's log shows this text. No other error contains it.
const CONTENDED =
  'phone_auth: other callers charged the same budgets; nothing was stored, and the statement runs again: '

/** Whether a statement failed because other callers charged the same budgets at the same time. */
export function isContended(error: unknown): boolean {
  return codeOf(error) === '22P02' && String((error as Error).message).includes(CONTENDED)
}

/** The charges as the input of a statement. */
export function chargesInput(charges: readonly Charge[]) {
  return { charges: JSON.stringify(charges) }
}

export type ChargesInput = ReturnType<typeof chargesInput>

/** The rows of a JSON list of charges. */
const charges = (list: RawBuilder<string>) => sql`
  jsonb_to_recordset(${list}::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)`

/**
 * Adds a cost to each budget's running window, or begins a new window. Rows are locked in the order
 * of their keys, so that no two callers wait for each other.
 *
 * `room` is the condition for adding to a running window. A window that does not meet it is neither
 * changed nor returned.
 */
function take(writing: Writing<object>, from: RawBuilder<unknown>, room: RawBuilder<unknown>): RawBuilder<unknown> {
  // A caller that waited for the row can have a `now` before the window's `started_at`. A window
  // that was ended meanwhile is over for this caller, too.
  const isOver = sql`budget.ends_at <= greatest(excluded.started_at, budget.started_at)`
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
 * The part of a statement that charges budgets. `taken` holds the budgets that were charged.
 * `admitted` holds a row if all of them were.
 *
 * The room is checked twice. The first check looks at all budgets, so that one full budget charges
 * none of the others. The second check looks at each window as it is charged, so that no two
 * callers get the same room. If a window is full by then, only some budgets were charged: the
 * statement fails, which undoes everything, and runs again ({@link isContended}).
 */
export function admission(
  writing: Writing<ChargesInput>,
  isWanted: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const { input, now, dialect } = writing
  const limit = sql`(select charge."limit" from charge where charge.key = excluded.key)`
  return sql`
    charge as materialized (select * from ${charges(input.charges)}),
    before as materialized (
      select charge.*, coalesce(used, 0) as used, coalesce(ends_at, ${dialect.later(now, sql`"windowSeconds"`)}) as ends_at
      from charge left join lateral (
        select used, ends_at from ${sql.table('budgets')} as budget
        where budget.key = charge.key and budget.ends_at > ${now} limit 1
      ) as running on true
    ),
    wanted as materialized (
      select true where ${isWanted} and not exists (select from before where used + greatest(cost, 1) > "limit")
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
      select true where case
        when not exists (select from wanted) then false
        when (select count(*) from taken) = (select count(*) from charge where cost > 0) then true
        else cast('${sql.raw(CONTENDED)}' || (select count(*) from taken) as boolean) end
    )`
}

/**
 * What a statement with an {@link admission} returns about the budgets: those that have no room for
 * another such charge.
 */
export function admissionResult({ now }: Writing<object>): RawBuilder<unknown> {
  return sql`
    ${now} as now, exists (select from wanted) as is_wanted,
    (
      select json_agg(json_build_object('key', before.key, 'until', coalesce(taken.ends_at, before.ends_at)))
      from before left join taken on taken.key = before.key
      where coalesce(taken.used, before.used) + greatest(cost, 1) > "limit"
    ) as full_budgets`
}

/** The columns of {@link admissionResult}. */
export interface AdmissionRow {
  readonly now: Instant
  readonly is_wanted: boolean
  readonly full_budgets: readonly { readonly key: string; readonly until: string }[] | null
}

/** The budgets that have no room for another such charge. */
export function fullOf({ full_budgets: full }: AdmissionRow): FullBudget[] {
  return (full ?? []).map(({ key, until }) => ({ key, until: new Date(until) }))
}

/**
 * The part of a statement that takes the charges for a wrong code, even beyond their limit. `wrong`
 * holds the challenge if the code was wrong.
 */
export function failure(writing: Writing<{ failureCharges: string }>): RawBuilder<unknown> {
  return take(writing, sql`${charges(writing.input.failureCharges)} where exists (select from wrong)`, sql`true`)
}

/**
 * The part of a statement that gives back what the challenge in `redeemed` did not need:
 * `unusedAttempts` of core, or `everything`, which ends the window. A window that began after the
 * challenge never received its charge. If the window was purged, the insert leaves a row that has
 * already ended.
 */
export function settlement({ now }: Writing<object>): RawBuilder<unknown> {
  return sql`
    settlement as materialized (
      select key, "givesBack" = 'everything' as is_everything, max_attempts - (attempts - 1) as unused, created_at
      from redeemed cross join jsonb_to_recordset(settlements) as settlement (key text, "givesBack" text)
    ),
    settled as (
      insert into ${sql.table('budgets')} as budget (key, used, started_at, ends_at)
      select key, unused, created_at, ${now} from settlement order by key
      on conflict (key) do update set
        used = case when budget.started_at <= excluded.started_at then budget.used - excluded.used else budget.used end,
        ends_at = case
          when (select is_everything from settlement where settlement.key = excluded.key) then budget.started_at
          else budget.ends_at end
    )`
}
