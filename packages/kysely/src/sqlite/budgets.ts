import {
  type BudgetWindow,
  type Charge,
  type FullBudget,
  fullBudgets,
  type Settlement,
  unusedAttempts,
  windowAt,
} from '@phone-auth/core/adapters'
import { sql } from 'kysely'
import type { Run } from '../query/run.ts'
import type { Statement } from '../query/statement.ts'
import { parsed } from '../schema/rows.ts'
import { type BudgetRow, type ChallengeRow, COLUMNS } from '../schema/tables.ts'

/**
 * Takes all charges, or none. Must run in an atomic step. `full` lists the budgets that have no
 * room for another such charge.
 */
export async function charge(
  run: Run,
  charges: readonly Charge[],
  now: Date,
): Promise<{ readonly isAdmitted: boolean; readonly full: FullBudget[] }> {
  const windows = await readWindows(run, charges, now)
  const full = fullBudgets(charges, windows)
  if (full.length > 0) return { isAdmitted: false, full }
  return { isAdmitted: true, full: fullBudgets(charges, await take(run, charges, windows)) }
}

/** Takes all charges, even beyond their limit. Must run in an atomic step. */
export async function chargeAnyway(run: Run, charges: readonly Charge[], now: Date): Promise<void> {
  await take(run, charges, await readWindows(run, charges, now))
}

/** Gives back what a redeemed challenge did not need. Must run in an atomic step. */
export async function settle(run: Run, challenge: ChallengeRow): Promise<void> {
  const settlements = parsed(challenge.settlements) as Settlement[]
  const keysThat = (givesBack: Settlement['givesBack']) =>
    JSON.stringify(settlements.filter((s) => s.givesBack === givesBack).map(({ key }) => key))
  await run(endBudgets, { keys: keysThat('everything') })
  await run(refillBudgets, {
    keys: keysThat('unused_attempts'),
    unused: unusedAttempts({ maxAttempts: challenge.max_attempts, attempts: challenge.attempts }),
    // A window that began after the challenge never received its charge.
    createdAt: challenge.created_at as number,
  })
}

const findBudgets: Statement<{ keys: string }, BudgetRow> = ({ db, dialect, input }) =>
  db
    .selectFrom('budgets')
    .select(COLUMNS.budgets)
    .where(sql<boolean>`key in ${dialect.elements(input.keys)}`)

const saveBudgets: Statement<{ windows: string }, never> = ({ input }) => sql`
  insert into ${sql.table('budgets')} (key, used, started_at, ends_at)
  select value ->> 'key', value ->> 'used', value ->> 'startedAt', value ->> 'endsAt' from json_each(${input.windows})
  where true
  on conflict (key) do update set used = excluded.used, started_at = excluded.started_at, ends_at = excluded.ends_at`

const endBudgets: Statement<{ keys: string }, never> = ({ db, dialect, input }) =>
  db.deleteFrom('budgets').where(sql<boolean>`key in ${dialect.elements(input.keys)}`)

const refillBudgets: Statement<{ keys: string; unused: number; createdAt: number }, never> = ({ db, dialect, input }) =>
  db
    .updateTable('budgets')
    .set({ used: sql`used - ${input.unused}` })
    .where(sql<boolean>`key in ${dialect.elements(input.keys)}`)
    .where('started_at', '<=', input.createdAt)

async function readWindows(run: Run, charges: readonly Charge[], now: Date): Promise<Map<string, BudgetWindow>> {
  if (charges.length === 0) return new Map()
  const { rows } = await run(findBudgets, { keys: JSON.stringify(charges.map(({ key }) => key)) })
  const stored = new Map(
    rows.map(({ key, used, started_at, ends_at }) => [
      key,
      { used, startedAt: new Date(started_at), endsAt: new Date(ends_at) },
    ]),
  )
  return new Map(charges.map((charge) => [charge.key, windowAt(stored.get(charge.key), charge, now)]))
}

async function take(
  run: Run,
  charges: readonly Charge[],
  windows: ReadonlyMap<string, BudgetWindow>,
): Promise<Map<string, BudgetWindow>> {
  const taken = new Map(windows)
  for (const { key, cost } of charges) {
    const window = taken.get(key)
    if (window !== undefined && cost > 0) taken.set(key, { ...window, used: window.used + cost })
  }
  const changed = [...taken]
    .filter(([key, window]) => window !== windows.get(key))
    .map(([key, { used, startedAt, endsAt }]) => ({
      key,
      used,
      startedAt: startedAt.getTime(),
      endsAt: endsAt.getTime(),
    }))
  if (changed.length > 0) await run(saveBudgets, { windows: JSON.stringify(changed) })
  return taken
}
