import { deepEqual } from 'node:assert/strict'
import type { JointStores, TestClock } from '@phone-auth/conformance'
import type { PhoneNumber } from '@phone-auth/core'
import type { Attempt, BudgetKind, Charge, Lane, OtpStore } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import { PHONE } from './auth.ts'

const NUMBER = 'number'
const HOME = `${NUMBER}|home`
const DEVICE = `${NUMBER}|device:1`

/** Pseudo-random numbers below `limit`, the same in every run. */
function randomNumbers(): (limit: number) => number {
  let state = 1
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % limit
  }
}

/**
 * Compares a store with the one in memory: both receive the same random calls at the same times.
 * PostgreSQL applies the rules of the limits in a function of its own.
 */
export async function sameAsInMemory(
  { clock, stores }: { readonly clock: TestClock; readonly stores: readonly JointStores[] },
  calls: number,
): Promise<void> {
  const { otpStore: expected } = memoryStores({ now: clock.now })
  const random = randomNumbers()
  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item
  const chance = (percent: number) => random(100) < percent
  const both = async (label: string, call: (store: OtpStore) => Promise<unknown>) => {
    const store = stores[random(stores.length)]?.otpStore as OtpStore
    deepEqual(await call(store), await call(expected), label)
  }

  const charge = (subject: string, kind: BudgetKind): Charge => {
    const isReserved = (kind === 'guesses' || kind === 'failures') && chance(70)
    const rates = [{ limit: 2 + random(9), windowSeconds: pick([60, 3600]), isSinceSuccess: chance(30) }]
    if (chance(60)) rates.push({ limit: 6 + random(20), windowSeconds: 86_400, isSinceSuccess: false })
    const grainSeconds = kind === 'starts' || kind === 'failures' ? pick([0, 6, 360]) : 0
    return { subject, kind, cost: isReserved ? 5 : random(3), rates, isReserved, grainSeconds }
  }
  const some = <Item>(items: readonly Item[]): Item[] => items.filter(() => chance(70))
  const ofSource = () =>
    some([
      ['source', 'starts'],
      ['source', 'failures'],
      ['user:1', 'sends'],
    ] as const).map(([subject, kind]) => charge(subject, kind))
  const ofNumber = () => some(['sends', 'guesses'] as const).map((kind) => charge(NUMBER, kind))
  const lanes = (): [...Lane[], Lane] => [
    ...some([DEVICE, HOME]).map((subject) => ({
      subject,
      knownSeconds: pick([60, 3600, 86_400]),
      charges: [...ofNumber(), charge(subject, 'sends'), charge(subject, 'guesses')],
    })),
    { subject: null, knownSeconds: null, charges: [...ofNumber(), charge(HOME, 'sends')] },
  ]
  const failures = () =>
    some(['guesses', 'failures'] as const).map((kind) => ({
      kind,
      subjects: some(['source', 'elsewhere']),
      rates: [{ limit: 1, windowSeconds: pick([60, 86_400]) }],
      grainSeconds: kind === 'failures' ? pick([0, 6]) : 0,
    }))
  const success = () => ({
    known: some(['home', `device:${random(4)}`]),
    forgotten: chance(20) ? [`device:${random(4)}`] : [],
    knownSeconds: pick([3600, 86_400]),
    maxDevices: 1 + random(3),
    recordSeconds: pick([60, 3600]),
  })

  for (let index = 0; index < calls; index += 1) {
    const idHash = `challenge-${chance(60) ? index : random(index + 1)}`
    const action = random(10)
    if (action < 4) {
      const challenge = {
        idHash: `challenge-${index}`,
        purpose: 'sign_in',
        sessionId: null,
        channel: 'sms',
        phoneNumber: PHONE as PhoneNumber,
        seed: 'seed',
        codeHash: 'right',
        keyId: 'key',
        format: { alphabet: 'digits', length: 6 },
        maxAttempts: 5,
        maxAttemptsByNumber: 3,
        maxSends: 3,
        numberSubject: NUMBER,
        userSubject: null,
        network: pick([null, 'home', 'elsewhere']),
      } as const
      const request = { challenge, ttlSeconds: pick([60, 600]), charges: ofSource(), lanes: lanes() }
      await both(`${index} open`, (store) => store.open(request))
    } else if (action < 8) {
      const attempt: Attempt = {
        idHash,
        purpose: 'sign_in',
        sessionId: null,
        by: pick(['challenge_id', 'phone_number', 'stranger', 'code_service']),
        codeHashes: [chance(40) ? 'right' : 'wrong'],
        failures: failures(),
        success: success(),
      }
      await both(`${index} redeem`, (store) => store.redeem(attempt))
    } else if (action < 9) {
      const charges = [...ofSource(), ...ofNumber()].map((each) => ({ ...each, isReserved: false }))
      await both(`${index} resend`, (store) => store.resend({ idHash, charges, replacement: null }))
    } else {
      const network = pick([null, 'home'])
      await both(`${index} findLatest`, (store) => store.findLatest(PHONE as PhoneNumber, 'sign_in', network))
      if (chance(20)) await both(`${index} forget`, (store) => store.forget(NUMBER))
    }
    await clock.advance(pick([1, 1, 1, 29, 30, 59, 60, 61, 599, 600, 3599, 3600, 3601]))
  }
}
