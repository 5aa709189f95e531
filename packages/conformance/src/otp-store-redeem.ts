import { deepEqual, equal, ok } from 'node:assert/strict'
import { attemptsLeft, type OtpStore, type RedeemOutcome } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import {
  ALICE_SUBJECT,
  attempt,
  charge,
  failure,
  MAX_ATTEMPTS,
  MAX_ATTEMPTS_BY_NUMBER,
  newChallenge,
  openRequest,
  RIGHT,
  reservation,
  STRANGERS,
  SUCCESS,
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
    name: "OTP-5 attempts by phone number use at most maxAttemptsByNumber of the challenge's attempts, and those of strangers use at most one of these",
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const byNumber = { by: 'phone_number' } as const
      const strangers = await concurrently(ports, 20, (store) =>
        store.redeem(attempt('c', { ...WRONG_ATTEMPT, by: 'stranger' })),
      )
      deepEqual(attemptsSeen(strangers), [1])
      equal((await ports[0].redeem(attempt('c', { by: 'stranger' }))).outcome, 'spent')
      const outcomes = await concurrently(ports, 50, (store) =>
        store.redeem(attempt('c', { ...WRONG_ATTEMPT, ...byNumber })),
      )
      deepEqual(attemptsSeen(outcomes), [2, 3])
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
    name: 'LIM-1 a right code returns what the challenge has reserved and not used, and records a success of the number, of the lane and of what becomes known',
    check: async ({ ports: [store], clock }) => {
      const home = `${ALICE_SUBJECT}|home`
      const lane = { subject: 'user:1', knownSeconds: null, charges: [reservation('user:1', 10)] }
      const failures = [failure('guesses')]
      await store.open({ ...openRequest('first', [reservation(ALICE_SUBJECT, 10)]), lanes: [lane] })
      await store.redeem(attempt('first', { ...WRONG_ATTEMPT, failures }))
      await store.redeem(attempt('first', { ...WRONG_ATTEMPT, failures }))
      await clock.advance(1)
      await store.redeem(attempt('first', { failures, success: { ...SUCCESS, known: ['home'] } }))
      // Two wrong codes stay recorded: there is room for 8, not for 9.
      for (const subject of [ALICE_SUBJECT, 'user:1']) {
        const fits = (cost: number) => [reservation(subject, 10, { cost })]
        equal((await store.open(openRequest(`too-many-${subject}`, fits(9)))).outcome, 'limited')
        equal((await store.open(openRequest(`fits-${subject}`, fits(8)))).outcome, 'opened')
      }
      for (const subject of [home, 'user:1', ALICE_SUBJECT]) {
        const known = { subject, knownSeconds: 1, charges: [] }
        const opened = await store.open({ ...openRequest(`known-${subject}`), lanes: [known, STRANGERS] })
        equal(opened.outcome === 'opened' && opened.challenge.lane, subject)
      }
    },
  },
  {
    name: 'LIM-4 a wrong code moves one reserved attempt of each budget to its record, and records its other failures, even beyond the limits of their budgets',
    check: async ({ ports }) => {
      const [store] = ports
      const failures = [failure('guesses'), failure('failures', 'guesser', 'starter')]
      const charges = [reservation(ALICE_SUBJECT, 10), reservation('starter', 5, { kind: 'failures' })]
      await store.open(openRequest('c', charges))
      await concurrently(ports, 3, (each) => each.redeem(attempt('c', { ...WRONG_ATTEMPT, failures })))
      const gate = (subject: string, kind: 'guesses' | 'failures', limit: number) =>
        charge(subject, limit, { kind, cost: 0 })
      for (const [subject, kind] of [
        [ALICE_SUBJECT, 'guesses'],
        ['starter', 'failures'],
        ['guesser', 'failures'],
      ] as const) {
        equal((await store.open(openRequest(`refused-${subject}`, [gate(subject, kind, 3)]))).outcome, 'limited')
        equal((await store.open(openRequest(`admitted-${subject}`, [gate(subject, kind, 4)]))).outcome, 'opened')
      }
      // Three recorded and two still reserved are five, as before.
      const full = await store.open(openRequest('full', [reservation(ALICE_SUBJECT, 9)]))
      equal(full.outcome, 'limited')
      equal((await store.open(openRequest('room', [reservation(ALICE_SUBJECT, 10)]))).outcome, 'opened')
    },
  },
  {
    name: 'LIM-5 at most maxDevices devices of a number are known, those with the latest success',
    check: async ({ ports: [store], clock }) => {
      for (const device of ['a', 'b', 'c']) {
        await store.open(openRequest(device))
        await store.redeem(attempt(device, { success: { ...SUCCESS, known: [`device:${device}`] } }))
        await clock.advance(1)
      }
      equal(await isKnown(store, 'device:a'), false)
      equal(await isKnown(store, 'device:b'), true)
      await store.open(openRequest('d'))
      const success = { ...SUCCESS, known: ['device:d'], forgotten: ['device:c'] }
      await store.redeem(attempt('d', { success }))
      equal(await isKnown(store, 'device:b'), true)
      equal(await isKnown(store, 'device:c'), false)
      equal(await isKnown(store, 'device:d'), true)
    },
  },
  {
    name: 'LIM-5 after forget, no network and no device of the number is known, and what is recorded about them still counts',
    check: async ({ ports: [store] }) => {
      const home = charge(`${ALICE_SUBJECT}|home`, 1)
      await store.open(openRequest('c', [home]))
      await store.redeem(attempt('c', { success: { ...SUCCESS, known: ['home', 'device:a'] } }))
      equal(await isKnown(store, 'home'), true)
      await store.forget('another-number')
      equal(await isKnown(store, 'device:a'), true)
      await store.forget(ALICE_SUBJECT)
      equal(await isKnown(store, 'home'), false)
      equal(await isKnown(store, 'device:a'), false)
      equal((await store.open(openRequest('again', [home]))).outcome, 'limited')
    },
  },
]

let asked = 0

/** Whether a part of Alice's number opens its lane. */
async function isKnown(store: OtpStore, part: string): Promise<boolean> {
  const subject = `${ALICE_SUBJECT}|${part}`
  asked += 1
  const lanes = [{ subject, knownSeconds: 3600, charges: [] }, STRANGERS] as const
  const opened = await store.open({ ...openRequest(`asked-${asked}`), lanes })
  return opened.outcome === 'opened' && opened.challenge.lane === subject
}

function attemptsSeen(outcomes: readonly RedeemOutcome[]): number[] {
  const compared = outcomes.flatMap((result) => (result.outcome === 'wrong' ? [result.challenge.attempts] : []))
  return compared.sort((a, b) => a - b)
}
