import { deepEqual, equal, ok } from 'node:assert/strict'
import type { OtpStore } from '@phone-auth/core/adapters'
import { after, type Contract, concurrently, type Fleet } from './clause.ts'
import { attempt, charge, MAX_ATTEMPTS, newChallenge, openRequest, RIGHT, TTL_SECONDS, WRONG } from './fixtures.ts'

const resend = (label: string) => ({ idHash: newChallenge(label).idHash, charges: [], replacement: null })

/** The promises of {@link OtpStore.resend}. */
export const resendClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'OTP-9 a challenge never counts more than maxSends messages',
    check: async ({ ports }) => {
      await ports[0].open(openRequest('c'))
      const outcomes = await concurrently(ports, 20, (store) => store.resend(resend('c')))
      equal(outcomes.filter(({ outcome }) => outcome === 'resent').length, 2)
      equal(outcomes.filter(({ outcome }) => outcome === 'no_sends_left').length, 18)
    },
  },
  {
    name: 'OTP-9 a resend does not reset the attempts and does not extend the lifetime of the challenge',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c'))
      await store.redeem(attempt('c', { codeHashes: [WRONG] }))
      const before = await store.find(newChallenge('c').idHash)
      ok(before !== null)
      await clock.advance(480)
      deepEqual(await store.resend(resend('c')), {
        outcome: 'resent',
        challenge: { ...before, sends: 2 },
        full: [],
        at: clock.now(),
      })
      deepEqual(await store.find(newChallenge('c').idHash), { ...before, sends: 2 })
    },
  },
  {
    name: 'OTP-9 after a resend with a replacement code, only the new code is accepted',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c'))
      const before = await store.find(newChallenge('c').idHash)
      ok(before !== null)
      const replacement = { seed: 'another-seed'.padEnd(22, '.'), codeHash: WRONG, keyId: 'key-2' }
      const resent = await store.resend({ ...resend('c'), replacement })
      deepEqual(resent, {
        outcome: 'resent',
        challenge: { ...before, ...replacement, sends: 2 },
        full: [],
        at: clock.now(),
      })
      equal((await store.redeem(attempt('c', { codeHashes: [RIGHT] }))).outcome, 'wrong')
      equal((await store.redeem(attempt('c', { codeHashes: [WRONG] }))).outcome, 'redeemed')
    },
  },
  {
    name: 'a resend charges every budget and counts the message, or does neither',
    check: async ({ ports: [store], clock }) => {
      await store.open(openRequest('c'))
      const charges = [charge('sends', 1), charge('starts', 2)]
      const end = after(clock.now(), 3600)
      const first = await store.resend({ ...resend('c'), charges })
      deepEqual(first.outcome === 'resent' && first.full, [{ subject: 'sends', kind: 'sends', until: end }])
      const second = await store.resend({ ...resend('c'), charges })
      deepEqual(second, {
        outcome: 'limited',
        full: [{ subject: 'sends', kind: 'sends', until: end }],
        at: clock.now(),
      })
      equal((await store.find(newChallenge('c').idHash))?.sends, 2)
      equal((await store.resend({ ...resend('c'), charges: [charge('starts', 2)] })).outcome, 'resent')
    },
  },
  {
    name: 'a challenge that is spent, consumed, expired or unknown cannot be resent, and nothing is charged',
    check: async ({ ports: [store], clock }) => {
      const charges = [charge('sends', 1)]
      const outcomeOf = async (label: string) => (await store.resend({ ...resend(label), charges })).outcome
      await store.open(openRequest('spent'))
      for (let count = 0; count < MAX_ATTEMPTS; count += 1)
        await store.redeem(attempt('spent', { codeHashes: [WRONG] }))
      equal(await outcomeOf('spent'), 'spent')
      await store.open(openRequest('consumed'))
      await store.redeem(attempt('consumed'))
      equal(await outcomeOf('consumed'), 'gone')
      await store.open(openRequest('expired'))
      await clock.advance(TTL_SECONDS)
      equal(await outcomeOf('expired'), 'gone')
      equal(await outcomeOf('unknown'), 'gone')
      equal((await store.open(openRequest('room', charges))).outcome, 'opened')
    },
  },
]
