import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeliveryReport } from '../../src/adapters.ts'
import { PHONE, rejection, START, setup } from '../setup.ts'

/** A world with one message on its way, and the reference by which the provider knows it. */
async function sent() {
  const world = setup()
  const { challengeId } = await world.auth.start({ phoneNumber: PHONE })
  const reference = () => world.messages.at(-1)?.reference ?? ''
  const told = () => world.events.filter(({ type }) => type.startsWith('message_') && type !== 'message_sent')
  return { ...world, challengeId, reference, told }
}

describe('PhoneAuth.noteDelivery', () => {
  it('REL-8 notes how far a message is, and says whether that was news', async () => {
    const { auth, challengeId, reference } = await sent()
    const delivery = async () => (await auth.getChallenge({ challengeId })).delivery
    expect(await delivery()).toBe('unknown')
    for (const word of ['queued', 'sent', 'delivered'] as const) {
      expect(await auth.noteDelivery({ reference: reference(), delivery: word })).toBe(true)
      expect(await delivery()).toBe(word)
      expect(await auth.noteDelivery({ reference: reference(), delivery: word })).toBe(false)
    }
    expect(await auth.noteDelivery({ reference: reference(), delivery: 'sent' })).toBe(false)
    expect(await delivery()).toBe('delivered')
  })

  it('REL-8 tells of a message once, however often the provider does', async () => {
    const { auth, reference, told } = await sent()
    const delivered = { reference: reference(), delivery: 'delivered', messageId: 'SM1' } as const
    await Promise.all(Array.from({ length: 20 }, () => auth.noteDelivery(delivered)))
    expect(told()).toEqual([
      {
        type: 'message_delivered',
        messageId: 'SM1',
        phoneNumberMasked: '+1******0101',
        phoneNumberFingerprint: expect.any(String),
        at: START,
      },
    ])
  })

  it('REL-8 tells what went wrong, with the number the provider has for it', async () => {
    const { auth, reference, told } = await sent()
    const failed = { reference: reference(), delivery: 'failed', messageId: 'SM1', providerCode: 30003 } as const
    expect(await auth.noteDelivery(failed)).toBe(true)
    expect(await auth.noteDelivery(failed)).toBe(false)
    expect(told()).toMatchObject([{ type: 'message_undelivered', messageId: 'SM1', providerCode: 30003 }])
    const other = await sent()
    await other.auth.noteDelivery({ reference: other.reference(), delivery: 'failed' })
    expect(other.told()).toMatchObject([{ messageId: null, providerCode: null }])
  })

  it('REL-8 makes no event of a message that is under way', async () => {
    const { auth, reference, told } = await sent()
    for (const delivery of ['queued', 'sent'] as const) await auth.noteDelivery({ reference: reference(), delivery })
    expect(told()).toEqual([])
  })

  it('REL-8 ends with the same state in whatever order and number receipts come', async () => {
    const words = ['queued', 'sent', 'failed', 'delivered'] as const
    const report = fc.record({ send: fc.integer({ min: 0, max: 1 }), delivery: fc.constantFrom(...words) })
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 12 }), async (reports) => {
        const { auth, challengeId, clock, messages, told } = await sent()
        clock.advance(30)
        await auth.resend({ challengeId })
        const news: boolean[] = []
        for (const { send, delivery } of reports) {
          news.push(await auth.noteDelivery({ reference: messages[send]?.reference ?? '', delivery }))
        }
        const rank = ({ send, delivery }: (typeof reports)[number]) => send * 10 + words.indexOf(delivery)
        const ranks = reports.map(rank)
        expect(news).toEqual(ranks.map((own, index) => ranks.slice(0, index).every((earlier) => earlier < own)))
        const furthest = reports[ranks.indexOf(Math.max(...ranks))]
        expect((await auth.getChallenge({ challengeId })).delivery).toBe(furthest?.delivery)
        const ends = reports.filter(({ delivery }, index) => news[index] && words.indexOf(delivery) >= 2)
        expect(told()).toHaveLength(ends.length)
      }),
      { seed: 8, numRuns: 60 },
    )
  })

  it('REL-8 a receipt that comes after sign-in or expiry is noted, and changes nothing else', async () => {
    const { auth, challengeId, clock, codeFor, reference, told } = await sent()
    await auth.verify({ challengeId, code: codeFor() })
    expect(await auth.noteDelivery({ reference: reference(), delivery: 'sent' })).toBe(true)
    clock.advance(600)
    expect(await auth.noteDelivery({ reference: reference(), delivery: 'delivered' })).toBe(true)
    expect(told()).toHaveLength(1)
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('challenge_expired')
    await auth.purge()
    expect(await auth.noteDelivery({ reference: reference(), delivery: 'delivered' })).toBe(false)
  })

  it('REL-8 neither attempts nor resends nor failures of delivery take anything from a code', async () => {
    const { auth, challengeId, clock, codeFor, messages } = await sent()
    await auth.noteDelivery({ reference: messages[0]?.reference ?? '', delivery: 'failed' })
    clock.advance(30)
    await auth.resend({ challengeId })
    expect((await auth.getChallenge({ challengeId })).delivery).toBe('failed')
    expect(messages.map(({ reference }) => reference.slice(-2))).toEqual(['.1', '.2'])
    expect((await auth.verify({ challengeId, code: codeFor() })).user.phoneNumber).toBe(PHONE)
  })

  it('is no news of a challenge that there is not', async () => {
    const { auth, told } = await sent()
    expect(await auth.noteDelivery({ reference: `${'A'.repeat(43)}.1`, delivery: 'delivered' })).toBe(false)
    expect(told()).toEqual([])
  })

  it('LOG-1 the reference is not the challenge id, and opens nothing', async () => {
    const { auth, challengeId, codeFor, reference } = await sent()
    expect(reference()).not.toContain(challengeId)
    const [idHash = ''] = reference().split('.')
    for (const id of [reference(), idHash]) {
      expect((await rejection(auth.verify({ challengeId: id, code: codeFor() }))).code).toBe('challenge_expired')
      expect((await rejection(auth.getChallenge({ challengeId: id }))).code).toBe('challenge_expired')
    }
  })

  it('refuses what is no reference', async () => {
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
      const error = await rejection(auth.noteDelivery({ reference: junk as string, delivery: 'delivered' }))
      expect(error, String(junk)).toMatchObject({ code: 'invalid_input', field: 'reference' })
    }
  })

  it('refuses what is no word for a delivery', async () => {
    const { auth, reference, challengeId } = await sent()
    for (const junk of ['unknown', 'Delivered', 'undelivered', '', null, undefined, 4, ['sent'], 'toString']) {
      const report = { reference: reference(), delivery: junk } as unknown as DeliveryReport
      expect(await rejection(auth.noteDelivery(report)), String(junk)).toMatchObject({
        code: 'invalid_input',
        field: 'delivery',
      })
    }
    expect((await auth.getChallenge({ challengeId })).delivery).toBe('unknown')
  })
})

describe('PhoneAuth.getChallenge', () => {
  it('shows an open challenge, and of it nothing that is secret', async () => {
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

  it('finds an expired, a used and an unknown challenge alike: none', async () => {
    const used = await sent()
    await used.auth.verify({ challengeId: used.challengeId, code: used.codeFor() })
    const expired = await sent()
    expired.clock.advance(600)
    for (const { auth, challengeId } of [used, expired, { ...expired, challengeId: 'unknown' }]) {
      expect((await rejection(auth.getChallenge({ challengeId }))).code).toBe('challenge_expired')
    }
  })

  it('refuses what is no id, and does not look for a number', async () => {
    const { auth } = await sent()
    for (const junk of [undefined, null, 5, '', 'x'.repeat(129), {}, { phoneNumber: PHONE }]) {
      const error = await rejection(auth.getChallenge({ challengeId: junk as string }))
      expect(error, String(junk)).toMatchObject({ code: 'invalid_input', field: 'challengeId' })
    }
    expect((await rejection(auth.getChallenge({ challengeId: PHONE }))).code).toBe('challenge_expired')
  })
})
