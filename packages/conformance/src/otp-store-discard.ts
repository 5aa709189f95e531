import { deepEqual, equal, ok } from 'node:assert/strict'
import type { OtpStore } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, BOB, CAROL, newChallenge, openRequest, reservation, TTL_SECONDS, WRONG } from './fixtures.ts'

/** The promises of {@link OtpStore.discard}. */
export const discardClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'ACC-3 ends every open challenge of the given phone numbers, for any purpose, and no other, and returns how many it ended',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('expired'))
      await clock.advance(TTL_SECONDS)
      await store.open(openRequest('consumed'))
      await store.redeem(attempt('consumed'))
      const changing = { purpose: 'change_phone', sessionId: 'session-1' } as const
      await store.open(openRequest('signing-in'))
      await store.open(openRequest('changing', [], changing))
      await store.open(openRequest('stepping-up', [], { purpose: 'step_up', sessionId: 'session-2', phoneNumber: BOB }))
      await store.redeem(attempt('signing-in', { codeHashes: [WRONG] }))
      await store.open(openRequest('of-carol', [], { phoneNumber: CAROL }))
      const carols = await store.find(newChallenge('of-carol').idHash)
      equal(await store.discard([]), 0)
      equal(await store.discard([ALICE, BOB, ALICE]), 3)
      equal(await store.discard([ALICE, BOB]), 0)
      for (const label of ['signing-in', 'changing', 'stepping-up']) {
        equal(await store.find(newChallenge(label).idHash), null)
      }
      equal(await store.findLatest(ALICE, 'change_phone', null), null)
      deepEqual(await store.redeem(attempt('signing-in')), { outcome: 'gone' })
      deepEqual(await store.redeem(attempt('changing', changing)), { outcome: 'gone' })
      const { idHash } = newChallenge('signing-in')
      deepEqual(await store.resend({ idHash, charges: [], replacement: null }), { outcome: 'gone' })
      ok(carols !== null)
      deepEqual(await store.find(carols.idHash), carols)
      equal((await store.redeem(attempt('of-carol'))).outcome, 'redeemed')
    },
  },
  {
    name: 'what a discarded challenge has reserved counts until the challenge would have expired',
    check: async ({ ports: [store], clock }) => {
      const charges = [reservation('guesses', 5)]
      await store.open(openRequest('first', charges))
      equal(await store.discard([ALICE]), 1)
      equal((await store.open(openRequest('second', charges))).outcome, 'limited')
      await clock.advance(TTL_SECONDS)
      equal((await store.open(openRequest('third', charges))).outcome, 'opened')
    },
  },
  {
    name: 'ACC-3 of concurrent calls to redeem and discard, exactly one ends the challenge',
    check: async ({ ports }) => {
      for (let round = 0; round < 5; round += 1) {
        await ports[0].open(openRequest(`c-${round}`))
        const ended = await concurrently(ports, 20, async (store, index) => {
          if (index % 3 === 0) return store.discard([ALICE])
          return (await store.redeem(attempt(`c-${round}`))).outcome === 'redeemed' ? 1 : 0
        })
        equal(
          ended.reduce((sum, count) => sum + count, 0),
          1,
        )
      }
    },
  },
]
