import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeliveryReport } from '../../src/adapters.ts'
import { PHONE, rejection, START, setup } from '../setup.ts'

/** One message that was sent, and the reference that the provider receives with it. */
async function sent() {
  const world = setup()
  const { challengeId } = await world.auth.start({ phoneNumber: PHONE })
  const reference = () => world.messages.at(-1)?.reference ?? ''
  const reported = () => world.events.filter(({ type }) => type.startsWith('message_') && type !== 'message_sent')
  return { ...world, challengeId, reference, reported }
}

describe('PhoneAuth.recordDelivery', () => {
  it('REL-8 stores the delivery of a message and returns whether it changed', async () => {
    const { auth, challengeId, reference } = await sent()
    const delivery = async () => (await auth.getChallenge({ challengeId })).delivery
    expect(await delivery()).toBe('unknown')
    for (const word of ['queued', 'sent', 'delivered'] as const) {
      expect(await auth.recordDelivery({ reference: reference(), delivery: word })).toBe(true)
      expect(await delivery()).toBe(word)
      expect(await auth.recordDelivery({ reference: reference(), delivery: word })).toBe(false)
    }
    expect(await auth.recordDelivery({ reference: reference(), delivery: 'sent' })).toBe(false)
    expect(await delivery()).toBe('delivered')
  })

  it('REL-8 reports a delivery once, even if the provider repeats it', async () => {
    const { auth, reference, reported } = await sent()
    const delivered = { reference: reference(), delivery: 'delivered', messageId: 'SM1' } as const
    await Promise.all(Array.from({ length: 20 }, () => auth.recordDelivery(delivered)))
    expect(reported()).toEqual([
      {
        type: 'message_delivered',
        messageId: 'SM1',
        phoneNumberMasked: '+1******0101',
        phoneNumberFingerprint: expect.any(String),
        at: START,
      },
    ])
  })

  it('REL-8 reports a failed delivery with the error code of the provider', async () => {
    const { auth, reference, reported } = await sent()
    const failed = { reference: reference(), delivery: 'failed', messageId: 'SM1', providerCode: 30003 } as const
    expect(await auth.recordDelivery(failed)).toBe(true)
    expect(await auth.recordDelivery(failed)).toBe(false)
    expect(reported()).toMatchObject([{ type: 'message_undelivered', messageId: 'SM1', providerCode: 30003 }])
    const other = await sent()
    await other.auth.recordDelivery({ reference: other.reference(), delivery: 'failed' })
    expect(other.reported()).toMatchObject([{ messageId: null, providerCode: null }])
  })

  it('REL-8 reports no event while a message is queued or sent', async () => {
    const { auth, reference, reported } = await sent()
    for (const delivery of ['queued', 'sent'] as const) await auth.recordDelivery({ reference: reference(), delivery })
    expect(reported()).toEqual([])
  })

  it('REL-8 ends with the same delivery in any order and number of receipts', async () => {
    const words = ['queued', 'sent', 'failed', 'delivered'] as const
    const report = fc.record({ send: fc.integer({ min: 0, max: 1 }), delivery: fc.constantFrom(...words) })
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 12 }), async (reports) => {
        const { auth, challengeId, clock, messages, reported } = await sent()
        clock.advance(30)
        await auth.resend({ challengeId })
        const news: boolean[] = []
        for (const { send, delivery } of reports) {
          news.push(await auth.recordDelivery({ reference: messages[send]?.reference ?? '', delivery }))
        }
        const rank = ({ send, delivery }: (typeof reports)[number]) => send * 10 + words.indexOf(delivery)
        const ranks = reports.map(rank)
        expect(news).toEqual(ranks.map((own, index) => ranks.slice(0, index).every((earlier) => earlier < own)))
        const furthest = reports[ranks.indexOf(Math.max(...ranks))]
        expect((await auth.getChallenge({ challengeId })).delivery).toBe(furthest?.delivery)
        const ends = reports.filter(({ delivery }, index) => news[index] && words.indexOf(delivery) >= 2)
        expect(reported()).toHaveLength(ends.length)
      }),
      { seed: 8, numRuns: 60 },
    )
  })

  it('REL-8 stores a receipt that arrives after sign-in or expiry, and changes nothing else', async () => {
    const { auth, challengeId, clock, codeFor, reference, reported } = await sent()
    await auth.verify({ challengeId, code: codeFor() })
    expect(await auth.recordDelivery({ reference: reference(), delivery: 'sent' })).toBe(true)
    clock.advance(600)
    expect(await auth.recordDelivery({ reference: reference(), delivery: 'delivered' })).toBe(true)
    expect(reported()).toHaveLength(1)
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('challenge_expired')
    await auth.purge()
    expect(await auth.recordDelivery({ reference: reference(), delivery: 'delivered' })).toBe(false)
  })

  it('REL-8 a code stays valid after a failed delivery and a resend', async () => {
    const { auth, challengeId, clock, codeFor, messages } = await sent()
    await auth.recordDelivery({ reference: messages[0]?.reference ?? '', delivery: 'failed' })
    clock.advance(30)
    await auth.resend({ challengeId })
    expect((await auth.getChallenge({ challengeId })).delivery).toBe('failed')
    expect(messages.map(({ reference }) => reference.slice(-2))).toEqual(['.1', '.2'])
    expect((await auth.verify({ challengeId, code: codeFor() })).user.phoneNumber).toBe(PHONE)
  })

  it('returns false for an unknown challenge', async () => {
    const { auth, reported } = await sent()
    expect(await auth.recordDelivery({ reference: `${'A'.repeat(43)}.1`, delivery: 'delivered' })).toBe(false)
    expect(reported()).toEqual([])
  })

  it('LOG-1 the reference does not contain the challenge id and cannot be used in its place', async () => {
    const { auth, challengeId, codeFor, reference } = await sent()
    expect(reference()).not.toContain(challengeId)
    const [idHash = ''] = reference().split('.')
    for (const id of [reference(), idHash]) {
      expect((await rejection(auth.verify({ challengeId: id, code: codeFor() }))).code).toBe('challenge_expired')
      expect((await rejection(auth.getChallenge({ challengeId: id }))).code).toBe('challenge_expired')
    }
  })

  it('rejects an invalid reference', async () => {
    const { auth, reference } = await sent()
    const good = reference()
    const [idHash] = good.split('.')
    const bad = [
      '',
      idHash,
      `${idHash}.`,
      `${idHash}.0`,
      `${idHash}.01`,
      `${idHash}.100`,
      `${idHash}.-1`,
      ` ${good}`,
      `${good}\n`,
    ]
    for (const junk of [...bad, `${good}.1`, `x${good}`, good.slice(1), null, undefined, 5, {}, [good]]) {
      const error = await rejection(auth.recordDelivery({ reference: junk as string, delivery: 'delivered' }))
      expect(error, String(junk)).toMatchObject({ code: 'invalid_input', field: 'reference' })
    }
  })

  it('rejects an invalid delivery', async () => {
    const { auth, reference, challengeId } = await sent()
    for (const junk of ['unknown', 'Delivered', 'undelivered', '', null, undefined, 4, ['sent'], 'toString']) {
      const report = { reference: reference(), delivery: junk } as unknown as DeliveryReport
      expect(await rejection(auth.recordDelivery(report)), String(junk)).toMatchObject({
        code: 'invalid_input',
        field: 'delivery',
      })
    }
    expect((await auth.getChallenge({ challengeId })).delivery).toBe('unknown')
  })
})

