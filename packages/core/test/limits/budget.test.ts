import { describe, expect, it } from 'vitest'
import {
  type Budget,
  type BudgetEntry,
  type Charge,
  type ChargedChallenge,
  charge,
  devicesBeyond,
  type Failure,
  type Lane,
  laneOf,
  longestWindow,
  partOf,
  recordFailure,
  recordSuccess,
  reservationsOf,
  type Success,
  secondsUntilRoom,
} from '../../src/limits/budget.ts'
import { START, STRANGERS } from '../setup.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

/** Milliseconds since 1970, from seconds since the start of the tests, which is a midnight. */
const at = (seconds: number) => START.getTime() + seconds * 1000

const perMinute: Charge = {
  subject: 'number',
  kind: 'sends',
  rates: [{ limit: 2, windowSeconds: MINUTE }],
  grainSeconds: 0,
  cost: 1,
  isReserved: false,
}
const guesses: Charge = {
  subject: 'number',
  kind: 'guesses',
  rates: [{ limit: 6, windowSeconds: HOUR }],
  grainSeconds: 0,
  cost: 3,
  isReserved: true,
}
const wrongGuess: Failure = { kind: 'guesses', rates: guesses.rates, grainSeconds: 0, subjects: [] }

/** A challenge that was started at 0, expires at 600 and has reserved three guesses. */
const challenge: ChargedChallenge = {
  numberSubject: 'number',
  lane: null,
  reservations: [{ subject: 'number', kind: 'guesses', grainSeconds: 0 }],
  expiresAt: at(600),
}
const success: Success = {
  known: [],
  forgotten: [],
  knownSeconds: 90 * DAY,
  maxDevices: 10,
  recordSeconds: DAY,
}

/** Budgets that keep what each step changes. Instants are in seconds since the start. */
function ledger(stored: Readonly<Record<string, Budget>> = {}) {
  const budgets = new Map(Object.entries(stored))
  const save = (changed: ReadonlyMap<string, Budget>) => {
    for (const [subject, budget] of changed) budgets.set(subject, budget)
    return [...changed.keys()]
  }
  return {
    /** Whether there was room, and otherwise until when there is none. */
    take: (seconds: number, ...charges: readonly Charge[]) => {
      const { isAdmitted, full, changed } = charge(budgets, charges, at(seconds), at(seconds + 600))
      save(changed)
      return isAdmitted ? 'admitted' : full.map(({ until }) => (until.getTime() - START.getTime()) / 1000)
    },
    fail: (seconds: number, failures: readonly Failure[], charged = challenge) =>
      save(recordFailure(budgets, charged, failures, at(seconds))),
    succeed: (seconds: number, unused: number, recorded = success, charged = challenge) =>
      save(recordSuccess(budgets, charged, recorded, unused, at(seconds))),
    of: (subject: string) => budgets.get(subject),
    /** The entries of a subject as `kind cost@at`, and the end unless it is a reservation. */
    entriesOf: (subject: string) =>
      (budgets.get(subject)?.entries ?? []).map((entry) => {
        const [recordedAt, end] = [entry.at, entry.endsAt].map((instant) => (instant - START.getTime()) / 1000)
        return `${entry.kind} ${entry.cost}@${recordedAt}${recordedAt === end ? '' : `-${end}`}`
      }),
  }
}

