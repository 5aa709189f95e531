import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  type Behaviour,
  FROM,
  MESSAGING_SERVICE_SID,
  TwilioServer,
} from '@phone-auth/test-servers/twilio'
import twilio from 'twilio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { twilioSender } from '../src/index.ts'
import { authWith, message, PHONE, rejection, senderOn, sendOptions } from './setup.ts'

let server: TwilioServer
beforeAll(async () => {
  server = await TwilioServer.start()
})
afterAll(() => server.stop())
beforeEach(() => {
  server.seen.length = 0
  server.delivered.length = 0
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('twilioSender', () => {
  it('sends the fields that Twilio requires, and returns the id, segments and status of the message', async () => {
    const receipt = await senderOn(server).send(message, sendOptions())
    expect(receipt).toEqual({ messageId: server.delivered[0]?.sid, segments: 1, status: 'queued' })
    const [request] = server.seen
    expect(request).toMatchObject({ method: 'POST', path: `/2010-04-01/Accounts/${ACCOUNT_SID}/Messages.json` })
    expect(request?.form).toEqual({ To: PHONE, From: FROM, Body: message.text, ValidityPeriod: '600' })
    expect(request?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  })

  it('sends every character of a text unchanged', async () => {
    const text = '123456 आपका कोड & +=%20 "é" 🔑\n\n@app.example.com #123456'
    await senderOn(server).send({ ...message, text }, sendOptions())
    expect(server.delivered[0]?.text).toBe(text)
  })

  it('sends from a messaging service, which does not report segments yet', async () => {
    const sender = senderOn(server, { from: undefined, messagingServiceSid: MESSAGING_SERVICE_SID } as never)
    const receipt = await sender.send(message, sendOptions())
    expect(receipt).toEqual({ messageId: server.delivered[0]?.sid, status: 'accepted' })
    expect(server.seen[0]?.form).toEqual({
      To: PHONE,
      MessagingServiceSid: MESSAGING_SERVICE_SID,
      Body: message.text,
      ValidityPeriod: '600',
    })
  })

  it('sends the code in the approved template over WhatsApp', async () => {
    const contentSid = `HX${'d'.repeat(32)}`
    await senderOn(server, { channel: 'whatsapp', contentSid }).send(message, sendOptions())
    expect(server.seen[0]?.form).toEqual({
      To: `whatsapp:${PHONE}`,
      From: `whatsapp:${FROM}`,
      ValidityPeriod: '600',
      ContentSid: contentSid,
      ContentVariables: '{"1":"123456"}',
    })
  })

  it('LIM-2 sends a hardened code over WhatsApp without hyphens, so that it fits the template', async () => {
    const smsSender = senderOn(server, { channel: 'whatsapp', contentSid: `HX${'d'.repeat(32)}` })
    const { auth } = authWith({ smsSender }, { limits: { cooldown: [], guessesPerNumber: { '30d': 5 } } })
    for (let count = 0; count < 2; count += 1) await auth.start({ phoneNumber: PHONE, ip: `203.0.${count}.7` })
    const { challengeId } = await auth.resend({ phoneNumber: PHONE, ip: '203.0.1.7' })
    expect(challengeId).toBeNull()
    const codes = server.seen.map(({ form }) => JSON.parse(form.ContentVariables ?? '{}')[1])
    expect(codes).toEqual([
      expect.stringMatching(/^[0-9]{6}$/),
      expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{13}$/),
      codes[1],
    ])
    expect((await auth.verify({ phoneNumber: PHONE, code: codes[1], ip: '203.0.1.7' })).isNewUser).toBe(true)
  })

  it('LIM-2 has room for 15 characters over WhatsApp, so longer codes are refused', () => {
    const whatsApp = senderOn(server, { channel: 'whatsapp', contentSid: `HX${'d'.repeat(32)}` })
    expect(whatsApp.maxCodeLength?.('IN')).toBe(15)
    expect(senderOn(server).maxCodeLength?.('IN')).toBe(Number.POSITIVE_INFINITY)
    const allowedRegions = ['IN', 'US']
    expect(() => authWith({ smsSender: whatsApp }, { allowedRegions })).toThrow("set code.hardened: 'alphanumeric'")
    expect(authWith({ smsSender: whatsApp }, { allowedRegions, code: { hardened: 'alphanumeric' } })).toBeDefined()
    expect(authWith({ smsSender: senderOn(server) }, { allowedRegions })).toBeDefined()
  })

  it('uses the WhatsApp template of the language of the message', async () => {
    const contentSid = { en: `HX${'d'.repeat(32)}`, hi: `HX${'e'.repeat(32)}` }
    const sender = senderOn(server, { channel: 'whatsapp', contentSid })
    for (const locale of ['hi', 'en', 'fr']) {
      await sender.send({ ...message, template: { ...message.template, locale } }, sendOptions())
    }
    expect(server.seen.map(({ form }) => form.ContentSid)).toEqual([contentSid.hi, contentSid.en, contentSid.en])
  })

  it('adds the reference to the callback URL, and keeps the other parameters of the URL', async () => {
    await senderOn(server, { statusCallback: 'https://api.example.com/sms/status?tenant=a' }).send(
      message,
      sendOptions(),
    )
    const callback = new URL(server.seen[0]?.form.StatusCallback ?? '')
    expect(callback.origin + callback.pathname).toBe('https://api.example.com/sms/status')
    expect(Object.fromEntries(callback.searchParams)).toEqual({ tenant: 'a', ref: message.reference })
  })

  it('works with an API key, and with a custom client', async () => {
    const keySid = `SK${'e'.repeat(32)}`
    const byKey = twilioSender({
      accountSid: ACCOUNT_SID,
      apiKeySid: keySid,
      apiKeySecret: 'key-secret',
      from: FROM,
      apiUrl: server.url,
    })
    await rejection(byKey.send(message, sendOptions()))
    expect(server.seen[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from(`${keySid}:key-secret`).toString('base64')}`,
    )
    expect(server.seen[0]?.path).toContain(ACCOUNT_SID)

    const requests: string[] = []
    const client = twilio(ACCOUNT_SID, AUTH_TOKEN, {
      httpClient: {
        request: async ({ uri }: { uri: string }) => {
          requests.push(uri)
          return { statusCode: 201, body: { sid: 'SM1', status: 'queued', num_segments: '1' } }
        },
      } as never,
    })
    expect(await twilioSender({ client, from: FROM }).send(message, sendOptions())).toMatchObject({ messageId: 'SM1' })
    expect(requests).toEqual([`https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT_SID}/Messages.json`])
  })

  it.each([
    [401, 20003, 'credentials', /credentials are wrong/],
    [403, 20008, 'credentials', /test credentials/],
    [404, 20404, 'misconfigured', /does not exist/],
    [400, 21211, 'invalid_number', /does not exist/],
    [400, 21408, 'region_not_enabled', /geo permissions/],
    [400, 21606, 'misconfigured', /not a phone number of the account/],
    [400, 21608, 'recipient_not_verified', /trial account/],
    [400, 21610, 'unsubscribed', /STOP/],
    [400, 21614, 'unreachable', /not a mobile number/],
    [400, 21635, 'unreachable', /landline/],
    [400, 63003, 'not_on_channel', /no account on WhatsApp/],
    [400, 63007, 'misconfigured', /not an approved WhatsApp sender/],
    [400, 63015, 'recipient_not_verified', /sandbox/],
    [400, 63024, 'not_on_channel', /WhatsApp cannot deliver/],
    [403, 20005, 'misconfigured', /account is not active/],
    [400, 21999, 'other', /twilio\.com\/docs\/api\/errors\/21999/],
  ] as const)(
    'REL-4 HTTP %i with error %i is a refusal with the reason %s and an explanation, and is not retried',
    async (status, code, reason, explanation) => {
      server.next({ status, code, message: `The number ${PHONE} is bad: 123456` })
      const error = await rejection(senderOn(server).send(message, sendOptions()))
      expect(error).toMatchObject({ name: 'SmsRejectedError', reason, providerCode: code })
      expect(error.message).toMatch(explanation)
      expect(error.message).not.toContain(PHONE)
      expect(error.message).not.toContain('123456')
      expect(server.seen).toHaveLength(1)
      expect(server.delivered).toHaveLength(0)
    },
  )

  it('REL-5 retries the same message after 429, at most twice', async () => {
    server.next({ status: 429, code: 20429 }, { status: 429, code: 20429 })
    await senderOn(server).send(message, sendOptions())
    expect(server.seen).toHaveLength(3)
    expect(server.delivered).toEqual([expect.objectContaining({ to: PHONE, text: message.text })])

    server.next({ status: 429, code: 20429 }, { status: 429, code: 20429 }, { status: 429, code: 20429 })
    const error = await rejection(senderOn(server).send(message, sendOptions()))
    expect(error).toMatchObject({ name: 'SmsUnavailableError', mayHaveBeenSent: false })
    expect(server.seen).toHaveLength(6)
  })

  it.each([
    ['2', 2000],
    ['Thu, 01 Jan 2026 00:00:04 GMT', 4000],
  ])('REL-27 slows down after 429 as long as Retry-After says: %s', async (retryAfter, pauseMs) => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'],
      now: new Date('2026-01-01T00:00:00Z'),
    })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    server.next({ status: 429, code: 20429, headers: { 'retry-after': retryAfter } })
    const sending = senderOn(server).send(message, sendOptions())
    await server.arrived(1)
    const isPausing = () => timers.mock.calls.some(([, delay]) => delay === pauseMs)
    while (!isPausing()) await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(pauseMs - 1)
    expect(server.seen).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await sending
    expect([server.seen.length, server.delivered.length]).toEqual([2, 1])
  })

  it('REL-27 slows down by itself if Retry-After cannot be read', async () => {
    for (const retryAfter of ['soon', '-1', '', '1e9']) {
      server.next({ status: 429, code: 20429, headers: { 'retry-after': retryAfter } })
      await senderOn(server).send(message, sendOptions())
    }
    expect(server.delivered).toHaveLength(4)
  })

  it('REL-27 fails at once, and passes the seconds on, if Retry-After is longer than the caller waits', async () => {
    server.next({ status: 429, code: 20429, headers: { 'retry-after': '60' } })
    const error = await rejection(senderOn(server).send(message, sendOptions()))
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false, retryAfterSeconds: 60 })
    expect(error.message).toMatch(/^Twilio error 20429: too many concurrent requests\. Nothing was sent\./)
    expect(server.seen).toHaveLength(1)
  })

  it('REL-27 sends for others after eight messages that were answered with 429', async () => {
    const sender = senderOn(server)
    for (let count = 0; count < 8; count += 1) {
      server.next({ status: 429, code: 20429, headers: { 'retry-after': '60' } })
      expect(await rejection(sender.send(message, { ...sendOptions(), source: '203.0.113.0/24' }))).toMatchObject({
        retryAfterSeconds: 60,
      })
    }
    await sender.send(message, { ...sendOptions(), source: '198.51.100.0/24' })
    expect(server.delivered).toHaveLength(1)
  })

  it.each([
    [
      { accepted: 'failed', errorCode: 21614 },
      { code: 'sms_rejected', reason: 'unreachable', providerCode: 21614 },
    ],
    [
      { accepted: 'failed', errorCode: 63003 },
      { code: 'sms_rejected', reason: 'not_on_channel' },
    ],
    [
      { accepted: 'failed', errorCode: 99999 },
      { code: 'sms_unavailable', mayHaveBeenSent: false, providerCode: 99999 },
    ],
    [{ accepted: 'failed' }, { code: 'sms_unavailable', mayHaveBeenSent: false, providerCode: null }],
    [{ accepted: 'undelivered' }, { code: 'sms_unavailable', mayHaveBeenSent: false }],
    [{ accepted: 'canceled' }, { code: 'sms_unavailable', mayHaveBeenSent: false }],
  ])('REL-4 takes the answer 201 with %o for a failure', async (behaviour, expected) => {
    server.next(behaviour)
    const error = await rejection(senderOn(server).send(message, sendOptions()))
    expect(error).toMatchObject(expected)
    expect(server.seen).toHaveLength(1)
  })

  it('never says that it failed with a status that means success', async () => {
    for (const behaviour of ['garbage', 'empty_201', 'cut_in_answer', { status: 200 }, { status: 302 }] as const) {
      server.next(behaviour)
      const error = await rejection(senderOn(server).send(message, sendOptions()))
      expect(error.message).not.toMatch(/HTTP status [123]/)
    }
  })

  it('REL-5 does not retry when the caller has stopped waiting, or after other errors with 429', async () => {
    const controller = new AbortController()
    let requests = 0
    const client = twilio(ACCOUNT_SID, AUTH_TOKEN, {
      httpClient: {
        request: async () => {
          requests += 1
          controller.abort()
          return { statusCode: 429, body: { code: 20429, message: 'Too many', status: 429 } }
        },
      } as never,
    })
    await rejection(twilioSender({ client, from: FROM }).send(message, sendOptions(controller.signal)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(requests).toBe(1)
    server.next({ status: 429, code: 63038 })
    expect(await rejection(senderOn(server).send(message, sendOptions()))).toMatchObject({ reason: 'misconfigured' })
    expect(server.seen).toHaveLength(1)
  })

  it('REL-5 reports that nothing was sent when the connection is refused', async () => {
    const gone = await TwilioServer.start()
    const sender = senderOn(gone)
    await gone.stop()
    const error = await rejection(sender.send(message, sendOptions()))
    expect(error).toMatchObject({ name: 'SmsUnavailableError', mayHaveBeenSent: false })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it.each([
    ['cut_before_answer'],
    ['cut_in_answer'],
    ['garbage'],
    ['empty_201'],
    ['fail_after_send'],
    [{ status: 503 }],
    [{ status: 502, code: 20503 }],
    [{ status: 302 }],
  ] satisfies [Behaviour][])(
    'REL-6 after %o the message may have been sent, and is not sent again',
    async (behaviour) => {
      server.next(behaviour)
      const error = await rejection(senderOn(server).send(message, sendOptions()))
      expect(error).toMatchObject({ name: 'SmsUnavailableError', mayHaveBeenSent: true })
      expect(error.message).not.toContain('123456')
      expect(error.cause).toBeUndefined()
      expect(server.seen).toHaveLength(1)
    },
  )

  it('REL-6 when Twilio fails after it has sent the message, there is one SMS, and its code signs the user in', async () => {
    const { auth } = authWith({ smsSender: senderOn(server) })
    server.next('fail_after_send')
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const { challengeId } = error.challenge as { challengeId: string }
    expect(server.delivered).toHaveLength(1)
    const { isNewUser } = await auth.verify({ challengeId, code: server.codeFor(PHONE) })
    expect(isNewUser).toBe(true)
  })

  it('aborts the request when the caller stops waiting', async () => {
    server.next('hang')
    const controller = new AbortController()
    const sending = rejection(senderOn(server).send(message, sendOptions(controller.signal)))
    await server.arrived(1)
    controller.abort()
    expect(await sending).toMatchObject({ name: 'SmsUnavailableError', mayHaveBeenSent: true })
  })

  it('OTP-13 the code in the message signs the user in, and only the message contains the code', async () => {
    const { auth, events } = authWith({ smsSender: senderOn(server) })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = server.codeFor(PHONE)
    await auth.verify({ challengeId, code })
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent', 'user_created', 'signed_in'])
    expect(JSON.stringify(events)).not.toContain(code)
    expect(server.seen.map(({ path }) => path).join()).not.toContain(code)
  })
})

describe('messageFeedback', () => {
  const withFeedback = () => authWith({ smsSender: senderOn(server, { messageFeedback: true }) })

  it('confirms the message with the verified code to Twilio, and no other message', async () => {
    const { auth, events } = withFeedback()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.start({ phoneNumber: '+14155550124' })
    const [sid = '', unused = ''] = server.delivered.map((delivered) => delivered.sid)
    expect(server.seen[0]?.form).toEqual({
      To: PHONE,
      From: FROM,
      Body: expect.any(String),
      ValidityPeriod: '600',
      ProvideFeedback: 'true',
    })
    expect(server.feedback.get(sid)).toBe('unconfirmed')
    await auth.verify({ challengeId, code: server.codeFor(PHONE) })
    await auth.close()
    expect([server.feedback.get(sid), server.feedback.get(unused)]).toEqual(['confirmed', 'unconfirmed'])
    expect(server.seen.at(-1)).toMatchObject({
      method: 'POST',
      path: `/2010-04-01/Accounts/${ACCOUNT_SID}/Messages/${sid}/Feedback.json`,
      form: { Outcome: 'confirmed' },
    })
    expect(events.map(({ type }) => type)).not.toContain('report_failed')
    expect(server.seen).toHaveLength(3)
  })

  it('sends no feedback for messages that were replaced or expired', async () => {
    const { report } = senderOn(server, { messageFeedback: true })
    for (const outcome of ['replaced', 'expired'] as const) {
      await report?.({ to: message.to, handle: 'SM1', outcome }, sendOptions())
    }
    expect(server.seen).toEqual([])
  })

  it('a failure of the feedback becomes an event, and the user is signed in', async () => {
    const { auth, events } = withFeedback()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    server.next({ status: 404, code: 20404 })
    expect((await auth.verify({ challengeId, code: server.codeFor(PHONE) })).isNewUser).toBe(true)
    await auth.close()
    expect(events.at(-1)).toMatchObject({ type: 'report_failed', providerCode: 20404 })
  })

  it('is off by default', async () => {
    expect('report' in senderOn(server)).toBe(false)
    expect(await senderOn(server).send(message, sendOptions())).not.toHaveProperty('handle')
    expect(server.seen[0]?.form).not.toHaveProperty('ProvideFeedback')
  })
})

describe('the options of twilioSender', () => {
  const good = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, from: FROM }

  it.each([
    [{ accountSid: 'AC1' }, 'accountSid'],
    [{ accountSid: `SK${'a'.repeat(32)}` }, 'accountSid'],
    [{ authToken: '' }, 'authToken'],
    [{ authToken: undefined, apiKeySid: 'SK1', apiKeySecret: 's' }, 'apiKeySid'],
    [{ authToken: undefined, apiKeySid: `SK${'a'.repeat(32)}` }, 'apiKeySecret'],
    [{ from: '4155550123' }, 'from'],
    [{ from: undefined }, 'from or messagingServiceSid'],
    [{ messagingServiceSid: MESSAGING_SERVICE_SID }, 'from or messagingServiceSid'],
    [{ from: undefined, messagingServiceSid: 'MG1' }, 'messagingServiceSid must be'],
    [{ apiKeySid: `SK${'a'.repeat(32)}`, apiKeySecret: 's' }, 'not both'],
    [{ authToken: undefined, apiKeySid: undefined }, 'authToken is required'],
    [{ client: {} }, 'client must be'],
    [{ contentSid: `HX${'d'.repeat(32)}` }, 'contentSid requires'],
    [{ channel: 'whatsapp', contentSid: {} }, 'WhatsApp requires'],
    [{ from: 'whatsapp:+15005550006' }, 'from must be'],
    [{ channel: 'fax' }, 'channel'],
    [{ channel: 'whatsapp' }, 'contentSid'],
    [{ channel: 'whatsapp', contentSid: `HX${'d'.repeat(32)}`, from: 'ACME' }, 'WhatsApp requires'],
    [{ statusCallback: '/sms/status' }, 'statusCallback'],
    [{ messageFeedback: 'yes' }, 'messageFeedback'],
    [{ maxInFlight: 0 }, 'maxInFlight'],
    [{ apiUrl: 'ftp://x' }, 'apiUrl'],
  ])('are rejected if they are invalid: %o', (change, named) => {
    const make = () => twilioSender({ ...good, ...change } as never)
    expect(make).toThrow(new RegExp(`twilioSender: .*${named}`))
    try {
      make()
    } catch (error) {
      expect(String(error)).not.toContain(AUTH_TOKEN)
    }
  })

  it('OTP-13 reject a client that prints every request', () => {
    const client = twilio(ACCOUNT_SID, AUTH_TOKEN, { logLevel: 'debug' })
    expect(() => twilioSender({ client, from: FROM })).toThrow(/logLevel/)
  })

  it('accept short codes and sender ids as from', () => {
    for (const from of ['12345', 'ACME', 'Acme 24']) expect(twilioSender({ ...good, from })).toBeDefined()
  })
})
