import {
  type BudgetWindow,
  type Charge,
  type FullBudget,
  fullBudgets,
  type Settlement,
  unusedAttempts,
  windowAt,
} from '@phone-auth/core'
import type { Kysely } from 'kysely'
import type { ChallengeRow, Tables } from './schema.ts'

/** Takes every charge, or none; must run in an atomic step. `full`: the budgets without room for the same charge (again). */
export async function charge(
  db: Kysely<Tables>,
  charges: readonly Charge[],
  now: Date,
): Promise<{ readonly isAdmitted: boolean; readonly full: FullBudget[] }> {
  const windows = await readWindows(db, charges, now)
  const full = fullBudgets(charges, windows)
  if (full.length > 0) return { isAdmitted: false, full }
  return { isAdmitted: true, full: fullBudgets(charges, await take(db, charges, windows)) }
}

/** Takes every charge, even beyond its limit; must run in an atomic step. */
export async function chargeAnyway(db: Kysely<Tables>, charges: readonly Charge[], now: Date): Promise<void> {
  await take(db, charges, await readWindows(db, charges, now))
}

/** Gives back what a redeemed challenge did not need; must run in an atomic step. */
export async function settle(db: Kysely<Tables>, challenge: ChallengeRow): Promise<void> {
  const settlements = JSON.parse(challenge.settlements) as Settlement[]
  const keysThat = (givesBack: Settlement['givesBack']) =>
    settlements.filter((s) => s.givesBack === givesBack).map(({ key }) => key)
  const [emptied, refilled] = [keysThat('everything'), keysThat('unused_attempts')]
  if (emptied.length > 0) await db.deleteFrom('phone_auth_budgets').where('key', 'in', emptied).execute()
  if (refilled.length === 0) return
  const unused = unusedAttempts({ maxAttempts: challenge.max_attempts, attempts: challenge.attempts })
  await db
    .updateTable('phone_auth_budgets')
    .set((eb) => ({ used: eb('used', '-', unused) }))
    .where('key', 'in', refilled)
    // A window that began after the challenge never held its charge.
    .where('started_at', '<=', challenge.created_at)
    .execute()
}

async function readWindows(
  db: Kysely<Tables>,
  charges: readonly Charge[],
  now: Date,
): Promise<Map<string, BudgetWindow>> {
  const keys = charges.map(({ key }) => key)
  const rows =
    keys.length === 0 ? [] : await db.selectFrom('phone_auth_budgets').selectAll().where('key', 'in', keys).execute()
  const stored = new Map(
    rows.map(({ key, used, started_at, ends_at }) => [
      key,
      { used, startedAt: new Date(started_at), endsAt: new Date(ends_at) },
    ]),
  )
  return new Map(charges.map((charge) => [charge.key, windowAt(stored.get(charge.key), charge, now)]))
}

async function take(
  db: Kysely<Tables>,
  charges: readonly Charge[],
  windows: ReadonlyMap<string, BudgetWindow>,
): Promise<Map<string, BudgetWindow>> {
  const taken = new Map(windows)
  for (const { key, cost } of charges) {
    const window = taken.get(key)
    if (window !== undefined && cost > 0) taken.set(key, { ...window, used: window.used + cost })
  }
  const rows = [...taken]
    .filter(([key, window]) => window !== windows.get(key))
    .map(([key, { used, startedAt, endsAt }]) => ({
      key,
      used,
      started_at: startedAt.getTime(),
      ends_at: endsAt.getTime(),
    }))
  if (rows.length > 0) {
    await db
      .insertInto('phone_auth_budgets')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          used: eb.ref('excluded.used'),
          started_at: eb.ref('excluded.started_at'),
          ends_at: eb.ref('excluded.ends_at'),
        })),
      )
      .execute()
  }
  return taken
}
