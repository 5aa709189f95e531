/** What a budget counts: messages, starts, guesses at codes, or wrong codes of a source. */
export type BudgetKind = 'sends' | 'starts' | 'guesses' | 'failures'

/** At most `limit` within any `windowSeconds`, wherever they begin. */
export interface Rate {
  readonly limit: number
  readonly windowSeconds: number
  /** Whether only what happened after the subject's last success counts. */
  readonly isSinceSuccess?: boolean
}

/** How a kind is counted for one subject. */
export interface BudgetRule {
  readonly kind: BudgetKind
  readonly rates: readonly Rate[]
  /**
   * 0 records exact instants. More records the ends of sub-windows of this length, which keeps the
   * record of a large limit short. Then an entry counts up to this many seconds too long.
   */
  readonly grainSeconds: number
}

/** One charge against one budget. Stores receive every limit in this form. */
export interface Charge extends BudgetRule {
  /**
   * Names the budget: a number, a network, an address, a user, or a part of one. Contains no phone
   * number, at most a keyed pseudonym of one.
   */
  readonly subject: string
  /** How much to take. 0 takes nothing and only checks whether there is room for 1. */
  readonly cost: number
  /**
   * Whether the cost is reserved for the challenge that is opened. A reservation counts as long as
   * the challenge is open, and with a grain at most a minute longer. Each wrong code moves 1 of it
   * to the record; a right code returns the rest.
   */
  readonly isReserved: boolean
}

/**
 * One way to request a code. The lane of a known network, device or user has limits that strangers
 * cannot use up.
 */
export interface Lane {
  /** The subject that makes the caller known; `null` in the lane of strangers. */
  readonly subject: string | null
  /** How recently the subject must have succeeded; `null` if the lane is always open. */
  readonly knownSeconds: number | null
  readonly charges: readonly Charge[]
}

/** A wrong code, as the budgets record it. */
export interface Failure extends BudgetRule {
  /** The subjects to record it for, besides those from which the challenge has reserved. */
  readonly subjects: readonly string[]
}

/** A right code, as the budgets record it. */
export interface Success {
  /** Parts of the challenge's number, such as a network, that are known from now on. */
  readonly known: readonly string[]
  /** Parts of the challenge's number that are no longer known. */
  readonly forgotten: readonly string[]
  /** How long what became known stays stored. */
  readonly knownSeconds: number
  /** How many devices of one number are known at most. */
  readonly maxDevices: number
  /** How long the record of the number is needed after a success. */
  readonly recordSeconds: number
}

/** A budget from which a challenge has reserved. */
export interface Reservation {
  readonly subject: string
  readonly kind: BudgetKind
  /** The grain of the charge; see {@link reservationGrain}. */
  readonly grainSeconds: number
}

/** A budget without room for a charge, and when it has room again. */
export interface FullBudget {
  readonly subject: string
  readonly kind: BudgetKind
  readonly until: Date
}

/** `cost`, recorded at one instant. */
export interface BudgetEntry {
  readonly kind: BudgetKind
  /** Milliseconds since 1970. */
  readonly at: number
  /**
   * When no window contains it any more. The entry of a reservation ends `at` the instant at which
   * its challenge expires, or at the end of that sub-window.
   */
  readonly endsAt: number
  readonly cost: number
}

/** The stored state of one subject. */
export interface Budget {
  /** The last right code, in milliseconds since 1970. */
  readonly succeededAt: number | null
  readonly entries: readonly BudgetEntry[]
  /** The end of the UTC day on which nothing in it counts any more. */
  readonly endsAt: number
}

/** Budgets by subject. A missing one is empty. */
export type Budgets = ReadonlyMap<string, Budget>

/** What the budgets need to know about a challenge. */
export interface ChargedChallenge {
  readonly numberSubject: string
  /** The subject of the lane in which it was opened; `null` for strangers. */
  readonly lane: string | null
  readonly reservations: readonly Reservation[]
  readonly expiresAt: number
}

const EMPTY: Budget = { succeededAt: null, entries: [], endsAt: 0 }
const DAY_MS = 86_400_000

/** The subject of a part of another one: of a number or of a network. */
export function partOf(subject: string, part: string): string {
  return `${subject}|${part}`
}

/** The parts that are devices begin with this. */
export const DEVICE = 'device:'

/**
 * Charges every budget, or none. Returns the budgets that changed, and those that have no room for
 * another such charge.
 */