describe('charge', () => {
  it('LIM-1 LIM-6 admits no more than a rate allows in any window, wherever it begins', () => {
    const { take } = ledger()
    expect(take(0, perMinute)).toBe('admitted')
    expect(take(50, perMinute)).toBe('admitted')
    expect(take(59.999, perMinute)).toEqual([60])
    expect(take(60, perMinute)).toBe('admitted')
    expect(take(61, perMinute)).toEqual([110])
    expect(take(110, perMinute)).toBe('admitted')
  })

  it('LIM-10 reports when enough entries have ended, in any order, for the rate that has room last', () => {
    const rates = [
      { limit: 4, windowSeconds: MINUTE },
      { limit: 5, windowSeconds: HOUR },
    ]
    const { take } = ledger()
    take(0, { ...perMinute, rates, cost: 1 })
    take(10, { ...perMinute, rates, cost: 2 })
    take(20, { ...perMinute, rates, cost: 1 })
    expect(take(30, { ...perMinute, rates: rates.slice(0, 1), cost: 1 })).toEqual([60])
    expect(take(30, { ...perMinute, rates: rates.slice(0, 1), cost: 3 })).toEqual([70])
    expect(take(30, { ...perMinute, rates: rates.slice(0, 1), cost: 4 })).toEqual([80])
    expect(take(30, { ...perMinute, rates, cost: 2 })).toEqual([HOUR])
    expect(take(30, { ...perMinute, rates: rates.toReversed(), cost: 2 })).toEqual([HOUR])
  })

  it('LIM-1 counts reservations that end before older entries', () => {
    const { take, fail } = ledger()
    fail(0, [{ ...wrongGuess, subjects: ['number'] }], { ...challenge, reservations: [] })
    take(0, guesses)
    expect(take(10, guesses)).toEqual([600])
  })

  it('reports the whole window for a cost above the limit, which never has room', () => {
    expect(ledger().take(5, { ...perMinute, cost: 3 })).toEqual([65])
  })

  it('charges every budget or none, and names those without room', () => {
    const other: Charge = { ...perMinute, subject: 'network', kind: 'starts' }
    const before = new Map([['network', budgetOf({ kind: 'starts', at: at(0), endsAt: at(60), cost: 2 })]])
    const refused = charge(before, [perMinute, other], at(1), at(601))
    expect(refused).toEqual({
      isAdmitted: false,
      full: [{ subject: 'network', kind: 'starts', until: new Date(at(60)) }],
      changed: new Map(),
    })
  })

  it('names the budgets that the charges themselves have filled', () => {
    const once = charge(new Map(), [perMinute], at(0), at(600))
    expect(once).toMatchObject({ isAdmitted: true, full: [] })
    const twice = charge(once.changed, [perMinute], at(1), at(601))
    expect(twice).toMatchObject({ isAdmitted: true, full: [{ subject: 'number', until: new Date(at(60)) }] })
  })

  it('keeps subjects and kinds apart, and adds up several charges of one subject', () => {
    const { take, entriesOf } = ledger()
    const starts: Charge = { ...perMinute, kind: 'starts' }
    const network: Charge = { ...perMinute, subject: 'network' }
    for (const seconds of [0, 1]) expect(take(seconds, perMinute, starts, network)).toBe('admitted')
    expect(take(2, perMinute)).toEqual([60])
    expect(take(2, { ...perMinute, kind: 'guesses' })).toBe('admitted')
    expect(entriesOf('network')).toEqual(['sends 1@0-60', 'sends 1@1-61'])
  })

  it('takes nothing for a cost of 0, and checks that there is room for 1', () => {
    const check = { ...perMinute, cost: 0 }
    expect(charge(new Map(), [check], at(0), at(600))).toEqual({ isAdmitted: true, full: [], changed: new Map() })
    const { take } = ledger()
    take(0, { ...perMinute, cost: 2 })
    expect(take(1, check)).toEqual([60])
  })

  it('LIM-4 counts a large limit in sub-windows, up to one of them too long and never too short', () => {
    const hourly: Charge = { ...perMinute, rates: [{ limit: 3, windowSeconds: HOUR }], grainSeconds: 360 }
    const { take, entriesOf } = ledger()
    for (const seconds of [1, 359.5, 360]) expect(take(seconds, hourly)).toBe('admitted')
    expect(entriesOf('number')).toEqual(['sends 3@360-3960'])
    expect(take(3959, hourly)).toEqual([3960])
    expect(take(3960, hourly)).toBe('admitted')
    expect(entriesOf('number')).toEqual(['sends 1@3960-7560'])
  })

  it('accepts sub-windows of less than a second', () => {
    const { take, entriesOf } = ledger()
    take(0.25, { ...perMinute, rates: [{ limit: 2, windowSeconds: 1 }], grainSeconds: 0.1 })
    expect(entriesOf('number')).toEqual(['sends 1@0.3-1.3'])
  })

  it('keeps an entry as long as the longest window of its rule, and drops it at the next charge after that', () => {
    const rates = [
      { limit: 9, windowSeconds: HOUR },
      { limit: 9, windowSeconds: MINUTE },
    ]
    const { take, entriesOf } = ledger()
    take(0, { ...perMinute, rates })
    take(HOUR - 1, { ...perMinute, rates })
    expect(entriesOf('number')).toEqual(['sends 1@0-3600', 'sends 1@3599-7199'])
    take(HOUR, { ...perMinute, rates })
    expect(entriesOf('number')).toEqual(['sends 1@3599-7199', 'sends 1@3600-7200'])
  })

  it('ends a budget at the end of the UTC day of its last entry, and never earlier than before', () => {
    const { take, of } = ledger()
    const daily: Charge = { ...perMinute, rates: [{ limit: 9, windowSeconds: DAY }] }
    take(HOUR, daily)
    expect(of('number')).toMatchObject({ succeededAt: null, endsAt: at(2 * DAY) })
    take(2 * HOUR, perMinute)
    expect(of('number')?.endsAt).toBe(at(2 * DAY))
    take(DAY, daily)
    expect(of('number')?.endsAt).toBe(at(2 * DAY))
    take(DAY + 1, daily)
    expect(of('number')?.endsAt).toBe(at(3 * DAY))
  })

  it('counts for some rates only what came after the last success', () => {
    const cooldown: Charge = { ...perMinute, rates: [{ limit: 1, windowSeconds: MINUTE, isSinceSuccess: true }] }
    const { take, succeed } = ledger()
    take(0, cooldown)
    expect(take(9, cooldown)).toEqual([60])
    succeed(0, 0)
    expect(take(9, { ...cooldown, cost: 0 })).toBe('admitted')
    expect(take(10, perMinute)).toBe('admitted')
    expect(take(11, perMinute)).toEqual([60])
    expect(take(11, cooldown)).toEqual([70])
    succeed(20, 0)
    expect(take(20, { ...cooldown, kind: 'starts' })).toBe('admitted')
    expect(take(21, cooldown)).toBe('admitted')
  })
})

