import { START } from '@phone-auth/conformance'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Fleets, startFleets } from '../src/fleets.ts'
import { outcomeOf, PHONE, tally } from '../src/index.ts'

let targets = 0
let fleets: Fleets
beforeAll(async () => {
  const newTarget = () => `target ${++targets}`
  fleets = await startFleets({ name: 'memory', child: new URL('./child.ts', import.meta.url), newTarget }, 2)
  return async () => fleets.stop()
})

async function start({ auths }: Awaited<ReturnType<Fleets['fleet']>>, process: 0 | 1) {
  return (auths[process] ?? auths[0]).start({ phoneNumber: PHONE })
}

describe('a fleet of processes', () => {
  it('starts again on another database, with the clock reset and no message sent', async () => {
    const before = await fleets.fleet()
    const { challengeId } = await start(before, 0)
    await before.clock.advance(60)
    const after = await fleets.fleet()
    expect(after.target).not.toBe(before.target)
    expect(after.clock.now()).toEqual(START)
    expect(await after.sends()).toBe(0)
    expect(await after.messageOf(challengeId)).toBe('')
    expect(await outcomeOf(after.auths[0].resend({ challengeId }))).toBe('challenge_expired')
  })

  it('counts the messages of all its processes, and finds the messages of each', async () => {
    const fleet = await fleets.fleet()
    const started = [await start(fleet, 0), await start(fleet, 1), await start(fleet, 1)]
    expect(await fleet.sends()).toBe(3)
    const texts = await Promise.all(started.map(({ challengeId }) => fleet.messageOf(challengeId)))
    for (const text of texts) expect(text).toMatch(/^[0-9]{6} is your/)
  })

  it('uses one clock in all its processes', async () => {
    const fleet = await fleets.fleet()
    await fleet.clock.advance(90)
    for (const process of [0, 1] as const) {
      const { expiresAt } = await start(fleet, process)
      expect(expiresAt).toEqual(new Date(fleet.clock.now().getTime() + 600_000))
    }
  })

  it('uses the given limits', async () => {
    const startThrice = async (limits: 'none' | 'default') => {
      const fleet = await fleets.fleet('none', limits)
      const outcomes = []
      for (let index = 0; index < 3; index += 1) outcomes.push(await outcomeOf(start(fleet, 0)))
      return tally(outcomes)
    }
    expect(await startThrice('none')).toEqual({ fulfilled: 3 })
    expect(await startThrice('default')).toEqual({ fulfilled: 1, rate_limited: 2 })
  })
})
