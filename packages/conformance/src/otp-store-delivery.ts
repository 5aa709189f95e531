import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Challenge, DeliveryNote, OtpStore } from '@phone-auth/core'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, newChallenge, openRequest, TTL_SECONDS, WRONG } from './fixtures.ts'

const note = (
  label: string,
  delivery: DeliveryNote['delivery'],
  send = 1,
  handle: string | null = null,
): DeliveryNote => ({ idHash: newChallenge(label).idHash, send, delivery, handle })

/** What is noted once the provider has accepted a message and named it. */
const named = (label: string, send = 1, handle = `handle-${send}`) => note(label, 'queued', send, handle)

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
    name: 'REL-8 a delivery state is recorded only if it is of a later message than the recorded one, or a later state of the same message',
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
    name: 'REL-8 of concurrent receipts, each is recorded at most once, and the latest state of the latest message remains',
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
    name: 'a handle is stored even if receipts of its message arrived first, unless a state or a handle of a later message is recorded',
    check: async ({ ports: [store] }) => {
      for (const [index, before] of NEWS.entries()) {
        for (const send of [1, 2]) {
          const label = `${index}-${send}`
          const challenge = await opened(store, label)
          await store.noteDelivery(note(label, before.delivery, before.send))
          const noted: Challenge = {
            ...challenge,
            delivery: send > before.send ? 'queued' : before.delivery,
            handle: send >= before.send ? `handle-${send}` : null,
          }
          deepEqual(await store.noteDelivery(named(label, send)), noted.handle === null ? null : noted)
          deepEqual(await store.find(challenge.idHash), noted)
        }
      }
    },
  },
  {
    name: 'a stored handle stays until a later message replaces it, and storing it again returns null',
    check: async ({ ports: [store] }) => {
      const challenge = await opened(store, 'c')
      const first: Challenge = { ...challenge, delivery: 'queued', handle: 'handle-1' }
      deepEqual(await store.noteDelivery(named('c')), first)
      equal(await store.noteDelivery(named('c')), null)
      deepEqual(await store.noteDelivery(note('c', 'delivered')), { ...first, delivery: 'delivered' })
      deepEqual(await store.noteDelivery(note('c', 'sent', 2)), { ...first, delivery: 'sent' })
      deepEqual(await store.noteDelivery(named('c', 2)), { ...first, delivery: 'sent', handle: 'handle-2' })
      equal(await store.noteDelivery(named('c', 1)), null)
      deepEqual(await store.find(challenge.idHash), { ...first, delivery: 'sent', handle: 'handle-2' })
    },
  },
  {
    name: 'after concurrent receipts and handles, the latest delivery state and the latest handle remain',
    check: async ({ ports }) => {
      const challenge = await opened(ports[0], 'c')
      await concurrently(ports, 200, (store, index) => {
        const send = index % 3 === 0 ? 1 : 2
        return store.noteDelivery(index % 2 === 0 ? note('c', 'delivered', send) : named('c', send))
      })
      const expected: Challenge = { ...challenge, delivery: 'delivered', handle: 'handle-2' }
      deepEqual(await ports[0].find(challenge.idHash), expected)
    },
  },
  {
    name: 'REL-8 a receipt is recorded for consumed and expired challenges too, until they are purged',
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
    name: 'the delivery state and the handle stay with the challenge when it is resent or redeemed',
    check: async ({ ports: [store] }) => {
      const challenge = await opened(store, 'c')
      const { idHash } = challenge
      await store.noteDelivery(note('c', 'failed', 1, 'handle-1'))
      const noted: Challenge = { ...challenge, delivery: 'failed', handle: 'handle-1' }
      deepEqual(await store.find(idHash), noted)
      deepEqual(await store.findLatest(ALICE, 'sign_in'), noted)
      const resent = await store.resend({ idHash, charges: [], replacement: null })
      deepEqual(resent.outcome === 'resent' && resent.challenge, { ...noted, sends: 2 })
      const wrong = await store.redeem(attempt('c', { codeHashes: [WRONG] }))
      deepEqual(wrong.outcome === 'wrong' && wrong.challenge, { ...noted, sends: 2, attempts: 1 })
      const redeemed = await store.redeem(attempt('c'))
      ok(redeemed.outcome === 'redeemed')
      deepEqual([redeemed.challenge.delivery, redeemed.challenge.handle], ['failed', 'handle-1'])
    },
  },
]