export function charge(
  budgets: Budgets,
  charges: readonly Charge[],
  now: number,
  expiresAt: number,
): { readonly isAdmitted: boolean; readonly full: FullBudget[]; readonly changed: Budgets } {
  const changes = new Changes(budgets)
  const full = fullBudgets(changes, charges, now)
  if (full.length > 0) return { isAdmitted: false, full, changed: changes.changed }
  for (const taken of charges) {
    if (taken.cost === 0) continue
    const entry = taken.isReserved ? reserved(taken, expiresAt, taken.cost) : recorded(taken, now, taken.cost)
    changes.update(taken.subject, (budget) => add(budget, entry, now))
  }
  return { isAdmitted: true, full: fullBudgets(changes, charges, now), changed: changes.changed }
}

/** Records a wrong code. Returns the budgets that changed. */
export function recordFailure(
  budgets: Budgets,
  { reservations, expiresAt }: ChargedChallenge,
  failures: readonly Failure[],
  now: number,
): Budgets {
  const changes = new Changes(budgets)
  for (const failure of failures) {
    const reserved = reservations.filter(({ kind }) => kind === failure.kind)
    const failed = recorded(failure, now, 1)
    for (const subject of new Set([...reserved.map((reservation) => reservation.subject), ...failure.subjects])) {
      changes.update(subject, (budget) => add(budget, failed, now))
    }
    for (const reservation of reserved) changes.release(reservation, expiresAt, 1, now)
  }
  return changes.changed
}

/** Records a right code, with `unused` reserved attempts. Returns the budgets that changed. */
export function recordSuccess(
  budgets: Budgets,
  { numberSubject, lane, reservations, expiresAt }: ChargedChallenge,
  { known, forgotten, knownSeconds, recordSeconds }: Success,
  unused: number,
  now: number,
): Budgets {
  const changes = new Changes(budgets)
  for (const reservation of reservations) changes.release(reservation, expiresAt, unused, now)
  // What was recorded before a success no longer counts in a row.
  const recordEnd = now + recordSeconds * 1000
  changes.update(numberSubject, ({ entries, endsAt }) => ({
    succeededAt: now,
    entries: entries.map((entry) => ({ ...entry, endsAt: Math.min(entry.endsAt, recordEnd) })),
    endsAt: Math.min(endsAt, endOfDay(recordEnd)),
  }))
  const knownEnd = endOfDay(now + knownSeconds * 1000)
  for (const subject of [...(lane === null ? [] : [lane]), ...known.map((part) => partOf(numberSubject, part))]) {
    changes.update(subject, ({ entries, endsAt }) => ({
      succeededAt: now,
      entries,
      endsAt: Math.max(endsAt, knownEnd),
    }))
  }
  for (const part of forgotten) {
    changes.update(partOf(numberSubject, part), (budget) => ({ ...budget, succeededAt: null }))
  }
  return changes.changed
}

/** The lane of a start: the first one with a known subject, or else the last one. */
export function laneOf(lanes: readonly [...Lane[], Lane], budgets: Budgets, now: number): Lane {
  const isOpen = ({ subject, knownSeconds }: Lane) => {
    if (subject === null || knownSeconds === null) return true
    const succeededAt = budgets.get(subject)?.succeededAt ?? null
    return succeededAt !== null && now < succeededAt + knownSeconds * 1000
  }
  return lanes.find(isOpen) ?? (lanes[lanes.length - 1] as Lane)
}

/** What a challenge that is opened with these charges has reserved. */
export function reservationsOf(charges: readonly Charge[]): Reservation[] {
  return charges.flatMap(({ subject, kind, grainSeconds, isReserved }) =>
    isReserved ? [{ subject, kind, grainSeconds }] : [],
  )
}

/** The known devices of a number, except the `count` with the latest success. */
export function devicesBeyond(budgets: Budgets, numberSubject: string, count: number): string[] {
  const devices = [...budgets].flatMap(([subject, { succeededAt }]) =>
    succeededAt !== null && subject.startsWith(partOf(numberSubject, DEVICE)) ? [{ subject, succeededAt }] : [],
  )
  const latestFirst = devices.toSorted((a, b) => b.succeededAt - a.succeededAt)
  return latestFirst.slice(count).map(({ subject }) => subject)
}

/**
 * Whole seconds from `now` until every budget in `full` has room, rounded up (RFC 9110 section
 * 10.2.3).
 */
export function secondsUntilRoom(full: readonly FullBudget[], now: Date): number {
  const until = Math.max(...full.map((budget) => budget.until.getTime()))
  return Math.max(1, Math.ceil((until - now.getTime()) / 1000))
}

/** The end of the UTC day of an instant, in milliseconds since 1970. */
function endOfDay(at: number): number {
  return Math.ceil(at / DAY_MS) * DAY_MS
}

