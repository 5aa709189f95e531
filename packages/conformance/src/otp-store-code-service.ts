import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Attempt, Challenge, OtpStore } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import {
  ALICE_SUBJECT,
  attempt,
  charge,
  failure,
  MAX_ATTEMPTS,
  newChallenge,
  openRequest,
  RIGHT,
  reservation,
  STRANGERS,
  SUCCESS,
  TTL_SECONDS,
  WRONG,
} from './fixtures.ts'

/** An attempt that is counted before a code service checks the code. */
const claim = (label: string) => attempt(label, { codeHashes: [] })

/**
 * An attempt to redeem the challenge `label` that a code service has checked, by default approved.
 */
const checked = (label: string, overrides: Partial<Attempt> = {}) =>
  attempt(label, { by: 'code_service', ...overrides })

/** Opens a challenge and uses up its attempts. */
async function spent(store: OtpStore, label: string): Promise<Challenge> {
  await store.open(openRequest(label))
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) await store.redeem(claim(label))
  const challenge = await store.find(newChallenge(label).idHash)
  ok(challenge !== null)
  return challenge
}

/** The promises of {@link OtpStore.redeem} for codes that a code service checks. */
export const codeServiceClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'OTP-4 of concurrent attempts without a code, maxAttempts are counted and return wrong, and the others return spent',
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const opened = await ports[0].find(newChallenge('c').idHash)
      ok(opened !== null)
      const outcomes = await concurrently(ports, 200, (store) => store.redeem(claim('c')))
      const wrong = outcomes.flatMap((result) => (result.outcome === 'wrong' ? [result] : []))
      deepEqual(
        wrong.toSorted((a, b) => a.challenge.attempts - b.challenge.attempts),
        [1, 2, 3, 4, 5].map((attempts) => ({
          outcome: 'wrong',
          challenge: { ...opened, attempts },
        })),
      )
      equal(outcomes.filter(({ outcome }) => outcome === 'spent').length, 195)
    },
  },
  {
    name: 'OTP-4 an attempt that a code service has checked is not counted',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c'))
      await store.redeem(attempt('c', { codeHashes: [], by: 'phone_number' }))
      const claimed = await store.find(newChallenge('c').idHash)
      ok(claimed !== null)
      deepEqual([claimed.attempts, claimed.attemptsByNumber], [1, 1])
      deepEqual(await store.redeem(checked('c', { codeHashes: [WRONG] })), {
        outcome: 'wrong',
        challenge: claimed,
      })
      deepEqual(await store.find(claimed.idHash), claimed)
      const redeemed = await store.redeem(checked('c', { codeHashes: [WRONG, RIGHT] }))
      deepEqual(redeemed, { outcome: 'redeemed', challenge: { ...claimed, consumedAt: clock.now() } })
      deepEqual(await store.redeem(checked('c')), { outcome: 'gone' })
    },
  },
  {
    name: 'OTP-4 an attempt that a code service has checked is not refused when no attempts are left',
    check: async ({ ports: [store], clock }) => {
      const challenge = await spent(store, 'c')
      equal((await store.redeem(attempt('c'))).outcome, 'spent')
      const wrong = await store.redeem(checked('c', { codeHashes: [WRONG] }))
      deepEqual(wrong, { outcome: 'wrong', challenge })
      const redeemed = await store.redeem(checked('c'))
      deepEqual(redeemed, { outcome: 'redeemed', challenge: { ...challenge, consumedAt: clock.now() } })
    },
  },
  {
    name: 'OTP-4 of concurrent attempts that a code service has approved, exactly one redeems the challenge, even when no attempts are left',
    check: async ({ ports }) => {
      await spent(ports[0], 'c')
      const outcomes = await concurrently(ports, 200, (store) => store.redeem(checked('c')))
      equal(outcomes.filter(({ outcome }) => outcome === 'redeemed').length, 1)
      equal(outcomes.filter(({ outcome }) => outcome === 'gone').length, 199)
    },
  },
  {
    name: 'OTP-4 an attempt that a code service has checked returns gone in the same cases as any other',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c', [], { purpose: 'step_up', sessionId: 'session-1' }))
      const own = { purpose: 'step_up', sessionId: 'session-1' } as const
      for (const other of [{ sessionId: 'session-2' }, { sessionId: null }, { purpose: 'sign_in' }] as const) {
        deepEqual(await store.redeem(checked('c', { ...own, ...other })), { outcome: 'gone' })
      }
      deepEqual(await store.redeem(checked('unknown')), { outcome: 'gone' })
      await clock.advance(TTL_SECONDS)
      deepEqual(await store.redeem(checked('c', own)), { outcome: 'gone' })
    },
  },
  {
    name: 'OTP-4 an attempt that a code service has checked records the same failures and successes as any other',
    check: async ({ ports: [store] }) => {
      const failures = [failure('guesses'), failure('failures', 'source')]
      await store.open(openRequest('c', [reservation(ALICE_SUBJECT, 10)]))
      await store.redeem(claim('c'))
      await store.redeem(claim('c'))
      for (let count = 0; count < 2; count += 1) await store.redeem(checked('c', { codeHashes: [WRONG], failures }))
      const gate = (limit: number) => [charge('source', limit, { kind: 'failures', cost: 0 })]
      equal((await store.open(openRequest('refused', gate(2)))).outcome, 'limited')
      equal((await store.open(openRequest('admitted', gate(3)))).outcome, 'opened')
      const approved = checked('c', { failures, success: { ...SUCCESS, known: ['home'] } })
      equal((await store.redeem(approved)).outcome, 'redeemed')
      equal((await store.open(openRequest('admitted-again', gate(3)))).outcome, 'opened')
      const home = { subject: `${ALICE_SUBJECT}|home`, knownSeconds: 60, charges: [] }
      const known = await store.open({ ...openRequest('known'), lanes: [home, STRANGERS] })
      equal(known.outcome === 'opened' && known.challenge.lane, home.subject)
      // The two wrong codes stay recorded, and nothing is reserved.
      equal((await store.open(openRequest('too-many', [reservation(ALICE_SUBJECT, 6)]))).outcome, 'limited')
      equal((await store.open(openRequest('fits', [reservation(ALICE_SUBJECT, 8)]))).outcome, 'opened')
    },
  },
]
