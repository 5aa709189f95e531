import { describe, expect, it } from 'vitest'
import type { BudgetRule, Charge, Rate } from '../../src/limits/budget.ts'
import {
  type BudgetSubject,
  cooldownRates,
  failuresOf,
  type Guesses,
  type LimitPolicy,
  lanesOf,
  resendCharges,
  sourceCharges,
  successOf,
} from '../../src/limits/policy.ts'
import type { SourceAddress } from '../../src/limits/source-address.ts'

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Rates from `limit/window`, such as `5/1h`. */
function rates(...texts: readonly `${number}/${number}${keyof typeof UNITS}`[]): Rate[] {
  return texts.map((text) => {
    const [, limit, count, unit] = /^(\d+)\/(\d+)(\w)$/.exec(text) ?? []
    return { limit: Number(limit), windowSeconds: Number(count) * UNITS[unit as keyof typeof UNITS] }
  })
}

/** A rule as `kind limit/window …`, with `*` after rates since the last success. */
function ruleText({ kind, rates, grainSeconds }: BudgetRule): string {
  const texts = rates.map(({ limit, windowSeconds, isSinceSuccess }) => {
    const [unit, seconds] = Object.entries(UNITS).findLast(([, seconds]) => windowSeconds % seconds === 0) ?? ['s', 1]
    return `${limit}/${windowSeconds / seconds}${unit}${isSinceSuccess === true ? '*' : ''}`
  })
  return [kind, ...texts, ...(grainSeconds === 0 ? [] : [`in steps of ${grainSeconds}s`])].join(' ')
}

/** A charge as `subject +cost rule`, with `reserves` before the cost of a reservation. */
function text({ subject, cost, isReserved, ...rule }: Charge): string {
  return `${subject} ${isReserved ? `reserves ${cost}` : `+${cost}`} ${ruleText(rule)}`
}

// Nearly the defaults. Every list of rates differs from the others.
const policy: LimitPolicy = {
  cooldown: cooldownRates([30, 60]),
  sendsPerNumber: rates('5/1h', '10/1d'),
  sendsPerNumberAndNetwork: rates('3/1h', '6/1d'),
  sendsPerDevice: rates('5/1h', '11/1d'),
  sendsPerUser: rates('5/1h', '12/1d'),
  guessesPerNumber: rates('15/1h', '30/1d', '100/30d'),
  guessesPerDevice: rates('10/1h', '20/1d'),
  guessesInARow: 50,
  startsPerAddress: rates('150/1h'),
  startsPerNetwork: rates('600/1h', '4000/1d'),
  startsFromUnknown: rates('60/1h'),
  failuresPerAddress: rates('60/1h'),
  failuresPerNetwork: rates('200/2h'),
  knownNetworkSeconds: 90 * UNITS.d,
  knownDeviceSeconds: 180 * UNITS.d,
}

const signIn: BudgetSubject = {
  numberSubject: 'number',
  source: { address: 'address', prefix: 'network' },
  devicePart: null,
  userSubject: null,
  purpose: 'sign_in',
  isTestNumber: false,
}
const onDevice: BudgetSubject = { ...signIn, devicePart: 'device:1' }
const fromUnknown: BudgetSubject = { ...signIn, source: null }
const phoneChange: BudgetSubject = { ...signIn, purpose: 'change_phone', userSubject: 'user' }
const stepUp: BudgetSubject = { ...phoneChange, purpose: 'step_up' }
const testNumber: BudgetSubject = { ...signIn, isTestNumber: true }

const reserved: Guesses = { maxAttempts: 5, by: 'reserved' }
const judged: Guesses = { maxAttempts: 5, by: 'judged' }
const unlimited: Guesses = { maxAttempts: 5, by: 'unlimited' }

const STARTS = [
  'network|address +1 starts 150/1h in steps of 360s',
  'network +1 starts 600/1h 4000/1d in steps of 360s',
]
const FAILURES_RESERVED = [
  'network|address reserves 5 failures 60/1h in steps of 360s',
  'network reserves 5 failures 200/2h in steps of 720s',
]
const FAILURES_CHECKED = [
  'network|address +0 failures 60/1h in steps of 360s',
  'network +0 failures 200/2h in steps of 720s',
]
const STRANGERS_SEND = 'number +1 sends 1/30s* 2/90s* 3/1h 8/1d'
const NETWORK_SENDS = 'number|network +1 sends 3/1h 6/1d'
const USER_SENDS = 'user +1 sends 5/1h 12/1d'

