import { ACCOUNT_SID, AUTH_TOKEN, type Behaviour, SERVICE_SID, TwilioServer } from '@phone-auth/test-servers/twilio'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { twilioVerify } from '../src/index.ts'
import { authWith, PHONE, rejection, sendOptions, verifyOn } from './setup.ts'

let server: TwilioServer
beforeAll(async () => {
  server = await TwilioServer.start()
})
afterAll(() => server.stop())
beforeEach(() => {
  server.seen.length = 0
  server.delivered.length = 0
})

const to = PHONE as Parameters<ReturnType<typeof verifyOn>['check']>[0]['to']
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
let numbers = 0
/** A phone number without a verification. */
const newPhone = () => `+1415555${String(1000 + ++numbers)}`

describe('twilioVerify', () => {
  it('starts and checks a verification with the fields that Verify requires', async () => {
    const service = verifyOn(server)
    const receipt = await service.start({ to, locale: 'pt' }, sendOptions())
    const { handle } = receipt
    expect(receipt).toEqual({ messageId: handle, handle: expect.stringMatching(/^VE/), status: 'pending' })
    expect(server.seen[0]).toMatchObject({ method: 'POST', path: `/v2/Services/${SERVICE_SID}/Verifications` })
    expect(server.seen[0]?.form).toEqual({ To: PHONE, Channel: 'sms', Locale: 'pt' })
    const code = server.codeFor(PHONE)
    expect(await service.check({ to, handle, code: wrong(code) }, sendOptions())).toBe('wrong')
    expect(await service.check({ to, handle, code }, sendOptions())).toBe('approved')
    expect(await service.check({ to, handle, code }, sendOptions())).toBe('gone')
    expect(server.seen[1]).toMatchObject({ method: 'POST', path: `/v2/Services/${SERVICE_SID}/VerificationCheck` })
    expect(server.seen[2]?.form).toEqual({ VerificationSid: handle, Code: code })
  })

  it('REL-6 checks by phone number when a start has failed after the code was sent', async () => {
    const phoneNumber = newPhone()
    const { auth } = authWith({ codeService: verifyOn(server) })
    await verifyOn(server).start({ to: phoneNumber as typeof to, locale: null }, sendOptions())
    server.next('cut_before_answer')
    const error = await rejection(auth.start({ phoneNumber }))
    const { challengeId } = error.challenge as { challengeId: string }
    const code = server.codeFor(phoneNumber)
    expect((await auth.verify({ challengeId, code })).isNewUser).toBe(true)
    expect(server.seen.at(-1)?.form).toEqual({ To: phoneNumber, Code: code })
  })

  it('OTP-5 the code of a later verification is not accepted for a challenge of an earlier one', async () => {
    const phoneNumber = newPhone()
    let now = Date.parse('2026-01-01T00:00:00.000Z')
    const { auth } = authWith({ codeService: verifyOn(server) }, { now: () => new Date(now) })
    const start = async () => {
      now += 60_000
      return (await auth.start({ phoneNumber })).challengeId
    }
    const [first, second] = [await start(), await start()]
    await auth.verify({ challengeId: second, code: server.codeFor(phoneNumber) })
    const third = await start()
    const code = server.codeFor(phoneNumber)
    expect(await rejection(auth.verify({ challengeId: first, code }))).toMatchObject({ code: 'challenge_expired' })
    expect((await auth.verify({ challengeId: third, code })).user.phoneNumber).toBe(phoneNumber)
  })

  it('lets Verify choose the language unless the application sets messages.locales', async () => {
    const some = authWith({ codeService: verifyOn(server) }, { messages: { locales: ['fi', 'es'] } })
    await authWith({ codeService: verifyOn(server) }).auth.start({ phoneNumber: newPhone(), locale: 'es' })
    await some.auth.start({ phoneNumber: newPhone(), locale: 'es-MX' })
    await some.auth.start({ phoneNumber: newPhone() })
    expect(server.seen.map(({ form }) => form.Locale)).toEqual([undefined, 'es', 'fi'])
  })

  it('sends the channel, the name of the application and the hash of the Android app, if they are set', async () => {
    const access = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, serviceSid: SERVICE_SID, apiUrl: server.url }
    const more = { applicationName: 'Acme', androidAppHash: 'FA+9qCX9VSu' }
    for (const channel of ['sms', 'call', 'whatsapp'] as const) {
      await twilioVerify({ ...access, ...more, channel }).start({ to, locale: 'en' }, sendOptions())
    }
    expect(server.seen.map(({ form }) => form)).toEqual([
      { To: PHONE, Channel: 'sms', Locale: 'en', CustomFriendlyName: 'Acme', AppHash: 'FA+9qCX9VSu' },
      { To: PHONE, Channel: 'call', Locale: 'en', CustomFriendlyName: 'Acme' },
      { To: PHONE, Channel: 'whatsapp', Locale: 'en', CustomFriendlyName: 'Acme' },
    ])
  })

  it('signs a user up; a wrong code returns how many attempts are left; a used code is rejected', async () => {
    const phoneNumber = newPhone()
    const { auth, events } = authWith({ codeService: verifyOn(server) })
    const { challengeId } = await auth.start({ phoneNumber })
    const code = server.codeFor(phoneNumber)
    const error = await rejection(auth.verify({ challengeId, code: wrong(code) }))
    expect(error).toMatchObject({ code: 'invalid_code', attemptsRemaining: 4 })
    const { user, isNewUser } = await auth.verify({ challengeId, code })
    expect({ phoneNumber: user.phoneNumber, isNewUser }).toEqual({ phoneNumber, isNewUser: true })
    expect(await rejection(auth.verify({ challengeId, code }))).toMatchObject({ code: 'challenge_expired' })
    expect(JSON.stringify(events)).not.toContain(code)
  })

  it('OTP-4 checks no more codes with Verify than the challenge has attempts', async () => {
    const phoneNumber = newPhone()
    const { auth } = authWith({ codeService: verifyOn(server) })
    const { challengeId } = await auth.start({ phoneNumber })
    const code = server.codeFor(phoneNumber)
    const guesses = Array.from({ length: 30 }, () => rejection(auth.verify({ challengeId, code: wrong(code) })))
    await Promise.all(guesses)
    expect(server.seen.filter(({ path }) => path.endsWith('VerificationCheck'))).toHaveLength(5)
    expect(await rejection(auth.verify({ challengeId, code }))).toMatchObject({ code: 'too_many_attempts' })
  })

  it('60202: when Verify has no checks left, the challenge has no attempts left', async () => {
    const phoneNumber = newPhone()
    const { auth } = authWith({ codeService: verifyOn(server) })
    const { challengeId } = await auth.start({ phoneNumber })
    server.next({ status: 429, code: 60202 })
    const error = await rejection(auth.verify({ challengeId, code: server.codeFor(phoneNumber) }))
    expect(error).toMatchObject({ code: 'too_many_attempts' })
  })

  it('60203: when Verify sends no more codes, the error states how long to wait', async () => {
    const { auth } = authWith({ codeService: verifyOn(server) })
    server.next({ status: 429, code: 60203 })
    const error = await rejection(auth.start({ phoneNumber: newPhone() }))
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 600 })
    // The limit lasts longer than a retry would wait, so there is no retry.
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    [403, 60410, 'blocked', /Fraud Guard/],
    [403, 60605, 'region_not_enabled', /geo permissions/],
    [400, 60205, 'unreachable', /landline/],
    [400, 60200, 'misconfigured', /does not accept/],
    [404, 20404, 'misconfigured', /serviceSid/],
    [400, 60436, 'invalid_number', /does not accept the phone number/],
  ] as const)(
    'REL-4 HTTP %i with error %i is a refusal with the reason %s',
    async (status, code, reason, explanation) => {
      server.next({ status, code })
      const { auth, events } = authWith({ codeService: verifyOn(server) })
      const error = await rejection(auth.start({ phoneNumber: newPhone() }))
      expect(error).toMatchObject({ code: 'sms_rejected', reason, providerCode: code })
      expect(error.message).toMatch(explanation)
      expect(events.at(-1)).toMatchObject({ type: 'message_failed', providerCode: code, explanation: error.message })
    },
  )

  it.each([
    ['Invalid parameter `To`: +14155550123', 'invalid_number'],
    ["Invalid parameter 'To': +14155550123", 'invalid_number'],
    ['Invalid parameter: To', 'invalid_number'],
    ['Invalid parameter `Token`', 'misconfigured'],
    ['Invalid parameter: Locale', 'misconfigured'],
    ['Invalid parameter `Channel`: To', 'misconfigured'],
    ['Invalid parameter', 'misconfigured'],
  ])('REL-4 60200 with the text %j is a refusal with the reason %s', async (text, reason) => {
    server.next({ status: 400, code: 60200, message: text })
    const { auth } = authWith({ codeService: verifyOn(server) })
    const error = await rejection(auth.start({ phoneNumber: newPhone() }))
    expect(error).toMatchObject({ code: 'sms_rejected', reason, providerCode: 60200 })
    expect(error.message).not.toContain('14155550123')
  })

  it.each(['failed', 'canceled', 'expired', 'deleted'])(
    'REL-4 takes the answer 201 with the status %s for a failure: nothing was sent',
    async (accepted) => {
      server.next({ accepted })
      const { auth } = authWith({ codeService: verifyOn(server) })
      const error = await rejection(auth.start({ phoneNumber: newPhone() }))
      expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false, challenge: null })
    },
  )

  it.each([
    ['cut_before_answer'],
    ['garbage'],
    ['empty_201'],
    [{ status: 503 }],
    [{ status: 400, code: 60200 }],
  ] satisfies [Behaviour][])(
    'REL-9 after %o at a check no user is signed in, one attempt is used, and an event reports the failure',
    async (behaviour) => {
      const phoneNumber = newPhone()
      const { auth, events } = authWith({ codeService: verifyOn(server) })
      const { challengeId } = await auth.start({ phoneNumber })
      const code = server.codeFor(phoneNumber)
      server.next(behaviour)
      expect(await rejection(auth.verify({ challengeId, code }))).toMatchObject({ code: 'sms_unavailable' })
      expect(events.at(-1)).toMatchObject({ type: 'code_check_failed' })
      expect(JSON.stringify(events)).not.toContain(code)
      const error = await rejection(auth.verify({ challengeId, code: wrong(code) }))
      expect(error).toMatchObject({ code: 'invalid_code', attemptsRemaining: 3 })
      expect((await auth.verify({ challengeId, code })).isNewUser).toBe(true)
    },
  )

  it.each([
    [{ serviceSid: 'VA1' }, 'serviceSid'],
    [{ channel: 'email' }, 'channel'],
    [{ applicationName: 'x'.repeat(31) }, 'applicationName'],
    [{ applicationName: 'Booking.com' }, 'applicationName'],
    [{ applicationName: '\u202emoc' }, 'applicationName'],
    [{ androidAppHash: 'nonsense' }, 'androidAppHash'],
    [{ authToken: undefined }, 'authToken'],
  ])('rejects invalid options: %o', (change, named) => {
    const good = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, serviceSid: SERVICE_SID }
    expect(() => twilioVerify({ ...good, ...change } as never)).toThrow(new RegExp(`twilioVerify: ${named}`))
  })
})
