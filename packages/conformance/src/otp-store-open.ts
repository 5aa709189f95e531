import { deepEqual, equal } from 'node:assert/strict'
import type { Challenge, OtpStore } from '@phone-auth/core/adapters'
import { after, type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, BOB, charge, newChallenge, openRequest, TTL_SECONDS, WRONG } from './fixtures.ts'

/** The promises of {@link OtpStore.open}, `find`, `findLatest` and `purge`. */
export const openClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'the methods open, find and findLatest return the challenge with all its fields',
    check: async ({ ports: [store], clock }) => {
      const challenge = newChallenge('whole', { sessionId: 'session-1', purpose: 'step_up', channel: 'none' })
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
    name: 'LIM-7 no budget is charged beyond its limit within a window, even when many calls and processes charge it at the same time',
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
    name: 'if any budget is full, charges nothing, stores nothing, and returns each full budget with the end of its window',
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
      // The window of an hour does not start on the hour.
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
        { key: 'once', until: end },
        { key: 'pairs', until: end },
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
      const guesses = charge('guesses', 10, { cost: 5, givesBack: 'unused_attempts' })
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
      equal(await store.findLatest(ALICE, 'sign_in'), null)
    },
  },
  {
    name: 'finds the open challenge of a phone number and purpose that was opened last',
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
    name: 'DATA-1 a purge deletes at most limit expired challenges and limit ended budget windows, and nothing that is still in effect',
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