describe('a reservation', () => {
  it('LIM-1 counts until its challenge expires, beside what is recorded', () => {
    const { take, fail, entriesOf, of } = ledger()
    take(0, guesses)
    fail(0, [{ ...wrongGuess, subjects: ['number'] }], { ...challenge, reservations: [] })
    expect(entriesOf('number')).toEqual(['guesses 3@600', 'guesses 1@0-3600'])
    expect(take(1, guesses)).toEqual([600])
    expect(take(600, guesses)).toBe('admitted')
    expect(of('number')?.endsAt).toBe(at(DAY))
  })

  it('is not seen by a charge that only checks what is recorded', () => {
    const { take } = ledger()
    take(0, guesses)
    take(1, guesses)
    expect(take(2, { ...guesses, isReserved: false, cost: 1 })).toBe('admitted')
  })

  it('counts for rates since the last success, too', () => {
    const inARow: Charge = { ...guesses, rates: [{ limit: 6, windowSeconds: HOUR, isSinceSuccess: true }] }
    const { take, succeed } = ledger()
    take(0, inARow)
    take(10, inARow)
    succeed(20, 3)
    expect(take(21, inARow)).toBe('admitted')
    expect(take(22, inARow)).toEqual([610])
  })

  it('is remembered as the subject, the kind and the grain of each reserved charge', () => {
    expect(reservationsOf([perMinute, guesses, { ...guesses, subject: 'network', grainSeconds: 360 }])).toEqual([
      { subject: 'number', kind: 'guesses', grainSeconds: 0 },
      { subject: 'network', kind: 'guesses', grainSeconds: 360 },
    ])
  })

  it('LIM-1 ends with its challenge, or with a grain at the end of that sub-window, of at most a minute', () => {
    for (const [grainSeconds, end] of [
      [0, 601],
      [10, 610],
      [360, 660],
    ] as const) {
      const { take, succeed, entriesOf } = ledger()
      const charge: Charge = { ...guesses, grainSeconds }
      take(1, charge)
      expect(entriesOf('number')).toEqual([`guesses 3@${end}`])
      succeed(2, 3, success, { ...challenge, reservations: reservationsOf([charge]), expiresAt: at(601) })
      expect(entriesOf('number')).toEqual([])
    }
  })
})

