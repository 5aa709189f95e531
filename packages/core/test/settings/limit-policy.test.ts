import { describe, expect, it } from 'vitest'
import type { LimitOptions } from '../../src/options/limits.ts'
import { resolveLimits } from '../../src/settings/limit-policy.ts'
import { OptionChecks } from '../../src/settings/option-checks.ts'

const HOUR = 3600
const DAY = 86_400

function resolve(limits: LimitOptions = {}, maxAttempts = 5) {
  const checks = new OptionChecks()
  return { policy: resolveLimits(checks, limits, { maxAttempts }), reasons: checks.reasons }
}

const hourly = (limit: number) => ({ limit, windowSeconds: HOUR })
const daily = (limit: number) => ({ limit, windowSeconds: DAY })
const cooldown = (limit: number, windowSeconds: number) => ({ limit, windowSeconds, isSinceSuccess: true })

describe('the limits', () => {
  it('LIM-1 LIM-2 LIM-4 LIM-5 LIM-6 have the documented defaults', () => {
    expect(resolve()).toEqual({
      policy: {
        cooldown: [cooldown(1, 30), cooldown(2, 90), cooldown(3, 210), cooldown(4, 510)],
        sendsPerNumber: [hourly(5), daily(10)],
        sendsPerNumberAndNetwork: [hourly(3), daily(5)],
        sendsPerDevice: [hourly(5), daily(10)],
        sendsPerUser: [hourly(5), daily(10)],
        guessesPerNumber: [hourly(15), daily(30), { limit: 100, windowSeconds: 30 * DAY }],
        guessesPerDevice: [hourly(10), daily(20)],
        guessesInARow: 50,
        startsPerAddress: [hourly(150)],
        startsPerNetwork: [hourly(600)],
        startsFromUnknown: [hourly(60)],
        failuresPerAddress: [hourly(60)],
        failuresPerNetwork: [hourly(200)],
        knownNetworkSeconds: 90 * DAY,
        knownDeviceSeconds: 180 * DAY,
      },
      reasons: [],
    })
  })

  it.each([
    'sendsPerNumber',
    'sendsPerNumberAndNetwork',
    'sendsPerDevice',
    'sendsPerUser',
    'guessesPerNumber',
    'guessesPerDevice',
    'startsPerAddress',
    'startsPerNetwork',
    'startsFromUnknown',
    'failuresPerAddress',
    'failuresPerNetwork',
  ] as const)('take %s from the option of that name, with the shortest window first', (name) => {
    const { policy, reasons } = resolve({ [name]: { '30d': 99, '1h': 77, '24h': 88 } })
    expect(policy[name]).toEqual([hourly(77), daily(88), { limit: 99, windowSeconds: 30 * DAY }])
    expect(reasons).toEqual([])
    expect(resolve({ [name]: { '1h': 0, '1y': 5 } }).reasons).toEqual(
      expect.arrayContaining([
        `limits.${name}["1h"] must be a whole number from 1 to 1000000.`,
        `The window "1y" of limits.${name} must be a duration such as "30s", "10m", "24h" or "30d", from 1 to 31622400 seconds.`,
      ]),
    )
  })

  it('take the waits and the times for which callers are known from the options', () => {
    const { policy, reasons } = resolve({ cooldown: ['10s', '1m'], knownNetwork: '2d', knownDevice: '3d' })
    expect(policy.cooldown).toEqual([cooldown(1, 10), cooldown(2, 70)])
    expect([policy.knownNetworkSeconds, policy.knownDeviceSeconds]).toEqual([2 * DAY, 3 * DAY])
    expect(reasons).toEqual([])
    expect(resolve({ cooldown: ['10s', '0s'] }).reasons).toEqual([
      'limits.cooldown[1] must be a duration such as "30s", "10m", "24h" or "30d", from 1 to 86400 seconds.',
    ])
  })

  it.each(['guessesPerNumber', 'guessesPerDevice', 'failuresPerAddress', 'failuresPerNetwork'] as const)(
    'LIM-1 must let %s hold the attempts that a challenge reserves',
    (name) => {
      expect(resolve({ [name]: { '1h': 7, '30d': 100 } }, 7).reasons).toEqual([])
      expect(resolve({ [name]: { '1h': 6, '30d': 100 } }, 7).reasons).toEqual([
        `limits.${name} must allow at least code.maxAttempts in every window, because a challenge reserves them.`,
      ])
    },
  )

  it('LIM-1 must have a window of 30 days or more with at most 100 guesses', () => {
    for (const guessesPerNumber of [{ '30d': 100 }, { '31d': 100 }, { '1h': 9, '30d': 99, '60d': 200 }]) {
      expect(resolve({ guessesPerNumber }).reasons).toEqual([])
    }
    for (const guessesPerNumber of [{ '30d': 101 }, { '29d': 100 }, {}]) {
      expect(resolve({ guessesPerNumber }).reasons).toEqual([
        'limits.guessesPerNumber must have a window of 30 days or more with at most 100 guesses.',
      ])
    }
  })
})
