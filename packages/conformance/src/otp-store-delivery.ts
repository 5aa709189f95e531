import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Challenge, DeliveryNote, OtpStore } from '@phone-auth/core'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, newChallenge, openRequest, TTL_SECONDS, WRONG } from './fixtures.ts'

const note = (label: string, delivery: DeliveryNote['delivery'], send = 1): DeliveryNote => ({
  idHash: newChallenge(label).idHash,
  send,
  delivery,
})

/** What can be noted of two messages, each the news after the one before. */
const NEWS = ([1, 2] as const).flatMap((send) =>
  (['queued', 'sent', 'failed', 'delivered'] as const).map((delivery) => ({ send, delivery })),
)

async function opened(store: OtpStore, label: string): Promise<Challenge> {
  const outcome = await store.open(openRequest(label))
  ok(outcome.outcome === 'opened')
  return outcome.challenge
}

/** What {@link OtpStore.noteDelivery} promises. */
export const deliveryClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'REL-8 news is what concerns a later message than what was noted before, or the same message further on its way',
    check: async ({ ports: [store] }) => {
      for (const [earlier, before] of NEWS.entries()) {
        for (const [later, after] of NEWS.entries()) {
          const label = `${earlier}-${later}`
          const challenge = await opened(store, label)
          const first = { ...challenge, delivery: before.delivery }
          const second = { ...challenge, delivery: after.delivery }
          deepEqual(await store.noteDelivery(note(label, before.delivery, before.send)), first)
          deepEqual(await store.noteDelivery(note(label, after.delivery, after.send)), later > earlier ? second : null)
          deepEqual(await store.find(challenge.idHash), later > earlier ? second : first)
        }
      }
    },
  },
  {
    name: 'REL-8 of 200 concurrent receipts each is news once at most, and the furthest stays',
    check: async ({ ports }) => {
      const challenge = await opened(ports[0], 'c')
      const noted = await concurrently(ports, 200, async (store, index) => {
        // Each goes to two handles at once.
        const receipt = NEWS[(Math.floor(index / 2) * 3) % NEWS.length]
        ok(receipt !== undefined)
        return (await store.noteDelivery(note('c', receipt.delivery, receipt.send))) === null ? [] : [receipt]
      })
      const news = noted.flat()
      equal(new Set(news).size, news.length)
      ok(news.some(({ send, delivery }) => send === 2 && delivery === 'delivered'))
      deepEqual(await ports[0].find(challenge.idHash), { ...challenge, delivery: 'delivered' })
    },
  },
  {
    name: 'REL-8 a receipt is noted on consumed and expired challenges too, while they are kept',
    check: async ({ ports: [store], clock }) => {
      const challenge = await opened(store, 'c')
      const other = await opened(store, 'other')
      await store.redeem(attempt('c'))
      const consumed = { ...challenge, attempts: 1, consumedAt: clock.now() }
      deepEqual(await store.noteDelivery(note('c', 'sent')), { ...consumed, delivery: 'sent' })
      deepEqual(await store.find(other.idHash), other)
      await clock.advance(TTL_SECONDS)
      deepEqual(await store.noteDelivery(note('c', 'delivered')), { ...consumed, delivery: 'delivered' })
      deepEqual(await store.noteDelivery(note('other', 'failed')), { ...other, delivery: 'failed' })
      await store.purge(10)
      equal(await store.noteDelivery(note('c', 'queued', 2)), null)
      equal(await store.noteDelivery(note('unknown', 'queued')), null)
    },
  },
  {
    name: 'what was noted stays with the challenge, whatever else becomes of it',
    check: async ({ ports: [store] }) => {
      const challenge = await opened(store, 'c')
      const { idHash } = challenge
      await store.noteDelivery(note('c', 'failed'))
      const noted: Challenge = { ...challenge, delivery: 'failed' }
      deepEqual(await store.find(idHash), noted)
      deepEqual(await store.findLatest(ALICE, 'sign_in'), noted)
      const resent = await store.resend({ idHash, charges: [], replacement: null })
      deepEqual(resent.outcome === 'resent' && resent.challenge, { ...noted, sends: 2 })
      const wrong = await store.redeem(attempt('c', { codeHashes: [WRONG] }))
      deepEqual(wrong.outcome === 'wrong' && wrong.challenge, { ...noted, sends: 2, attempts: 1 })
      const redeemed = await store.redeem(attempt('c'))
      equal(redeemed.outcome === 'redeemed' && redeemed.challenge.delivery, 'failed')
    },
  },
]
