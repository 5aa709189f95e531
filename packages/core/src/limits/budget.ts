/**
 * One charge against one budget. Stores receive every limit in this form.
 *
 * A budget's window starts at its first charge and ends `windowSeconds` later. The next charge
 * starts a new window.
 */
export interface Charge {
  /** Names the budget. Contains no phone number, at most a keyed pseudonym of one. */
  readonly key: string
  /** How much to take. 0 takes nothing and only checks whether there is room for 1. */
  readonly cost: number
  /** The maximum of one window. */
  readonly limit: number
  readonly windowSeconds: number
  /** What the window gets back when the challenge is redeemed. */
  readonly givesBack: GivesBack
}

/**
 * What a redeemed challenge gives back: nothing, the cost of its unused attempts
 * (`unused_attempts`), or the whole content of the window (`everything`).
 */
export type GivesBack = 'nothing' | 'unused_attempts' | 'everything'

/** What a redeemed challenge gives back to one budget. */
export interface Settlement {
  readonly key: string
  readonly givesBack: Exclude<GivesBack, 'nothing'>
}

/** The settlements of a challenge that is opened with these charges. */
export function settlementsOf(charges: readonly Charge[]): Settlement[] {
  return charges.flatMap(({ key, givesBack }) => (givesBack === 'nothing' ? [] : [{ key, givesBack }]))
}

/** A budget without room for a charge, and when it has room again. */
export interface FullBudget {
  readonly key: string
  readonly until: Date
}

/** The stored state of a budget. */
export interface BudgetWindow {
  readonly used: number
  readonly startedAt: Date
  readonly endsAt: Date
}

/** The window of a charge at `now`: the current one, or a new one if there is none. */
export function windowAt(window: BudgetWindow | undefined, charge: Charge, now: Date): BudgetWindow {
  if (window !== undefined && now < window.endsAt) return window
  return { used: 0, startedAt: now, endsAt: new Date(now.getTime() + charge.windowSeconds * 1000) }
}

function hasRoom(window: BudgetWindow, charge: Charge): boolean {
  return window.used + Math.max(charge.cost, 1) <= charge.limit
}

/** The budgets of `charges` that have no room, given the window of each charge. */
export function fullBudgets(charges: readonly Charge[], windows: ReadonlyMap<string, BudgetWindow>): FullBudget[] {
  return charges.flatMap((charge) => {
    const window = windows.get(charge.key)
    return window === undefined || hasRoom(window, charge) ? [] : [{ key: charge.key, until: window.endsAt }]
  })
}

/**
 * Whole seconds from `now` until every budget in `full` has room, rounded up (RFC 9110 section
 * 10.2.3).
 */
export function secondsUntilRoom(full: readonly FullBudget[], now: Date): number {
  const until = Math.max(...full.map((budget) => budget.until.getTime()))
  return Math.max(1, Math.ceil((until - now.getTime()) / 1000))
}
