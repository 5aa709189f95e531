import { afterEach, describe, expect, it, vi } from 'vitest'
import { RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, START, setup, startProblems, wrong } from '../setup.ts'
import { setupWithService } from './fake-code-service.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('a code service', () => {
  it('generates, sends and checks the code of a whole sign-up, in the language of the user', async () => {
    const { auth, events, messages, service } = setupWithService({ messages: { locales: ['en', 'pt'] } })
    const started = await auth.start({ phoneNumber: PHONE, locale: 'pt-BR' })
    expect(started).toEqual({
      challengeId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      phoneNumber: PHONE,
      expiresAt: new Date(START.getTime() + 600_000),
      expiresInSeconds: 600,
      resendAt: new Date(START.getTime() + 30_000),
      resendInSeconds: 30,
    })
    expect(service.started).toEqual([{ to: PHONE, locale: 'pt' }])
    const { challengeId } = started
    const signedIn = await auth.verify({ challengeId, code: service.codeFor(PHONE) })
    expect([signedIn.isNewUser, signedIn.user.phoneNumber]).toEqual([true, PHONE])
    expect((await auth.authenticate({ accessToken: signedIn.accessToken })).userId).toBe(signedIn.user.id)
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent', 'user_created', 'signed_in'])
    expect(events[1]).toMatchObject({ messageId: 'message-1', segments: null })
    expect(messages).toEqual([])
    for (const { timeoutMs } of service.options) expect(timeoutMs).toBe(10_000)
  })

  it('receives the code without the spaces that a user types', async () => {
    const { auth, service } = setupWithService()
    await auth.start({ phoneNumber: PHONE })
    const code = service.codeFor(PHONE)
    await auth.verify({ phoneNumber: PHONE, code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect(service.checked).toEqual([{ to: PHONE, handle: 'verification-1', code }])
  })

  it('OTP-4 a wrong code counts as an attempt, by id and by number, and the error says how many remain', async () => {
    const { auth, events, service } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = service.codeFor(PHONE)
    const remaining = async (reference: { challengeId: string } | { phoneNumber: string }, offset: number) => {
      const error = await rejection(auth.verify({ ...reference, code: wrong(code, offset) }))
      return [error.code, error.attemptsRemaining]
    }
    expect(await remaining({ phoneNumber: PHONE }, 1)).toEqual(['invalid_code', 2])
    expect(await remaining({ challengeId }, 2)).toEqual(['invalid_code', 3])
    expect(await remaining({ phoneNumber: PHONE }, 3)).toEqual(['invalid_code', 1])
    expect(await remaining({ challengeId }, 4)).toEqual(['invalid_code', 1])
    const wrongs = events.filter((event) => event.type === 'code_wrong')
    expect(wrongs).toMatchObject([
      { by: 'phone_number', attemptsRemaining: 2 },
      { by: 'challenge_id', attemptsRemaining: 3 },
      { by: 'phone_number', attemptsRemaining: 1 },
      { by: 'challenge_id', attemptsRemaining: 1 },
    ])
    expect((await auth.verify({ challengeId, code })).user.phoneNumber).toBe(PHONE)
  })

  it('OTP-4 the last attempt can be the right one, and no attempt is accepted after it', async () => {
    for (const lastIsRight of [true, false]) {
      const { auth, service, events } = setupWithService({ code: { maxAttempts: 3 } })
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      const code = service.codeFor(PHONE)
      for (const offset of [1, 2]) await rejection(auth.verify({ challengeId, code: wrong(code, offset) }))
      if (lastIsRight) {
        expect((await auth.verify({ challengeId, code })).isNewUser).toBe(true)
        continue
      }
      expect((await rejection(auth.verify({ challengeId, code: wrong(code, 3) }))).attemptsRemaining).toBe(0)
      expect((await rejection(auth.verify({ challengeId, code }))).code).toBe('too_many_attempts')
      expect(service.checked).toHaveLength(3)
      expect(events.at(-1)).toMatchObject({ type: 'challenge_spent', by: 'challenge_id' })
    }
  })

  it('OTP-4 of 200 concurrent wrong codes, the service receives no more than the attempts', async () => {
    const { auth, service } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const tries = Array.from({ length: 200 }, (_, index) => {
      const reference = index % 2 === 0 ? { challengeId } : { phoneNumber: PHONE }
      return rejection(auth.verify({ ...reference, code: wrong(service.codeFor(PHONE), index + 1) }))
    })
    const codes = (await Promise.all(tries)).map(({ code }) => code)
    expect(service.checked).toHaveLength(5)
    expect(codes.filter((code) => code === 'invalid_code')).toHaveLength(5)
    expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(195)
  })

  it('OTP-3 OTP-4 of 200 concurrent right codes, one signs in, and the service receives no more than the attempts', async () => {
    const { auth, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = service.codeFor(PHONE)
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => auth.verify({ challengeId, code })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(service.checked).toHaveLength(5)
    expect(await stores.sessionStore.list(1)).toHaveLength(1)
  })

  it('OTP-3 each challenge signs in once, even if the service approves every code', async () => {
    const { auth, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    service.check = async () => 'approved'
    const tries = Array.from({ length: 200 }, () => auth.verify({ challengeId, code: '111111' }))
    const outcomes = await Promise.allSettled(tries)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await stores.sessionStore.list(1)).toHaveLength(1)
    expect((await rejection(auth.verify({ challengeId, code: '111111' }))).code).toBe('challenge_expired')
  })

  it('OTP-2 OTP-5 a challenge that is expired, used or unknown is refused without calling the service', async () => {
    const { auth, clock, service } = setupWithService({ limits: noLimits })
    const used = await auth.start({ phoneNumber: PHONE })
    await auth.verify({ challengeId: used.challengeId, code: service.codeFor(PHONE) })
    const expired = await auth.start({ phoneNumber: PHONE })
    clock.advance(600)
    const asked = service.checked.length
    for (const challengeId of [used.challengeId, expired.challengeId, 'unknown']) {
      const error = await rejection(auth.verify({ challengeId, code: service.codeFor(PHONE) }))
      expect(error.code).toBe('challenge_expired')
    }
    expect(service.checked).toHaveLength(asked)
  })

  it('OTP-2 a challenge that expires while the service checks the code is refused', async () => {
    const { auth, clock, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    service.check = async () => {
      clock.advance(600)
      return 'approved'
    }
    expect((await rejection(auth.verify({ challengeId, code: '111111' }))).code).toBe('challenge_expired')
    expect(await stores.userStore.findByPhoneNumber(PHONE as never)).toBeNull()
  })

  it('OTP-5 the code of one number is refused for the challenge of another', async () => {
    const { auth, service } = setupWithService()
    await auth.start({ phoneNumber: PHONE })
    const { challengeId } = await auth.start({ phoneNumber: OTHER_PHONE })
    expect((await rejection(auth.verify({ challengeId, code: service.codeFor(PHONE) }))).code).toBe('invalid_code')
    expect(service.checked.map(({ to }) => to)).toEqual([OTHER_PHONE])
  })

  it('LIM-6 a wrong code is charged to its address once; a right code and a failure of the service are not', async () => {
    const { auth, service, stores } = setupWithService({ limits: noLimits })
    const charged: string[] = []
    const redeem = stores.otpStore.redeem.bind(stores.otpStore)
    stores.otpStore.redeem = async (attempt) => {
      const outcome = await redeem(attempt)
      if (outcome.outcome === 'wrong')
        charged.push(
          ...attempt.failures.flatMap(({ kind, subjects }) => subjects.map((subject) => `${kind} ${subject}`)),
        )
      return outcome
    }
    const ip = '203.0.113.7'
    const { challengeId } = await auth.start({ phoneNumber: PHONE, ip })
    const code = service.codeFor(PHONE)
    await rejection(auth.verify({ challengeId, code: wrong(code), ip }))
    expect(charged.splice(0)).toEqual([
      expect.stringMatching(/^guesses [A-Za-z0-9_-]{22}$/),
      'failures 203.0.113.0/24|203.0.113.7',
      'failures 203.0.113.0/24',
    ])
    service.checkFails = async () => Promise.reject(new SmsUnavailableError(false))
    await rejection(auth.verify({ challengeId, code, ip }))
    service.checkFails = null
    await auth.verify({ challengeId, code, ip })
    expect(charged).toEqual([])
  })

  it('LIM-6 starts from an address are refused after too many wrong codes', async () => {
    const { auth, service } = setupWithService({ limits: { ...noLimits, failuresPerAddress: { '1h': 5 } } })
    const ip = '203.0.113.7'
    const { challengeId } = await auth.start({ phoneNumber: PHONE, ip })
    for (let offset = 1; offset <= 5; offset += 1) {
      await rejection(auth.verify({ challengeId, code: wrong(service.codeFor(PHONE), offset), ip }))
    }
    expect((await rejection(auth.start({ phoneNumber: OTHER_PHONE, ip }))).code).toBe('rate_limited')
    await expect(auth.start({ phoneNumber: OTHER_PHONE, ip: '198.51.100.1' })).resolves.toBeDefined()
  })

  it('LIM-2 sign-ins with the right code use up no guesses', async () => {
    const { auth, service } = setupWithService({ limits: noLimits })
    for (let count = 0; count < 50; count += 1) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      await auth.verify({ challengeId, code: service.codeFor(PHONE) })
    }
    expect(service.checked).toHaveLength(50)
  })

  it('rejects with challenge_expired or too_many_attempts if the service answers gone or spent', async () => {
    const { auth, events, service } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    service.check = async () => 'gone'
    expect((await rejection(auth.verify({ challengeId, code: '111111' }))).code).toBe('challenge_expired')
    service.check = async () => 'spent'
    expect((await rejection(auth.verify({ phoneNumber: PHONE, code: '111111' }))).code).toBe('too_many_attempts')
    expect(events.at(-1)).toMatchObject({ type: 'challenge_spent', by: 'phone_number' })
  })

  it('OTP-3 an invalid verdict of the service does not sign in', async () => {
    const { auth, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    for (const verdict of [true, undefined, 'Approved', null]) {
      service.check = async () => verdict as never
      await rejection(auth.verify({ challengeId, code: '111111' }))
    }
    expect(await stores.userStore.findByPhoneNumber(PHONE as never)).toBeNull()
  })

  it('OTP-13 if the service fails, the attempt counts, and neither error nor event contains the code or the number', async () => {
    const { auth, events, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const attempts = async () => (await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.attempts
    const failures = [
      new Error('739104 for +14155550101'),
      new SmsUnavailableError(true, { explanation: 'Asked about 739104 of +14155550101.', providerCode: 20500 }),
      new SmsRejectedError('credentials', { explanation: 'The token is wrong.', providerCode: 20003 }),
    ]
    for (const [index, failure] of failures.entries()) {
      service.checkFails = async () => Promise.reject(failure)
      const error = await rejection(auth.verify({ challengeId, code: '739104' }))
      expect([error.code, error.mayHaveBeenSent, error.challenge]).toEqual(['sms_unavailable', false, null])
      expect(await attempts()).toBe(index + 1)
      expect(events.at(-1)).toMatchObject({ type: 'code_check_failed', explanation: error.message })
      expect(error.message + JSON.stringify(events)).not.toMatch(/739104|4155550101/)
    }
    expect(events.slice(-2)).toMatchObject([
      { explanation: 'Asked about [code] of +1******0101.', providerCode: 20500 },
      { explanation: 'The token is wrong.', providerCode: 20003 },
    ])
    service.checkFails = null
    expect((await auth.verify({ challengeId, code: service.codeFor(PHONE) })).isNewUser).toBe(true)
  })

  it('REL-7 a check that hangs is abandoned after sendTimeout, its late verdict is ignored, and the attempt counts', async () => {
    const { auth, events, service, stores } = setupWithService({ messages: { sendTimeout: '2s' } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    vi.useFakeTimers()
    const asked = Promise.withResolvers<void>()
    const verdict = Promise.withResolvers<'approved'>()
    service.check = () => {
      asked.resolve()
      return verdict.promise
    }
    const verifying = rejection(auth.verify({ challengeId, code: '111111' }))
    await asked.promise
    await vi.advanceTimersByTimeAsync(2000)
    expect(await verifying).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    verdict.resolve('approved')
    await vi.advanceTimersByTimeAsync(0)
    expect(events.at(-1)).toMatchObject({ type: 'code_check_failed' })
    const challenge = await stores.otpStore.findLatest(PHONE as never, 'sign_in', null)
    expect([challenge?.attempts, challenge?.consumedAt, vi.getTimerCount()]).toEqual([1, null, 0])
  })

  it('OTP-4 a service that always fails is called no more often than the challenge has attempts', async () => {
    const { auth, service } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    service.checkFails = async () => Promise.reject(new Error('down'))
    const codes: unknown[] = []
    for (let count = 0; count < 7; count += 1) {
      codes.push((await rejection(auth.verify({ challengeId, code: '111111' }))).code)
    }
    expect(codes.slice(4)).toEqual(['sms_unavailable', 'too_many_attempts', 'too_many_attempts'])
    expect(service.checked).toHaveLength(5)
  })

  it('start rejects with the error of the service, and returns the challenge if the message may have been sent', async () => {
    const { auth, clock, service } = setupWithService({ limits: noLimits })
    service.startFails = async () => Promise.reject(new RateLimitedError(600))
    expect(await rejection(auth.start({ phoneNumber: PHONE }))).toMatchObject({ retryAfterSeconds: 600 })
    service.startFails = async () => Promise.reject(new SmsRejectedError('invalid_number'))
    expect(await rejection(auth.start({ phoneNumber: PHONE }))).toMatchObject({ reason: 'invalid_number' })
    service.set(PHONE, '654321')
    service.startFails = async () => Promise.reject(new Error('timed out'))
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const { challengeId } = error.challenge as { challengeId: string }
    clock.advance(60)
    expect((await auth.verify({ challengeId, code: '654321' })).user.phoneNumber).toBe(PHONE)
  })

  it('LIM-2 starts use up no guesses; after too many wrong guesses a number is refused, for a day at most', async () => {
    const { auth, clock, events, service } = setupWithService({
      limits: { ...noLimits, guessesPerNumber: { '1h': 15, '30d': 100 } },
    })
    for (let count = 0; count < 20; count += 1) await auth.start({ phoneNumber: PHONE })
    for (let count = 0; count < 2; count += 1) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      for (let offset = 1; offset <= 5; offset += 1) {
        service.set(PHONE, '123456')
        await rejection(auth.verify({ challengeId, code: wrong('123456', offset) }))
      }
    }
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect([error.code, error.retryAfterSeconds]).toEqual(['rate_limited', 3600])
    expect(events.filter((event) => event.type === 'challenge_opened' && event.isHardened)).toEqual([])
    clock.advance(3600)
    await expect(auth.start({ phoneNumber: PHONE })).resolves.toBeDefined()
  })

  it('OTP-9 a resend calls the service again, in both modes, and does not reset the attempts', async () => {
    for (const resend of ['repeat', 'rotate'] as const) {
      const { auth, clock, service } = setupWithService({ code: { resend }, messages: { locales: ['en', 'es'] } })
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      await rejection(auth.verify({ challengeId, code: '111111' }))
      expect((await rejection(auth.resend({ challengeId }))).code).toBe('rate_limited')
      clock.advance(30)
      await auth.resend({ challengeId, locale: 'es' })
      expect(service.started).toEqual([
        { to: PHONE, locale: 'en' },
        { to: PHONE, locale: 'es' },
      ])
      expect((await rejection(auth.verify({ challengeId, code: '222222' }))).attemptsRemaining).toBe(3)
      expect((await auth.verify({ challengeId, code: service.codeFor(PHONE) })).isNewUser).toBe(true)
    }
  })

  it('accepts codes while a secret is rotated, and refuses them after the old secret is removed', async () => {
    const world = setupWithService()
    const { challengeId } = await world.auth.start({ phoneNumber: PHONE })
    const secret = ['another secret of the tests, 32 bytes long and more', world.options.secret as string]
    const { auth } = setup({ ...world.options, secret })
    expect((await auth.verify({ challengeId, code: world.service.codeFor(PHONE) })).isNewUser).toBe(true)
    const late = await world.auth.start({ phoneNumber: OTHER_PHONE })
    const without = setup({ ...world.options, secret: secret[0] as string })
    const code = world.service.codeFor(OTHER_PHONE)
    expect((await rejection(without.auth.verify({ challengeId: late.challengeId, code }))).code).toBe(
      'challenge_expired',
    )
  })

  it('OTP-4 refuses codes in the format of the internal code of the challenge, and counts no attempt', async () => {
    const { auth, service, stores } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.format).toEqual({
      alphabet: 'crockford32',
      length: 13,
    })
    for (const code of ['ABCD-EFGH-JKMNP', 'ABCDEFGHJKMNP', '1111111111111']) {
      expect(await rejection(auth.verify({ challengeId, code }))).toMatchObject({
        code: 'invalid_input',
        field: 'code',
      })
    }
    expect(service.checked).toEqual([])
    expect((await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.attempts).toBe(0)
  })

  it('OTP-4 the internal code of the challenge does not replace the verdict of the service', async () => {
    const { auth, options, service } = setupWithService()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    // The same stores with a sender: its resend sends the internal code.
    const sent: string[] = []
    const other = setup({
      ...options,
      codeService: undefined,
      limits: noLimits,
      smsSender: {
        send: async ({ code }) => {
          sent.push(code)
          return {}
        },
      },
    })
    await other.auth.resend({ challengeId })
    const [internal = ''] = sent
    expect(internal).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}$/)
    await rejection(auth.verify({ challengeId, code: internal }))
    service.check = async () => 'wrong'
    expect((await rejection(auth.verify({ challengeId, code: '111111' }))).code).toBe('invalid_code')
    expect((await other.auth.verify({ challengeId, code: internal })).user.phoneNumber).toBe(PHONE)
  })

  it('replaces the sender: exactly one of the two is required, with all its methods', () => {
    const { service } = setupWithService()
    const { smsSender } = setup()
    const both = 'smsSender and codeService cannot be used together; remove one of them.'
    expect(startProblems({ codeService: service })).toEqual([both])
    expect(startProblems({ codeService: service, smsSender: undefined })).toEqual([])
    expect(startProblems({ codeService: undefined, smsSender })).toEqual([])
    expect(startProblems({ smsSender: undefined })).toEqual(['smsSender or codeService is required.'])
    const half = { start: async () => ({}) }
    expect(startProblems({ smsSender: undefined, codeService: half })).toEqual(['codeService must implement check.'])
    expect(startProblems({ smsSender: undefined, codeService: {} })).toEqual([
      'codeService must implement start, check.',
    ])
    expect(startProblems({ smsSender: undefined, codeService: null })).toEqual([
      'codeService must implement start, check.',
    ])
  })

  it('OTP-12 is refused in production if it is marked developmentOnly', () => {
    const { service } = setupWithService()
    const fake = Object.assign(service, { developmentOnly: 'it is a fake.' })
    expect(startProblems({ smsSender: undefined, codeService: fake, environment: 'production' })).toContain(
      'codeService must not be used in production: it is a fake.',
    )
  })
})
