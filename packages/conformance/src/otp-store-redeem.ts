import { deepEqual, equal, ok } from 'node:assert/strict'
import { attemptsLeft, type OtpStore, type RedeemOutcome } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import {
  attempt,
  charge,
  MAX_ATTEMPTS,
  MAX_ATTEMPTS_BY_NUMBER,
  newChallenge,
  openRequest,
  RIGHT,
  TTL_SECONDS,
  WRONG,
} from './fixtures.ts'

const WRONG_ATTEMPT = { codeHashes: [WRONG] } as const

/** The promises of {@link OtpStore.redeem}. */
export const redeemClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'counts each wrong code until no attempts are left',
    check: async ({ ports: [store] }) => {
      await store.open(openRequest('c'))
      const opened = await store.find(newChallenge('c').idHash)
      ok(opened !== null)
      for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts += 1) {
        const outcome = await store.redeem(attempt('c', WRONG_ATTEMPT))
        deepEqual(outcome, {
          outcome: 'wrong',
          challenge: { ...opened, attempts },
        })
      }
      const spent = await store.redeem(attempt('c'))
      deepEqual(spent, { outcome: 'spent', challenge: { ...opened, attempts: MAX_ATTEMPTS } })
    },
  },
  {
    name: 'redeems the challenge once, if any of the codeHashes matches',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c'))
      const opened = await store.find(newChallenge('c').idHash)
      ok(opened !== null)
      const redeemed = await store.redeem(attempt('c', { codeHashes: [WRONG, RIGHT] }))
      deepEqual(redeemed, { outcome: 'redeemed', challenge: { ...opened, attempts: 1, consumedAt: clock.now() } })
      deepEqual(await store.redeem(attempt('c')), { outcome: 'gone' })
    },
  },
  {
    name: 'OTP-4 no two concurrent calls return the same attempts, and at most maxAttempts codes are compared',
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const outcomes = await concurrently(ports, 200, (store) => store.redeem(attempt('c', WRONG_ATTEMPT)))
      deepEqual(attemptsSeen(outcomes), [1, 2, 3, 4, 5])
      equal(outcomes.filter(({ outcome }) => outcome === 'spent').length, 195)
      equal((await ports[0].redeem(attempt('c'))).outcome, 'spent')
    },
  },
  {
    name: 'OTP-3 of concurrent callers with the right code, exactly one redeems the challenge',
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const outcomes = await concurrently(ports, 200, (store) => store.redeem(attempt('c')))
      equal(outcomes.filter(({ outcome }) => outcome === 'redeemed').length, 1)
      equal(outcomes.filter(({ outcome }) => outcome === 'gone').length, 199)
    },
  },
  {
    name: 'OTP-8 while attempts are left, the right code is redeemed even if wrong codes are submitted at the same time',
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const outcomes = await concurrently(ports, MAX_ATTEMPTS, (store, index) =>
        store.redeem(attempt('c', index === MAX_ATTEMPTS - 1 ? {} : WRONG_ATTEMPT)),
      )
      equal(outcomes.at(-1)?.outcome, 'redeemed')
    },
  },
  {
    name: "OTP-5 attempts by phone number use at most maxAttemptsByNumber of the challenge's attempts",
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const byNumber = { by: 'phone_number' } as const
      const outcomes = await concurrently(ports, 50, (store) =>
        store.redeem(attempt('c', { ...WRONG_ATTEMPT, ...byNumber })),
      )
      deepEqual(attemptsSeen(outcomes), [1, 2, 3])
      equal((await ports[0].redeem(attempt('c', byNumber))).outcome, 'spent')
      const found = await ports[0].find(newChallenge('c').idHash)
      deepEqual([found?.attempts, found?.attemptsByNumber], [MAX_ATTEMPTS_BY_NUMBER, MAX_ATTEMPTS_BY_NUMBER])
      const wrong = await ports[0].redeem(attempt('c', WRONG_ATTEMPT))
      equal(wrong.outcome === 'wrong' && attemptsLeft(wrong.challenge, 'challenge_id'), 1)
      equal((await ports[0].redeem(attempt('c'))).outcome, 'redeemed')
    },
  },
  {
    name: 'OTP-6 an attempt with another purpose or session returns gone and does not change the challenge',
    check: async ({ ports: [store] }) => {
      await store.open(openRequest('c', [], { purpose: 'change_phone', sessionId: 'session-1' }))
      const before = await store.find(newChallenge('c').idHash)
      const own = { purpose: 'change_phone', sessionId: 'session-1' } as const
      const others = [
        { sessionId: 'session-2' },
        { sessionId: null },
        { purpose: 'sign_in' },
        { purpose: 'step_up' },
      ] as const
      for (const other of others) {
        deepEqual(await store.redeem(attempt('c', { ...own, ...other })), { outcome: 'gone' })
      }
      deepEqual(await store.find(newChallenge('c').idHash), before)
      equal((await store.redeem(attempt('c', own))).outcome, 'redeemed')
    },
  },
  {
    name: 'OTP-2 a challenge is gone from expiresAt on',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('in-time'))
      await store.open(openRequest('late'))
      await clock.advance(TTL_SECONDS - 1)
      equal((await store.redeem(attempt('in-time'))).outcome, 'redeemed')
      await clock.advance(1)
      deepEqual(await store.redeem(attempt('late')), { outcome: 'gone' })
    },
  },
  {
    name: 'a redeemed challenge gives back to each budget what the givesBack of its charge states',
    check: async ({ ports: [store], clock }) => {
      const guesses = charge('guesses', 10, { cost: 5, givesBack: 'unused_attempts' })
      const charges = [charge('sends', 3), charge('cooldown', 1, { givesBack: 'everything' }), guesses]
      await store.open(openRequest('first', charges))
      await store.redeem(attempt('first', WRONG_ATTEMPT))
      await store.redeem(attempt('first', WRONG_ATTEMPT))
      await store.redeem(attempt('first'))
      // Two wrong attempts stay charged: 2 + 5 leave room for 3 more, 2 + 5 + 5 do not.
      equal((await store.open(openRequest('second', charges))).outcome, 'opened')
      const third = await store.open(openRequest('third', charges))
      deepEqual(third.outcome === 'limited' && third.full.map(({ key }) => key), ['cooldown', 'guesses'])
      equal((await store.open(openRequest('fits', [charge('guesses', 10, { cost: 3 })]))).outcome, 'opened')
      // The challenge was not charged to the next window, so that window gets nothing back.
      await clock.advance(TTL_SECONDS)
      const short = charge('short', 10, { cost: 5, givesBack: 'unused_attempts', windowSeconds: 60 })
      await store.open(openRequest('long-lived', [short]))
      await clock.advance(60)
      await store.open(openRequest('next-window', [short]))
      await store.redeem(attempt('long-lived'))
      equal((await store.open(openRequest('fills', [short]))).outcome, 'opened')
      equal(
        (await store.open(openRequest('too-many', [charge('short', 10, { windowSeconds: 60 })]))).outcome,
        'limited',
      )
    },
  },
  {
    name: 'a wrong code takes its failureCharges, even beyond the limits of their budgets',
    check: async ({ ports: [store] }) => {
      const failures = { failureCharges: [charge('failures', 2)] }
      await store.open(openRequest('c'))
      for (let count = 0; count < 3; count += 1) {
        equal((await store.redeem(attempt('c', { ...WRONG_ATTEMPT, ...failures }))).outcome, 'wrong')
      }
      const gate = (limit: number) => [charge('failures', limit, { cost: 0 })]
      equal((await store.open(openRequest('refused', gate(3)))).outcome, 'limited')
      equal((await store.open(openRequest('admitted', gate(4)))).outcome, 'opened')
      equal((await store.redeem(attempt('c', failures))).outcome, 'redeemed')
      equal((await store.open(openRequest('admitted-again', gate(4)))).outcome, 'opened')
    },
  },
]

function attemptsSeen(outcomes: readonly RedeemOutcome[]): number[] {
  const compared = outcomes.flatMap((result) => (result.outcome === 'wrong' ? [result.challenge.attempts] : []))
  return compared.sort((a, b) => a - b)
}