describe('recordFailure', () => {
  it('LIM-1 moves one guess from the reservation to the record, so that both together stay the same', () => {
    const { take, fail, entriesOf } = ledger()
    take(0, guesses)
    fail(10, [wrongGuess])
    expect(entriesOf('number')).toEqual(['guesses 1@10-3610', 'guesses 2@600'])
    fail(10, [wrongGuess])
    fail(20, [wrongGuess])
    expect(entriesOf('number')).toEqual(['guesses 2@10-3610', 'guesses 1@20-3620'])
    expect(take(30, guesses)).toBe('admitted')
    expect(take(31, { ...guesses, cost: 1 })).toEqual([630])
  })

  it('LIM-4 records it once for the source that started and the source that guessed', () => {
    const wrongCode: Failure = { ...wrongGuess, kind: 'failures', subjects: ['starter', 'guesser'] }
    const charged: ChargedChallenge = {
      ...challenge,
      reservations: [...challenge.reservations, { subject: 'starter', kind: 'failures', grainSeconds: 0 }],
    }
    const { take, fail, entriesOf } = ledger()
    take(0, guesses, { ...guesses, kind: 'failures', subject: 'starter' })
    expect(fail(10, [wrongGuess, wrongCode], charged)).toEqual(['number', 'starter', 'guesser'])
    expect(entriesOf('starter')).toEqual(['failures 1@10-3610', 'failures 2@600'])
    expect(entriesOf('guesser')).toEqual(['failures 1@10-3610'])
    expect(entriesOf('number')).toEqual(['guesses 1@10-3610', 'guesses 2@600'])
  })
})

describe('recordSuccess', () => {
  it('LIM-1 returns what the challenge has reserved and did not need', () => {
    const { take, fail, succeed, entriesOf } = ledger()
    take(0, guesses, { ...guesses, subject: 'device' })
    fail(10, [wrongGuess])
    const reservations = [...challenge.reservations, { subject: 'device', kind: 'guesses' as const, grainSeconds: 0 }]
    expect(succeed(20, 2, success, { ...challenge, reservations })).toEqual(['number', 'device'])
    expect(entriesOf('number')).toEqual(['guesses 1@10-3610'])
    expect(entriesOf('device')).toEqual(['guesses 1@600'])
  })

  it('LIM-2 ends the count in a row, and keeps the record only as long as the windows of the number need it', () => {
    const inARow: Charge = {
      ...guesses,
      rates: [{ limit: 6, windowSeconds: 365 * DAY, isSinceSuccess: true }],
      isReserved: false,
      cost: 6,
    }
    const { take, succeed, of } = ledger()
    take(0, inARow)
    take(HOUR - 1, perMinute)
    expect(of('number')?.endsAt).toBe(at(365 * DAY))
    succeed(HOUR, 0)
    expect(of('number')).toEqual({
      succeededAt: at(HOUR),
      entries: [
        { kind: 'guesses', at: at(0), endsAt: at(HOUR + DAY), cost: 6 },
        { kind: 'sends', at: at(HOUR - 1), endsAt: at(HOUR - 1 + MINUTE), cost: 1 },
      ],
      endsAt: at(2 * DAY),
    })
    succeed(HOUR, 0, { ...success, recordSeconds: 30 * DAY })
    expect(of('number')?.endsAt).toBe(at(2 * DAY))
  })

  it('LIM-5 makes the lane and parts of the number known for a time, and leaves their entries alone', () => {
    const entry: BudgetEntry = { kind: 'sends', at: at(0), endsAt: at(500 * DAY), cost: 1 }
    const { succeed, of } = ledger({ 'number|lane': { ...budgetOf(entry), endsAt: at(500 * DAY) } })
    const charged = { ...challenge, reservations: [], lane: 'number|lane' }
    const changed = succeed(HOUR, 0, { ...success, known: ['network', 'device:1'] }, charged)
    expect(changed).toEqual(['number', 'number|lane', 'number|network', 'number|device:1'])
    const known = { succeededAt: at(HOUR), entries: [], endsAt: at(91 * DAY) }
    expect(of('number|network')).toEqual(known)
    expect(of('number|device:1')).toEqual(known)
    expect(of('number|lane')).toEqual({ succeededAt: at(HOUR), entries: [entry], endsAt: at(500 * DAY) })
  })

  it('LIM-5 forgets the parts that are no longer known, and keeps what is recorded for them', () => {
    const before = { ...budgetOf({ kind: 'sends', at: at(0), endsAt: at(60), cost: 1 }), succeededAt: at(0) }
    const { succeed, of } = ledger({ 'number|device:1': before })
    succeed(HOUR, 0, { ...success, forgotten: ['device:1'] })
    expect(of('number|device:1')).toEqual({ ...before, succeededAt: null })
  })
})

