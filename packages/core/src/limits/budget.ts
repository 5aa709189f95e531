/**
 * One charge against one budget: the only form in which a limit reaches a store.
 *
 * A budget's window starts at its first charge and ends `windowSeconds` later; the first charge
 * after that starts a new one.
 */
export interface Charge {
  /** Names the budget. Holds no phone number, only a keyed pseudonym of one. */
  readonly key: string
  /** How much to take; 0 takes nothing and only asks whether there is room for 1. */
  readonly cost: number
  /** The most that one window admits. */
  readonly limit: number
  readonly windowSeconds: number
  /** What the redemption of the challenge gives back to the window that was charged. */
  readonly givesBack: GivesBack
}

/**
 * What a redeemed challenge gives back: nothing; the cost of the attempts it did not need
 * (`unused_attempts`); or whatever the window holds (`everything`).
 */
export type GivesBack = 'nothing' | 'unused_attempts' | 'everything'

/** What a challenge that is redeemed gives back to one budget. */
export interface Settlement {
  readonly key: string
  readonly givesBack: Exclude<GivesBack, 'nothing'>
}

/** What a challenge opened with these charges gives back when it is redeemed. */
export function settlementsOf(charges: readonly Charge[]): Settlement[] {
  return charges.flatMap(({ key, givesBack }) => (givesBack === 'nothing' ? [] : [{ key, givesBack }]))
}

/** A budget without room for the charge in question, and when it has room again. */
export interface FullBudget {
  readonly key: string
  readonly until: Date
}

/** What a store keeps of a budget. */
export interface BudgetWindow {
  readonly used: number
  readonly startedAt: Date
  readonly endsAt: Date
}

/**
 * The window that a charge made at `now` falls into: the running one, or a new one if there is
 * none.
 */
export function windowAt(window: BudgetWindow | undefined, charge: Charge, now: Date): BudgetWindow {
  if (window !== undefined && now < window.endsAt) return window
  return { used: 0, startedAt: now, endsAt: new Date(now.getTime() + charge.windowSeconds * 1000) }
}

/** Whether `window` has room for `charge`. */
function hasRoom(window: BudgetWindow, charge: Charge): boolean {
  return window.used + Math.max(charge.cost, 1) <= charge.limit
}

/** The budgets among `charges` that have no room, given the window each charge falls into. */
export function fullBudgets(charges: readonly Charge[], windows: ReadonlyMap<string, BudgetWindow>): FullBudget[] {
  return charges.flatMap((charge) => {
    const window = windows.get(charge.key)
    return window === undefined || hasRoom(window, charge) ? [] : [{ key: charge.key, until: window.endsAt }]
  })
}

/**
 * Whole seconds from `now` until every one of `full` has room: exact, rounded up (RFC 9110 section
 * 10.2.3).
 */
export function secondsUntilRoom(full: readonly FullBudget[], now: Date): number {
  const until = Math.max(...full.map((budget) => budget.until.getTime()))
  return Math.max(1, Math.ceil((until - now.getTime()) / 1000))
}