describe('the charges of the source of a start', () => {
  it.each([
    [
      'LIM-4 charge the start to the address and the network, and reserve its guesses there',
      signIn,
      [...STARTS, ...FAILURES_RESERVED],
    ],
    [
      'LIM-4 charge one small budget for all callers without an address',
      fromUnknown,
      ['unknown +1 starts 60/1h in steps of 360s', 'unknown reserves 5 failures 200/2h in steps of 720s'],
    ],
    ['LIM-6 charge the user for a change of number', phoneChange, [USER_SENDS, ...STARTS, ...FAILURES_RESERVED]],
    ['LIM-6 leave the user of a step-up to the lane', stepUp, [...STARTS, ...FAILURES_RESERVED]],
    ['LIM-1 reserve guesses at the code of a test number, which receives no message', testNumber, FAILURES_RESERVED],
  ])('%s', (_, about, expected) => {
    expect(sourceCharges(policy, about, 5).map(text)).toEqual(expected)
  })

  it('have no steps when their limit is switched off', () => {
    const off = { ...policy, startsPerAddress: [], failuresPerNetwork: [] }
    expect(sourceCharges(off, signIn, 5).map(text)).toEqual([
      'network|address +1 starts',
      STARTS[1],
      FAILURES_RESERVED[0],
      'network reserves 5 failures',
    ])
  })
})

/** The lanes of a start by subject, each with how long its subject stays known and its charges. */
function lanes(about: BudgetSubject, guesses: Guesses) {
  return lanesOf(policy, about, guesses).map(({ subject, knownSeconds, charges }) => [
    subject ?? 'strangers',
    knownSeconds === null ? 'always' : `${knownSeconds / UNITS.d}d`,
    ...charges.map(text),
  ])
}

describe('the lanes of a start', () => {
  const DEVICE_LANE = [
    'number|device:1',
    '180d',
    'number|device:1 +1 sends 1/30s* 2/90s* 5/1h 11/1d',
    'number reserves 5 guesses 100/365d*',
    'number|device:1 reserves 5 guesses 10/1h 20/1d 10/365d*',
  ]
  const NETWORK_LANE = [
    'number|network',
    '90d',
    'number +1 sends 5/1h 10/1d',
    'number|network +1 sends 1/30s* 2/90s* 3/1h 6/1d',
    'number reserves 5 guesses 15/1h 30/1d 100/30d 100/365d*',
  ]
  const STRANGER_GUESSES = 'number reserves 5 guesses 10/1h 20/1d 67/30d 50/365d*'
  const STRANGERS_LANE = ['strangers', 'always', STRANGERS_SEND, NETWORK_SENDS, STRANGER_GUESSES]

  it('LIM-1 LIM-2 LIM-6 leave strangers a share of what the known networks of the number have', () => {
    expect(lanes(signIn, reserved)).toEqual([NETWORK_LANE, STRANGERS_LANE])
  })

  it('LIM-5 put the known device first, which has its own messages and guesses', () => {
    expect(lanes(onDevice, reserved)).toEqual([DEVICE_LANE, NETWORK_LANE, STRANGERS_LANE])
  })

  it('LIM-5 ignore the device when a signed-in user changes the number', () => {
    const about = { ...onDevice, purpose: 'change_phone', userSubject: 'user' } as const
    expect(lanes(about, reserved)).toEqual([NETWORK_LANE, STRANGERS_LANE])
  })

  it('LIM-4 have no known network without an address', () => {
    expect(lanes(fromUnknown, reserved)).toEqual([['strangers', 'always', STRANGERS_SEND, STRANGER_GUESSES]])
  })

  it('LIM-6 are one for a step-up: that of the user', () => {
    expect(lanes(stepUp, reserved)).toEqual([
      [
        'user',
        'always',
        'number +1 sends 5/1h 10/1d',
        'user +1 sends 1/30s* 2/90s* 5/1h 12/1d',
        'number reserves 5 guesses 15/1h 30/1d 100/30d 100/365d*',
      ],
    ])
    expect(lanes({ ...stepUp, userSubject: null }, reserved)).toEqual([NETWORK_LANE, STRANGERS_LANE])
  })

  it('LIM-1 charge only the guesses for a test number', () => {
    expect(lanes(testNumber, reserved)).toEqual([
      ['number|network', '90d', 'number reserves 5 guesses 15/1h 30/1d 100/30d 100/365d*'],
      ['strangers', 'always', STRANGER_GUESSES],
    ])
  })

  it('LIM-2 reserve no guesses at a hardened code', () => {
    expect(lanes(onDevice, unlimited)).toEqual([
      DEVICE_LANE.slice(0, 3),
      NETWORK_LANE.slice(0, 4),
      STRANGERS_LANE.slice(0, 4),
    ])
  })

  it('LIM-1 only check for room within a day if a code service judges the code, so that no number is locked', () => {
    expect(lanes(testNumber, judged)).toEqual([
      ['number|network', '90d', 'number +0 guesses 15/1h 30/1d'],
      ['strangers', 'always', 'number +0 guesses 10/1h 20/1d'],
    ])
  })

  it('leave strangers at least one challenge, and one message of a small limit', () => {
    const small = { ...policy, sendsPerNumber: rates('1/1m', '2/1h', '3/1d', '4/2d'), guessesPerNumber: rates('6/1h') }
    const [, strangers] = lanesOf(small, signIn, reserved)
    expect(strangers?.charges.map(text)).toEqual([
      'number +1 sends 1/30s* 2/90s* 1/1m 1/1h 2/1d 2/2d',
      NETWORK_SENDS,
      'number reserves 5 guesses 5/1h 50/365d*',
    ])
    const [, ofJudged] = lanesOf({ ...small, guessesPerNumber: rates('1/1h') }, testNumber, judged)
    expect(ofJudged?.charges.map(text)).toEqual(['number +0 guesses 1/1h'])
  })
})

