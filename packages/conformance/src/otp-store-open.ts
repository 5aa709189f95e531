import { deepEqual, equal } from 'node:assert/strict'
import type { Challenge, OtpStore } from '@phone-auth/core/adapters'
import { after, type Contract, concurrently, type Fleet } from './clause.ts'
import {
  ALICE,
  ALICE_SUBJECT,
  attempt,
  BOB,
  charge,
  newChallenge,
  openRequest,
  reservation,
  STRANGERS,
  SUCCESS,
  TTL_SECONDS,
  WRONG,
} from './fixtures.ts'

/** The promises of {@link OtpStore.open}, `find`, `findLatest` and `purge`. */
export const openClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'the methods open, find and findLatest return the challenge with all its fields',
    check: async ({ ports: [store], clock }) => {
      const challenge = newChallenge('whole', {
        sessionId: 'session-1',
        purpose: 'step_up',
        channel: 'none',
        userSubject: 'user:1',
        network: '203.0.113.0/24',
      })
      const opened: Challenge = {
        ...challenge,
        attempts: 0,
        attemptsByNumber: 0,
        attemptsByStranger: 0,
        sends: 1,
        lane: null,
        delivery: 'unknown',
        handle: null,
        createdAt: clock.now(),
        expiresAt: after(clock.now(), TTL_SECONDS),
        consumedAt: null,
      }
      const outcome = await store.open({ ...openRequest('whole', [charge('a', 2)]), challenge })
      deepEqual(outcome, { outcome: 'opened', challenge: opened, full: [] })
      deepEqual(await store.find(challenge.idHash), opened)
      deepEqual(await store.findLatest(ALICE, 'step_up', null), opened)
    },
  },
  {
    name: 'LIM-7 no budget records more than its limit, even when many calls and processes charge it at the same time',
    check: async ({ ports }) => {
      const outcomes = await concurrently(ports, 1000, (store, index) =>
        store.open(openRequest(`c-${index}`, [charge('narrow', 7), charge('wide', 150)])),
      )
      equal(outcomes.filter(({ outcome }) => outcome === 'opened').length, 7)
      // Fewer would be opened if the refused calls had charged the wide budget.
      const rest = await concurrently(ports, 200, (store, index) =>
        store.open(openRequest(`d-${index}`, [charge('wide', 150)])),
      )
      equal(rest.filter(({ outcome }) => outcome === 'opened').length, 143)
    },
  },
  {
    name: 'LIM-1 LIM-6 within any window, wherever it begins, no budget records more than its limit',
    check: async ({ ports, clock }) => {
      // The calls of each minute, and how many have room: three in any hour.
      const schedule = [
        [1, 1, 1],
        [59, 3, 2],
        [60, 3, 0],
        [61, 3, 1],
        [118, 3, 0],
        [119, 3, 2],
        [120, 3, 0],
        [121, 3, 1],
      ] as const
      let minute = 0
      for (const [at, calls, expected] of schedule) {
        await clock.advance((at - minute) * 60)
        minute = at
        const outcomes = await concurrently(ports, calls, (store, index) =>
          store.open(openRequest(`${at}-${index}`, [charge('rolling', 3)])),
        )
        const opened = outcomes.filter(({ outcome }) => outcome === 'opened').length
        deepEqual({ at, opened }, { at, opened: expected })
      }
    },
  },
  {
    name: 'if any budget is full, charges nothing, stores nothing, and returns each full budget with the time at which it has room',
    check: async ({ ports: [store], clock }) => {
      const end = after(clock.now(), 3600)
      await store.open(openRequest('first', [charge('a', 1), charge('b', 1)]))
      await clock.advance(10)
      const refused = await store.open(openRequest('second', [charge('a', 1), charge('b', 1), charge('c', 1)]))
      const full = [
        { subject: 'a', kind: 'sends', until: end },
        { subject: 'b', kind: 'sends', until: end },
      ]
      deepEqual(refused, { outcome: 'limited', full, at: clock.now() })
      equal(await store.find(newChallenge('second').idHash), null)
      equal((await store.open(openRequest('third', [charge('c', 1)]))).outcome, 'opened')
    },
  },
  {
    name: 'LIM-10 a record with a grain counts each charge until the end of its window, and at most one grain longer',
    check: async ({ ports: [store], clock }) => {
      const coarse = charge('a', 2, { grainSeconds: 360 })
      const open = async (label: string) => store.open(openRequest(label, [coarse]))
      await clock.advance(100)
      equal((await open('first')).outcome, 'opened')
      equal((await open('second')).outcome, 'opened')
      const firstAt = clock.now()
      await clock.advance(3599)
      const refused = await open('third')
      equal(refused.outcome, 'limited')
      const until = refused.outcome === 'limited' && refused.full[0]?.until
      equal(until !== undefined && until !== false && until <= after(firstAt, 3960), true)
      await clock.advance(361)
      equal((await open('fourth')).outcome, 'opened')
      equal((await open('fifth')).outcome, 'opened')
      equal((await open('sixth')).outcome, 'limited')
    },
  },
  {
    name: 'LIM-2 a rate since the last success counts only what was recorded after it',
    check: async ({ ports: [store], clock }) => {
      const rates = [{ limit: 1, windowSeconds: 3600, isSinceSuccess: true }]
      const open = async (label: string) =>
        (await store.open(openRequest(label, [charge(ALICE_SUBJECT, 1, { rates }), charge('all', 3)]))).outcome
      equal(await open('first'), 'opened')
      await clock.advance(1)
      equal(await open('refused'), 'limited')
      await store.redeem(attempt('first'))
      await clock.advance(1)
      equal(await open('second'), 'opened')
      equal(await open('refused-again'), 'limited')
      // The other limit counts both.
      equal((await store.open(openRequest('third', [charge('all', 3)]))).outcome, 'opened')
      equal((await store.open(openRequest('fourth', [charge('all', 3)]))).outcome, 'limited')
    },
  },
  {
    name: 'LIM-1 what a challenge reserves counts in every window until the challenge is redeemed or expires',
    check: async ({ ports: [store], clock }) => {
      const short = { rates: [{ limit: 10, windowSeconds: 60 }] }
      const open = async (label: string) => store.open(openRequest(label, [reservation(ALICE_SUBJECT, 10, short)]))
      equal((await open('first')).outcome, 'opened')
      await clock.advance(100)
      equal((await open('second')).outcome, 'opened')
      const refused = await open('third')
      deepEqual(refused.outcome === 'limited' && refused.full[0]?.until, after(clock.now(), TTL_SECONDS - 100))
      await store.redeem(attempt('second'))
      equal((await open('fourth')).outcome, 'opened')
      equal((await open('fifth')).outcome, 'limited')
      await clock.advance(TTL_SECONDS - 100)
      equal((await open('sixth')).outcome, 'opened')
    },
  },
  {
    name: 'LIM-5 a lane of a known subject is used only while the last success of the subject is recent enough',
    check: async ({ ports: [store], clock }) => {
      const home = `${ALICE_SUBJECT}|home`
      const lane = { subject: home, knownSeconds: 1000, charges: [charge('known', 2)] }
      const open = async (label: string) => {
        const strangers = { ...STRANGERS, charges: [charge('strangers', 1)] }
        const opened = await store.open({ ...openRequest(label), lanes: [lane, strangers] })
        return opened.outcome === 'opened' ? opened.challenge.lane : opened.full[0]?.subject
      }
      equal(await open('first'), null)
      equal(await open('refused'), 'strangers')
      await store.redeem(attempt('first', { success: { ...SUCCESS, known: ['home'] } }))
      equal(await open('second'), home)
      equal((await store.find(newChallenge('second').idHash))?.lane, home)
      equal(await open('third'), home)
      equal(await open('fourth'), 'known')
      await clock.advance(1000)
      equal(await open('fifth'), 'strangers')
    },
  },
  {
    name: 'a charge of cost 0 takes nothing, and is refused unless the budget has room for 1',
    check: async ({ ports: [store] }) => {
      const gate = charge('a', 1, { cost: 0 })
      equal((await store.open(openRequest('first', [gate]))).outcome, 'opened')
      equal((await store.open(openRequest('second', [gate]))).outcome, 'opened')
      equal((await store.open(openRequest('third', [charge('a', 1)]))).outcome, 'opened')
      equal((await store.open(openRequest('fourth', [gate]))).outcome, 'limited')
    },
  },
  {
    name: 'when the challenge is opened, full lists the budgets without room for the same charge again',
    check: async ({ ports: [store], clock }) => {
      const charges = [charge('once', 1), charge('twice', 2), charge('pairs', 3, { cost: 2 })]
      const outcome = await store.open(openRequest('first', charges))
      const end = after(clock.now(), 3600)
      deepEqual(outcome.outcome === 'opened' && outcome.full, [
        { subject: 'once', kind: 'sends', until: end },
        { subject: 'pairs', kind: 'sends', until: end },
      ])
    },
  },
  {
    name: 'OTP-8 opening a challenge does not change any other open challenge',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('first'))
      await store.redeem(attempt('first', { codeHashes: [WRONG] }))
      const before = await store.find(newChallenge('first').idHash)
      for (const label of ['second', 'third', 'fourth']) {
        await clock.advance(1)
        await store.open(openRequest(label))
      }
      deepEqual(await store.find(newChallenge('first').idHash), before)
    },
  },
  {
    name: 'opening a challenge does not refill the guess budget of the phone number',
    check: async ({ ports: [store] }) => {
      const guesses = reservation(ALICE_SUBJECT, 10)
      equal((await store.open(openRequest('first', [guesses]))).outcome, 'opened')
      equal((await store.open(openRequest('second', [guesses]))).outcome, 'opened')
      equal((await store.open(openRequest('third', [guesses]))).outcome, 'limited')
    },
  },
  {
    name: 'the methods find and findLatest return null for an expired, consumed or unknown challenge',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('expired'))
      await clock.advance(1)
      await store.open(openRequest('consumed'))
      await store.redeem(attempt('consumed'))
      await clock.advance(TTL_SECONDS - 1)
      for (const label of ['expired', 'consumed', 'unknown']) {
        equal(await store.find(newChallenge(label).idHash), null)
      }
      equal(await store.findLatest(ALICE, 'sign_in', null), null)
    },
  },
  {
    name: 'OTP-5 of several open challenges, findLatest returns the last that the given network started, or else the last of all',
    check: async ({ ports: [store], clock }) => {
      const labels = ['at-home', 'first', 'second', 'of-bob', 'other-purpose']
      const overrides = [{ network: 'home' }, {}, {}, { phoneNumber: BOB }, { purpose: 'step_up' }] as const
      for (const [index, label] of labels.entries()) {
        await store.open(openRequest(label, [], overrides[index]))
        await clock.advance(1)
      }
      const latest = async (network: string | null) => (await store.findLatest(ALICE, 'sign_in', network))?.idHash
      equal(await latest(null), newChallenge('second').idHash)
      equal(await latest('elsewhere'), newChallenge('second').idHash)
      equal(await latest('home'), newChallenge('at-home').idHash)
      await store.redeem(attempt('second'))
      equal(await latest(null), newChallenge('first').idHash)
    },
  },
  {
    name: 'DATA-1 a purge deletes at most limit expired challenges and limit budgets of which nothing counts any more, and nothing that is still in effect',
    check: async ({ ports: [store], clock }) => {
      for (const label of ['a', 'b', 'c']) await store.open(openRequest(label, [charge(label, 1)]))
      await clock.advance(2 * 86_400)
      await store.open(openRequest('live', [charge('live', 1)]))
      for (const deleted of [4, 2, 0]) deepEqual(await store.purge(2), { deleted, expired: [] })
      equal((await store.find(newChallenge('live').idHash))?.idHash, newChallenge('live').idHash)
      equal((await store.open(openRequest('second', [charge('live', 1)]))).outcome, 'limited')
    },
  },
  {
    name: 'a purge returns each message with a handle once, unless its challenge was redeemed or discarded',
    check: async ({ ports, clock }) => {
      const [store] = ports
      const open = async (label: string, handle: string | null = label) => {
        const { idHash } = newChallenge(label)
        await store.open(openRequest(label, [], { phoneNumber: label === 'discarded' ? BOB : ALICE }))
        if (handle !== null) await store.recordDelivery({ idHash, send: 1, delivery: 'queued', handle })
      }
      const unused = Array.from({ length: 20 }, (_, index) => `unused-${index}`)
      for (const label of [...unused, 'redeemed', 'discarded']) await open(label)
      await open('without-handle', null)
      await store.redeem(attempt('redeemed'))
      await store.discard([BOB])
      await clock.advance(TTL_SECONDS)
      await open('live')
      const results = await concurrently(ports, 40, (purging) => purging.purge(2))
      results.push(await store.purge(100))
      equal(
        results.reduce((sum, { deleted }) => sum + deleted, 0),
        // Also the record of the redeemed number, which holds nothing.
        unused.length + 4,
      )
      const expired = results.flatMap((result) => result.expired)
      deepEqual(
        expired.toSorted((a, b) => (a.handle < b.handle ? -1 : 1)),
        unused.toSorted().map((handle) => ({ phoneNumber: ALICE, handle })),
      )
    },
  },
]
