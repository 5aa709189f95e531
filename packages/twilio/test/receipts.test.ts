import { AUTH_TOKEN, TwilioServer } from '@phone-auth/test-servers/twilio'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { twilioReceipts } from '../src/index.ts'
import { authWith, PHONE, rejection, senderOn } from './setup.ts'

const URL_OF_CALLBACKS = 'https://api.example.com/sms/status'

/** A started challenge with a message that Twilio accepted, and its callbacks. */
async function sent() {
  const server = await TwilioServer.start()
  const { auth, events, stores } = authWith({ smsSender: senderOn(server, { statusCallback: URL_OF_CALLBACKS }) })
  const { challengeId } = await auth.start({ phoneNumber: PHONE })
  await server.stop()
  const callbackUrl = server.seen[0]?.form.StatusCallback ?? ''
  const sid = server.delivered[0]?.sid ?? ''
  const receipts = twilioReceipts(auth, { authToken: ['the next token', AUTH_TOKEN], url: URL_OF_CALLBACKS })
  const callback = async (MessageStatus: string, change: Change = {}) => {
    const { token = AUTH_TOKEN, url = callbackUrl, fields = {}, tampered = {} } = change
    const signed = { AccountSid: 'AC1', MessageSid: sid, MessageStatus, To: PHONE, ...fields }
    const signature = change.signature ?? twilio.getExpectedTwilioSignature(token, url, signed)
    // Behind a proxy the server receives the request under another URL.
    const seenUrl = `http://10.0.0.7:8080/internal${new URL(url).search}`
    const response = await receipts(
      new Request(seenUrl, {
        method: change.method ?? 'POST',
        headers: { 'x-twilio-signature': signature },
        ...(change.method === 'PUT' || change.method === undefined
          ? { body: new URLSearchParams({ ...signed, ...tampered }) }
          : {}),
      }),
    )
    return response.status
  }
  const delivery = async () => (await auth.getChallenge({ challengeId })).delivery
  const messageEvents = () => events.map(({ type }) => type).filter((type) => type.startsWith('message_'))
  return { auth, stores, callback, callbackUrl, delivery, events, receipts, sid, messageEvents }
}

interface Change {
  readonly token?: string
  readonly url?: string
  readonly signature?: string
  readonly method?: string
  readonly fields?: Record<string, string>
  readonly tampered?: Record<string, string>
}

describe('twilioReceipts', () => {
  it('REL-8 callbacks that arrive twice and in any order become the delivery state of the challenge and one event', async () => {
    const { callback, delivery, events, sid, messageEvents } = await sent()
    expect(await delivery()).toBe('unknown')
    for (const status of ['sent', 'queued', 'sending', 'sent']) expect(await callback(status)).toBe(204)
    expect(await delivery()).toBe('sent')
    for (const status of ['delivered', 'sent', 'delivered', 'undelivered']) expect(await callback(status)).toBe(204)
    expect(await delivery()).toBe('delivered')
    expect(messageEvents()).toEqual(['message_sent', 'message_delivered'])
    expect(events.at(-1)).toMatchObject({ messageId: sid, phoneNumberMasked: '+1******0123' })
  })

  it('reports that a message was not delivered, and why', async () => {
    const { callback, delivery, events } = await sent()
    await callback('undelivered', { fields: { ErrorCode: '30006' } })
    expect(await delivery()).toBe('failed')
    expect(events.at(-1)).toMatchObject({ type: 'message_undelivered', providerCode: 30006 })
  })

  it('accepts only callbacks that Twilio signed for this URL and these fields, with any token in use', async () => {
    const { callback, callbackUrl, delivery } = await sent()
    expect(await callback('delivered', { signature: '' })).toBe(403)
    expect(await callback('delivered', { signature: 'AAAA' })).toBe(403)
    expect(await callback('delivered', { token: 'another token' })).toBe(403)
    expect(await callback('sent', { tampered: { MessageStatus: 'delivered' } })).toBe(403)
    expect(await callback('sent', { tampered: { More: 'x' } })).toBe(403)
    const signature = twilio.getExpectedTwilioSignature(AUTH_TOKEN, `${callbackUrl}2`, {
      MessageStatus: 'sent',
    })
    expect(await callback('sent', { signature })).toBe(403)
    expect(await delivery()).toBe('unknown')
    expect(await callback('delivered', { token: 'the next token' })).toBe(204)
    expect(await delivery()).toBe('delivered')
  })

  it('answers an invalid request with the matching error status and changes nothing', async () => {
    const { callback, delivery, receipts } = await sent()
    expect(await callback('sent', { method: 'PUT' })).toBe(405)
    expect(await callback('sent', { url: `${URL_OF_CALLBACKS}?ref=invalid.1` })).toBe(400)
    expect(await callback('sent', { url: URL_OF_CALLBACKS })).toBe(400)
    // A well-formed reference to a challenge that is no longer stored.
    expect(await callback('sent', { url: `${URL_OF_CALLBACKS}?ref=${'x'.repeat(43)}.1` })).toBe(204)
    expect(await callback('received')).toBe(204)
    expect(await callback('constructor')).toBe(204)
    const headers = { 'x-twilio-signature': `${'A'.repeat(27)}=` }
    const many = Array.from({ length: 200 }, (_, index) => `a${index}`).join('&')
    for (const body of ['a'.repeat(17 * 1024), many]) {
      expect((await receipts(new Request('http://localhost/', { method: 'POST', headers, body }))).status).toBe(413)
    }
    expect(await delivery()).toBe('unknown')
  })

  it('answers 503 when the database is unavailable, so that Twilio can send the callback again', async () => {
    const { callback, stores } = await sent()
    stores.otpStore.recordDelivery = () => Promise.reject(new Error('unavailable'))
    expect(await callback('delivered')).toBe(503)
  })

  it('OTP-13 the callback URL contains only the hash of the challenge id, which cannot be used to verify', async () => {
    const { auth, callbackUrl } = await sent()
    const ref = new URL(callbackUrl).searchParams.get('ref') ?? ''
    for (const challengeId of [ref, ref.split('.')[0] ?? '']) {
      expect(await rejection(auth.verify({ challengeId, code: '123456' }))).toMatchObject({ code: 'challenge_expired' })
    }
  })

  it('rejects invalid options', () => {
    const { auth } = authWith({ codeService: { start: async () => ({ handle: 'VE1' }), check: async () => 'gone' } })
    expect(() => twilioReceipts(auth, { authToken: [], url: URL_OF_CALLBACKS })).toThrow(/authToken is required/)
    expect(() => twilioReceipts(auth, { authToken: 'x', url: '/sms/status' })).toThrow(/url must be/)
  })
})