/** The longest window of a rule, in seconds. */
export function longestWindow({ rates }: Pick<BudgetRule, 'rates'>): number {
  return Math.max(0, ...rates.map(({ windowSeconds }) => windowSeconds))
}

// Challenges last minutes, so a few short sub-windows hold all reservations.
const MAX_RESERVATION_GRAIN_SECONDS = 60

/** The length of the sub-windows in which reservations of a rule end. */
export function reservationGrain({ grainSeconds }: Pick<BudgetRule, 'grainSeconds'>): number {
  return Math.min(grainSeconds, MAX_RESERVATION_GRAIN_SECONDS)
}

/** The budgets that a step changes. */
class Changes {
  readonly changed = new Map<string, Budget>()
  readonly #stored: Budgets

  constructor(stored: Budgets) {
    this.#stored = stored
  }

  of(subject: string): Budget {
    return this.changed.get(subject) ?? this.#stored.get(subject) ?? EMPTY
  }

  update(subject: string, to: (budget: Budget) => Budget): void {
    this.changed.set(subject, to(this.of(subject)))
  }

  /** Takes back `cost` of what a challenge has reserved. */
  release(reservation: Reservation, expiresAt: number, cost: number, now: number): void {
    this.update(reservation.subject, (budget) => add(budget, reserved(reservation, expiresAt, -cost), now))
  }
}

function fullBudgets(budgets: Changes, charges: readonly Charge[], now: number): FullBudget[] {
  const full: FullBudget[] = []
  for (const wanted of charges) {
    const budget = budgets.of(wanted.subject)
    const until = Math.max(now, ...wanted.rates.map((rate) => roomAt(budget, wanted, rate, now)))
    if (until > now) full.push({ subject: wanted.subject, kind: wanted.kind, until: new Date(until) })
  }
  return full
}

/** When there is room for a charge: `now` or later. */
function roomAt(budget: Budget, wanted: Charge, rate: Rate, now: number): number {
  let excess = Math.max(wanted.cost, 1) - rate.limit
  for (const entry of budget.entries) if (countsUntil(entry, budget, wanted, rate) > now) excess += entry.cost
  if (excess <= 0) return now
  const ends = budget.entries.map((entry) => ({ at: countsUntil(entry, budget, wanted, rate), cost: entry.cost }))
  for (const end of ends.filter(({ at }) => at > now).sort((one, other) => one.at - other.at)) {
    excess -= end.cost
    if (excess <= 0) return end.at
  }
  // The charge costs more than the limit, so it never has room.
  return now + rate.windowSeconds * 1000
}

/** When an entry stops to count against a rate; 0 if it never counts. */
function countsUntil(entry: BudgetEntry, { succeededAt }: Budget, wanted: Charge, rate: Rate): number {
  if (entry.kind !== wanted.kind) return 0
  if (isReservation(entry)) return wanted.isReserved ? entry.endsAt : 0
  if (rate.isSinceSuccess === true && succeededAt !== null && entry.at <= succeededAt) return 0
  return Math.min(entry.at + rate.windowSeconds * 1000, entry.endsAt)
}

function isReservation({ at, endsAt }: BudgetEntry): boolean {
  return at === endsAt
}

function recorded(rule: BudgetRule, now: number, cost: number): BudgetEntry {
  const at = endOfGrain(rule, now)
  return { kind: rule.kind, at, endsAt: at + longestWindow(rule) * 1000, cost }
}

function reserved(rule: Pick<BudgetRule, 'kind' | 'grainSeconds'>, expiresAt: number, cost: number): BudgetEntry {
  const endsAt = endOfGrain({ grainSeconds: reservationGrain(rule) }, expiresAt)
  return { kind: rule.kind, at: endsAt, endsAt, cost }
}

function endOfGrain({ grainSeconds }: Pick<BudgetRule, 'grainSeconds'>, at: number): number {
  const grain = Math.round(grainSeconds * 1000)
  return grain === 0 ? at : Math.ceil(at / grain) * grain
}

/** Adds an entry. Leaves out what has ended, and keeps one entry for each kind and instant. */
function add(budget: Budget, added: BudgetEntry, now: number): Budget {
  const isSame = ({ kind, at, endsAt }: BudgetEntry) =>
    kind === added.kind && at === added.at && endsAt === added.endsAt
  const entries: BudgetEntry[] = []
  let { cost } = added
  for (const entry of budget.entries) {
    if (isSame(entry)) cost += entry.cost
    else if (entry.endsAt > now) entries.push(entry)
  }
  if (cost > 0 && added.endsAt > now) entries.push({ ...added, cost })
  return { ...budget, entries, endsAt: Math.max(budget.endsAt, endOfDay(added.endsAt)) }
}
