import { deepEqual, equal } from 'node:assert/strict'
import type { Challenge, OtpStore } from '@phone-auth/core'
import { after, type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, BOB, charge, newChallenge, openRequest, TTL_SECONDS, WRONG } from './fixtures.ts'

/** What {@link OtpStore.open}, `find`, `findLatest` and `purge` promise. */
export const openClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'opens a challenge and finds it again, whole',
    check: async ({ ports: [store], clock }) => {
      const challenge = newChallenge('whole', { subject: 'user-1', purpose: 'step_up', channel: 'none' })
      const opened: Challenge = {
        ...challenge,
        attempts: 0,
        attemptsByNumber: 0,
        sends: 1,
        delivery: 'unknown',
        handle: null,
        createdAt: clock.now(),
        expiresAt: after(clock.now(), TTL_SECONDS),
        consumedAt: null,
      }
      const outcome = await store.open({ challenge, ttlSeconds: TTL_SECONDS, charges: [charge('a', 2)] })
      deepEqual(outcome, { outcome: 'opened', challenge: opened, full: [] })
      deepEqual(await store.find(challenge.idHash), opened)
      deepEqual(await store.findLatest(ALICE, 'step_up'), opened)
    },
  },
  {
    name: "LIM-7 never admits more than a budget's limit in its window, under any concurrency",
    check: async ({ ports }) => {
      const outcomes = await concurrently(ports, 1000, (store, index) =>
        store.open(openRequest(`c-${index}`, [charge('narrow', 7), charge('wide', 150)])),
      )
      equal(outcomes.filter(({ outcome }) => outcome === 'opened').length, 7)
      // What the refused ones took of the wide budget would be missing now.
      const rest = await concurrently(ports, 200, (store, index) =>
        store.open(openRequest(`d-${index}`, [charge('wide', 150)])),
      )
      equal(rest.filter(({ outcome }) => outcome === 'opened').length, 143)
    },
  },
  {
    name: 'when any budget is full, charges nothing, stores nothing and says which budgets are full and until when',
    check: async ({ ports: [store], clock }) => {
      const end = after(clock.now(), 3600)
      await store.open(openRequest('first', [charge('a', 1), charge('b', 1)]))
      await clock.advance(10)
      const refused = await store.open(openRequest('second', [charge('a', 1), charge('b', 1), charge('c', 1)]))
      const full = [
        { key: 'a', until: end },
        { key: 'b', until: end },
      ]
      deepEqual(refused, { outcome: 'limited', full, at: clock.now() })
      equal(await store.find(newChallenge('second').idHash), null)
      equal((await store.open(openRequest('third', [charge('c', 1)]))).outcome, 'opened')
    },
  },
  {
    name: "LIM-10 a budget's window starts at its first charge and ends windowSeconds later",
    check: async ({ ports: [store], clock }) => {
      const open = async (label: string) => (await store.open(openRequest(label, [charge('a', 2)]))).outcome
      // The hour does not begin when the clock says so.
      await clock.advance(100)
      equal(await open('first'), 'opened')
      await clock.advance(3599)
      equal(await open('second'), 'opened')
      equal(await open('third'), 'limited')
      await clock.advance(1)
      equal(await open('fourth'), 'opened')
      await clock.advance(3599)
      equal(await open('fifth'), 'opened')
      equal(await open('sixth'), 'limited')
    },
  },
  {
    name: 'a charge of cost 0 takes nothing and asks for room for one',
    check: async ({ ports: [store] }) => {
      const gate = charge('a', 1, { cost: 0 })
      equal((await store.open(openRequest('first', [gate]))).outcome, 'opened')
      equal((await store.open(openRequest('second', [gate]))).outcome, 'opened')
      equal((await store.open(openRequest('third', [charge('a', 1)]))).outcome, 'opened')
      equal((await store.open(openRequest('fourth', [gate]))).outcome, 'limited')
    },
  },
  {
    name: 'an admitted charge says which budgets have no room for the same charge again',
    check: async ({ ports: [store], clock }) => {
      const charges = [charge('once', 1), charge('twice', 2), charge('pairs', 3, { cost: 2 })]
      const outcome = await store.open(openRequest('first', charges))
      const end = after(clock.now(), 3600)
      deepEqual(outcome.outcome === 'opened' && outcome.full, [
        { key: 'once', until: end },
        { key: 'pairs', until: end },
      ])
    },
  },
  {
    name: 'OTP-8 opening another challenge leaves every open one as it is',
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
    name: "opening another challenge does not refill a number's guess budget",
    check: async ({ ports: [store] }) => {
      const guesses = charge('guesses', 10, { cost: 5, givesBack: 'unused_attempts' })
      equal((await store.open(openRequest('first', [guesses]))).outcome, 'opened')
      equal((await store.open(openRequest('second', [guesses]))).outcome, 'opened')
      equal((await store.open(openRequest('third', [guesses]))).outcome, 'limited')
    },
  },
  {
    name: 'finds neither an expired nor a consumed nor an unknown challenge',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('expired'))
      await clock.advance(1)
      await store.open(openRequest('consumed'))
      await store.redeem(attempt('consumed'))
      await clock.advance(TTL_SECONDS - 1)
      for (const label of ['expired', 'consumed', 'unknown']) {
        equal(await store.find(newChallenge(label).idHash), null)
      }
      equal(await store.findLatest(ALICE, 'sign_in'), null)
    },
  },
  {
    name: 'finds the open challenge of a number and purpose that was opened last',
    check: async ({ ports: [store], clock }) => {
      const labels = ['first', 'second', 'of-bob', 'other-purpose']
      const overrides = [{}, {}, { phoneNumber: BOB }, { purpose: 'step_up' }] as const
      for (const [index, label] of labels.entries()) {
        await store.open(openRequest(label, [], overrides[index]))
        await clock.advance(1)
      }
      equal((await store.findLatest(ALICE, 'sign_in'))?.idHash, newChallenge('second').idHash)
      await store.redeem(attempt('second'))
      equal((await store.findLatest(ALICE, 'sign_in'))?.idHash, newChallenge('first').idHash)
    },
  },
  {
    name: 'DATA-1 deletes at most limit expired challenges and limit ended windows, and nothing that lives',
    check: async ({ ports: [store], clock }) => {
      for (const label of ['a', 'b', 'c'])
        await store.open(openRequest(label, [charge(label, 1, { windowSeconds: TTL_SECONDS })]))
      await clock.advance(TTL_SECONDS)
      await store.open(openRequest('live', [charge('live', 1)]))
      for (const deleted of [4, 2, 0]) deepEqual(await store.purge(2), { deleted, expired: [] })
      equal((await store.find(newChallenge('live').idHash))?.idHash, newChallenge('live').idHash)
      equal((await store.open(openRequest('second', [charge('live', 1)]))).outcome, 'limited')
    },
  },
  {
    name: 'a purge returns each message with a handle whose challenge was neither redeemed nor discarded, once',
    check: async ({ ports, clock }) => {
      const [store] = ports
      const open = async (label: string, handle: string | null = label) => {
        const { idHash } = newChallenge(label)
        await store.open(openRequest(label, [], { phoneNumber: label === 'discarded' ? BOB : ALICE }))
        if (handle !== null) await store.noteDelivery({ idHash, send: 1, delivery: 'queued', handle })
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
        unused.length + 3,
      )
      const expired = results.flatMap((result) => result.expired)
      deepEqual(
        expired.toSorted((a, b) => (a.handle < b.handle ? -1 : 1)),
        unused.toSorted().map((handle) => ({ phoneNumber: ALICE, handle })),
      )
    },
  },
]