describe('the charges of a resend', () => {
  it.each([
    ['for strangers', signIn, null, [...STARTS, ...FAILURES_CHECKED, STRANGERS_SEND, NETWORK_SENDS]],
    [
      'for callers without an address',
      fromUnknown,
      null,
      ['unknown +1 starts 60/1h in steps of 360s', 'unknown +0 failures 200/2h in steps of 720s', STRANGERS_SEND],
    ],
    [
      'for a known device',
      onDevice,
      'number|device:1',
      [...STARTS, ...FAILURES_CHECKED, 'number|device:1 +1 sends 1/30s* 2/90s* 5/1h 11/1d'],
    ],
    [
      'for a known network',
      signIn,
      'number|network',
      [...STARTS, ...FAILURES_CHECKED, 'number +1 sends 5/1h 10/1d', 'number|network +1 sends 1/30s* 2/90s* 3/1h 6/1d'],
    ],
    [
      'for the user of a step-up',
      stepUp,
      'user',
      [...STARTS, ...FAILURES_CHECKED, 'number +1 sends 5/1h 10/1d', 'user +1 sends 1/30s* 2/90s* 5/1h 12/1d'],
    ],
    [
      'for a change of number',
      phoneChange,
      null,
      [USER_SENDS, ...STARTS, ...FAILURES_CHECKED, STRANGERS_SEND, NETWORK_SENDS],
    ],
    ['none for a test number', testNumber, null, []],
  ])('LIM-6 are those of one more message in the lane of the challenge: %s', (_, about, lane, expected) => {
    expect(resendCharges(policy, about, lane).map(text)).toEqual(expected)
  })
})

describe('a wrong code', () => {
  const GUESSES = 'guesses 15/1h 30/1d 100/30d 100/365d*'
  const FAILURES = 'failures 60/1h 200/2h in steps of 360s'
  const failures = (source: SourceAddress | null, judgedNumber?: string) =>
    failuresOf(policy, source, judgedNumber).map(({ subjects, ...rule }) => [ruleText(rule), ...subjects])

  it('LIM-4 is recorded for the source that submitted it', () => {
    expect(failures(signIn.source)).toEqual([[GUESSES], [FAILURES, 'network|address', 'network']])
    expect(failures(null)).toEqual([[GUESSES], [FAILURES, 'unknown']])
  })

  it('LIM-1 is recorded for the number if a code service judged it, because nothing was reserved', () => {
    expect(failures(null, 'number')).toEqual([
      [GUESSES, 'number'],
      [FAILURES, 'unknown'],
    ])
  })
})

describe('a right code', () => {
  it('LIM-5 keeps what is known as long as a device or a network stays known, and ten devices', () => {
    const success = { known: ['a'], forgotten: ['b'], knownSeconds: 180 * UNITS.d, maxDevices: 10 }
    expect(successOf(policy, ['a'], ['b'])).toMatchObject(success)
    expect(successOf({ ...policy, knownDeviceSeconds: 1 }, [], []).knownSeconds).toBe(90 * UNITS.d)
  })

  it('LIM-1 keeps the record of the number as long as its longest window', () => {
    expect(successOf(policy, [], []).recordSeconds).toBe(30 * UNITS.d)
    expect(successOf({ ...policy, sendsPerNumber: rates('9/60d', '1/1h') }, [], []).recordSeconds).toBe(60 * UNITS.d)
  })
})

describe('the rates of the waits between messages', () => {
  it('LIM-6 allow at most n messages within the sum of the first n waits, since the last success', () => {
    expect(cooldownRates([30, 60, 120])).toEqual([
      { limit: 1, windowSeconds: 30, isSinceSuccess: true },
      { limit: 2, windowSeconds: 90, isSinceSuccess: true },
      { limit: 3, windowSeconds: 210, isSinceSuccess: true },
    ])
  })
})