describe('laneOf', () => {
  const device: Lane = { ...STRANGERS, subject: 'number|device:1', knownSeconds: 100 }
  const network: Lane = { ...STRANGERS, subject: 'number|network', knownSeconds: 50 }
  const user: Lane = { ...STRANGERS, subject: 'user', knownSeconds: null }
  const known = (...subjects: readonly Lane[]) =>
    new Map(subjects.map(({ subject }) => [String(subject), { ...budgetOf(), succeededAt: at(0) }]))

  it('LIM-5 takes the first lane with a subject that had a success recently enough, or else that of strangers', () => {
    const lanes = [device, network, STRANGERS] as const
    const laneAt = (seconds: number, ...subjects: readonly Lane[]) =>
      laneOf([...lanes], known(...subjects), at(seconds)).subject
    expect(laneAt(0)).toBeNull()
    expect(laneAt(0, device, network)).toBe('number|device:1')
    expect(laneAt(0, network)).toBe('number|network')
    expect(laneAt(49.999, network)).toBe('number|network')
    expect(laneAt(50, network)).toBeNull()
    expect(laneAt(99, device, network)).toBe('number|device:1')
    const unsuccessful = new Map([['number|device:1', budgetOf()]])
    expect(laneOf([...lanes], unsuccessful, 0).subject).toBeNull()
  })

  it('takes a lane that is open at any time, and the last lane when none is open', () => {
    expect(laneOf([user, STRANGERS], new Map(), at(0))).toBe(user)
    expect(laneOf([device, network], new Map(), at(0))).toBe(network)
    expect(laneOf([{ ...STRANGERS, knownSeconds: 50 }, user], new Map(), at(0)).subject).toBeNull()
  })
})

describe('devicesBeyond', () => {
  it('LIM-5 are the known devices of the number with the oldest successes', () => {
    const budgets = new Map<string, Budget>([
      ['number|device:old', { ...budgetOf(), succeededAt: at(1) }],
      ['number|device:new', { ...budgetOf(), succeededAt: at(3) }],
      ['number|device:older', { ...budgetOf(), succeededAt: at(0) }],
      ['number|device:forgotten', budgetOf()],
      ['number|network', { ...budgetOf(), succeededAt: at(0) }],
      ['other|device:1', { ...budgetOf(), succeededAt: at(0) }],
    ])
    expect(devicesBeyond(budgets, 'number', 1)).toEqual(['number|device:old', 'number|device:older'])
    expect(devicesBeyond(budgets, 'number', 3)).toEqual([])
  })
})

describe('secondsUntilRoom', () => {
  const full = (seconds: number) => ({ subject: 'number', kind: 'sends', until: new Date(at(seconds)) }) as const

  it('LIM-10 rounds up, waits for every budget, and is at least 1', () => {
    const now = new Date(at(0))
    expect(secondsUntilRoom([full(29.001), full(10)], now)).toBe(30)
    expect(secondsUntilRoom([full(10), full(30)], now)).toBe(30)
    expect(secondsUntilRoom([full(0)], now)).toBe(1)
  })
})

describe('the parts of a rule', () => {
  it('are its longest window, which is 0 without rates, and the parts of subjects', () => {
    expect(longestWindow({ rates: [{ limit: 1, windowSeconds: 5 }, ...perMinute.rates] })).toBe(60)
    expect(longestWindow({ rates: [] })).toBe(0)
    expect(partOf('number', 'network')).toBe('number|network')
  })
})

function budgetOf(...entries: readonly BudgetEntry[]): Budget {
  return { succeededAt: null, entries, endsAt: 0 }
}