describe('PhoneAuth.getChallenge', () => {
  it('returns an open challenge without its secrets', async () => {
    const { auth, challengeId, clock } = await sent()
    const seconds = (after: number) => new Date(START.getTime() + after * 1000)
    const state = { phoneNumber: PHONE, createdAt: START, expiresAt: seconds(600), sends: 1, delivery: 'unknown' }
    expect(await auth.getChallenge({ challengeId })).toEqual(state)
    clock.advance(30)
    await auth.resend({ challengeId })
    expect(await auth.getChallenge({ challengeId })).toEqual({ ...state, sends: 2 })
  })

  it('counts no attempt', async () => {
    const { auth, challengeId, codeFor } = await sent()
    for (let count = 0; count < 20; count += 1) await auth.getChallenge({ challengeId })
    expect((await auth.verify({ challengeId, code: codeFor() })).isNewUser).toBe(true)
  })

  it('rejects an expired, a used and an unknown challenge with the same error', async () => {
    const used = await sent()
    await used.auth.verify({ challengeId: used.challengeId, code: used.codeFor() })
    const expired = await sent()
    expired.clock.advance(600)
    for (const { auth, challengeId } of [used, expired, { ...expired, challengeId: 'unknown' }]) {
      expect((await rejection(auth.getChallenge({ challengeId }))).code).toBe('challenge_expired')
    }
  })

  it('rejects an invalid id, and does not look up a phone number', async () => {
    const { auth } = await sent()
    for (const junk of [undefined, null, 5, '', 'x'.repeat(129), {}, { phoneNumber: PHONE }]) {
      const error = await rejection(auth.getChallenge({ challengeId: junk as string }))
      expect(error, String(junk)).toMatchObject({ code: 'invalid_input', field: 'challengeId' })
    }
    expect((await rejection(auth.getChallenge({ challengeId: PHONE }))).code).toBe('challenge_expired')
  })
})
