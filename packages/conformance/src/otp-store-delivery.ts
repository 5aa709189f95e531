import { deepEqual, equal, ok } from 'node:assert/strict'
import type { Challenge, DeliveryRecord, OtpStore } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, newChallenge, openRequest, TTL_SECONDS, WRONG } from './fixtures.ts'

const note = (
  label: string,
  delivery: DeliveryRecord['delivery'],
  send = 1,
  handle: string | null = null,
): DeliveryRecord => ({ idHash: newChallenge(label).idHash, send, delivery, handle })

/** A note with the handle of a message that the provider has accepted. */
const withHandle = (label: string, send = 1, handle = `handle-${send}`) => note(label, 'queued', send, handle)

/** The delivery states of two messages, each later than the one before. */
const STATES = ([1, 2] as const).flatMap((send) =>
  (['queued', 'sent', 'failed', 'delivered'] as const).map((delivery) => ({ send, delivery })),
)

async function opened(store: OtpStore, label: string): Promise<Challenge> {
  const outcome = await store.open(openRequest(label))
  ok(outcome.outcome === 'opened')
  return outcome.challenge
}

/** The promises of {@link OtpStore.recordDelivery}. */
export const deliveryClauses: Contract<Fleet<OtpStore>> = [
  {
    name: 'REL-8 a delivery state is recorded only if it is of a later message than the recorded one, or a later state of the same message',
    check: async ({ ports: [store] }) => {
      for (const [earlier, before] of STATES.entries()) {
        for (const [later, after] of STATES.entries()) {
          const label = `${earlier}-${later}`
          const challenge = await opened(store, label)
          const first = { ...challenge, delivery: before.delivery }
          const second = { ...challenge, delivery: after.delivery }
          deepEqual(await store.recordDelivery(note(label, before.delivery, before.send)), first)
          deepEqual(
            await store.recordDelivery(note(label, after.delivery, after.send)),
            later > earlier ? second : null,
          )
          deepEqual(await store.find(challenge.idHash), later > earlier ? second : first)
        }
      }
    },
  },
  {
    name: 'REL-8 of concurrent receipts, each is recorded at most once, and the latest state of the latest message remains',
    check: async ({ ports }) => {
      const challenge = await opened(ports[0], 'c')
      const recorded = await concurrently(ports, 200, async (store, index) => {
        // Two handles record each receipt at the same time.
        const receipt = STATES[(Math.floor(index / 2) * 3) % STATES.length]
        ok(receipt !== undefined)
        return (await store.recordDelivery(note('c', receipt.delivery, receipt.send))) === null ? [] : [receipt]
      })
      const changes = recorded.flat()
      equal(new Set(changes).size, changes.length)
      ok(changes.some(({ send, delivery }) => send === 2 && delivery === 'delivered'))
      deepEqual(await ports[0].find(challenge.idHash), { ...challenge, delivery: 'delivered' })
    },
  },
  {
    name: 'a handle is stored even if receipts of its message arrived first, unless a state or a handle of a later message is recorded',
    check: async ({ ports: [store] }) => {
      for (const [index, before] of STATES.entries()) {
        for (const send of [1, 2]) {
          const label = `${index}-${send}`
          const challenge = await opened(store, label)
          await store.recordDelivery(note(label, before.delivery, before.send))
          const recorded: Challenge = {
            ...challenge,
            delivery: send > before.send ? 'queued' : before.delivery,
            handle: send >= before.send ? `handle-${send}` : null,
          }
          deepEqual(await store.recordDelivery(withHandle(label, send)), recorded.handle === null ? null : recorded)
          deepEqual(await store.find(challenge.idHash), recorded)
        }
      }
    },
  },
  {
    name: 'a stored handle stays until a later message replaces it, and storing it again returns null',
    check: async ({ ports: [store] }) => {
      const challenge = await opened(store, 'c')
      const first: Challenge = { ...challenge, delivery: 'queued', handle: 'handle-1' }
      deepEqual(await store.recordDelivery(withHandle('c')), first)
      equal(await store.recordDelivery(withHandle('c')), null)
      deepEqual(await store.recordDelivery(note('c', 'delivered')), { ...first, delivery: 'delivered' })
      deepEqual(await store.recordDelivery(note('c', 'sent', 2)), { ...first, delivery: 'sent' })
      deepEqual(await store.recordDelivery(withHandle('c', 2)), { ...first, delivery: 'sent', handle: 'handle-2' })
      equal(await store.recordDelivery(withHandle('c', 1)), null)
      deepEqual(await store.find(challenge.idHash), { ...first, delivery: 'sent', handle: 'handle-2' })
    },
  },
  {
    name: 'after concurrent receipts and handles, the latest delivery state and the latest handle remain',
    check: async ({ ports }) => {
      const challenge = await opened(ports[0], 'c')
      await concurrently(ports, 200, (store, index) => {
        const send = index % 3 === 0 ? 1 : 2
        return store.recordDelivery(index % 2 === 0 ? note('c', 'delivered', send) : withHandle('c', send))
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
      deepEqual(await store.recordDelivery(note('c', 'sent')), { ...consumed, delivery: 'sent' })
      deepEqual(await store.find(other.idHash), other)
      await clock.advance(TTL_SECONDS)
      deepEqual(await store.recordDelivery(note('c', 'delivered')), { ...consumed, delivery: 'delivered' })
      deepEqual(await store.recordDelivery(note('other', 'failed')), { ...other, delivery: 'failed' })
      await store.purge(10)
      equal(await store.recordDelivery(note('c', 'queued', 2)), null)
      equal(await store.recordDelivery(note('unknown', 'queued')), null)
    },
  },
  {
    name: 'the delivery state and the handle stay with the challenge when it is resent or redeemed',
    check: async ({ ports: [store] }) => {
      const challenge = await opened(store, 'c')
      const { idHash } = challenge
      await store.recordDelivery(note('c', 'failed', 1, 'handle-1'))
      const recorded: Challenge = { ...challenge, delivery: 'failed', handle: 'handle-1' }
      deepEqual(await store.find(idHash), recorded)
      deepEqual(await store.findLatest(ALICE, 'sign_in', null), recorded)
      const resent = await store.resend({ idHash, charges: [], replacement: null })
      deepEqual(resent.outcome === 'resent' && resent.challenge, { ...recorded, sends: 2 })
      const wrong = await store.redeem(attempt('c', { codeHashes: [WRONG] }))
      deepEqual(wrong.outcome === 'wrong' && wrong.challenge, { ...recorded, sends: 2, attempts: 1 })
      const redeemed = await store.redeem(attempt('c'))
      ok(redeemed.outcome === 'redeemed')
      deepEqual([redeemed.challenge.delivery, redeemed.challenge.handle], ['failed', 'handle-1'])
    },
  },
]
