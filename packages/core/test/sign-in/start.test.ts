import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { SmsSender } from '../../src/adapters.ts'
import {
  InvalidCodeError,
  type PhoneAuthEvent,
  RateLimitedError,
  SmsRejectedError,
  SmsUnavailableError,
} from '../../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, START, setup, wrong } from '../setup.ts'

const at = (seconds: number) => new Date(START.getTime() + seconds * 1000)

describe('PhoneAuth.start', () => {
  it('opens a challenge and sends its code to the number in E.164', async () => {
    const { auth, codeFor, messages, events } = setup()
    const ticket = await auth.start({ phoneNumber: '+1 (415) 555-0101', ip: '203.0.113.7' })
    expect(ticket).toEqual({
      challengeId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      phoneNumber: PHONE,
      expiresAt: at(600),
      expiresInSeconds: 600,
      resendAt: at(30),
      resendInSeconds: 30,
    })
    expect(messages).toEqual([
      {
        to: PHONE,
        text: expect.stringMatching(/^[0-9]{6} is your Phone Auth code\./),
        code: codeFor(),
        template: {
          purpose: 'sign_in',
          locale: 'en',
          isHardened: false,
          variables: { code: codeFor(), application: 'Phone Auth', minutes: '10' },
          codeGroups: [codeFor()],
        },
        expiresInSeconds: 600,
        reference: expect.stringMatching(/^[A-Za-z0-9_-]{43}\.1$/),
      },
    ])
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent'])
  })

  it('OTP-5 gives every challenge an id of 128 random bits, stored as a hash', async () => {
    const { auth, stores } = setup({ limits: noLimits })
    const tickets = await Promise.all(Array.from({ length: 100 }, () => auth.start({ phoneNumber: PHONE })))
    const ids = tickets.map(({ challengeId }) => challengeId)
    expect(new Set(ids).size).toBe(100)
    for (const id of ids) {
      expect(Buffer.from(id, 'base64url')).toHaveLength(16)
      expect(await stores.otpStore.find(id)).toBeNull()
    }
  })

  it('ACC-1 creates no user in a thousand starts without a verification', async () => {
    const { auth, stores } = setup({ limits: noLimits })
    const numbers = Array.from({ length: 1000 }, (_, index) => `+1415555${String(index).padStart(4, '0')}`)
    for (const phoneNumber of numbers) await auth.start({ phoneNumber })
    for (const phoneNumber of numbers) {
      expect(await stores.userStore.findByPhoneNumber(phoneNumber as never)).toBeNull()
    }
  })

  it('ACC-1 uses only the number and the address: a profile that is passed to start is not saved', async () => {
    const { auth, signIn } = setup({ limits: noLimits })
    const smuggled = { phoneNumber: PHONE, profile: { name: 'Mallory' }, name: 'Mallory', email: 'm@example.com' }
    await auth.start(smuggled)
    expect((await signIn()).profile).toEqual({})
  })

  it('LIM-6 strangers receive at most 3 messages an hour and 8 a day for one number, from any address', async () => {
    const { auth, messages, clock } = setup()
    const sentAt: number[] = []
    for (let second = 0; second < 86_400; second += 15) {
      const before = messages.length
      await auth.start({ phoneNumber: PHONE, ip: `198.51.${second % 250}.${second % 13}` }).catch(() => undefined)
      if (messages.length > before) sentAt.push(second)
      clock.advance(15)
    }
    expect(sentAt.slice(0, 5)).toEqual([0, 30, 90, 3600, 3630])
    expect(sentAt).toHaveLength(8)
  })

  it('LIM-6 sends at most 3 messages an hour and 5 a day from one network to one number', async () => {
    const { auth, clock } = setup({ limits: { cooldown: [], sendsPerNumber: { '1m': 1000 } } })
    const tries = async (ip: string) => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          auth.start({ phoneNumber: PHONE, ip }).then(
            () => 1,
            () => 0,
          ),
        ),
      )
      return outcomes.reduce((sum: number, sent) => sum + sent, 0)
    }
    expect(await tries('203.0.113.7')).toBe(3)
    expect(await tries('203.0.113.200')).toBe(0)
    expect(await tries('203.0.112.7')).toBe(3)
    clock.advance(3600)
    expect(await tries('203.0.113.7')).toBe(2)
  })

  it('LIM-6 allows 150 starts an hour from one address, for any numbers; unknown addresses share 60', async () => {
    const wide = { '1h': 10_000 }
    const { auth } = setup({ limits: { failuresPerAddress: wide, failuresPerNetwork: wide } })
    const number = (index: number) => `+1415555${String(1000 + index).padStart(4, '0')}`
    const sent = async (first: number, count: number, ip: string | undefined) => {
      let admitted = 0
      for (let index = first; index < first + count; index += 1) {
        const outcome = await auth.start({ phoneNumber: number(index), ip }).catch((error) => error)
        if (!('code' in outcome)) admitted += 1
      }
      return admitted
    }
    expect(await sent(0, 160, '203.0.113.7')).toBe(150)
    expect(await sent(200, 10, '203.0.113.8')).toBe(10)
    expect(await sent(300, 40, undefined)).toBe(40)
    expect(await sent(400, 40, 'not an address')).toBe(20)
  })

  it('refuses starts from an address after too many wrong codes; its open challenges stay valid', async () => {
    const { auth, codeFor } = setup({ limits: { ...noLimits, failuresPerAddress: { '1h': 35 } } })
    const ip = '203.0.113.7'
    const victim = await auth.start({ phoneNumber: OTHER_PHONE, ip })
    for (let index = 0; index < 6; index += 1) {
      const phoneNumber = `+1415555012${index}`
      const { challengeId } = await auth.start({ phoneNumber, ip })
      for (let guess = 1; guess <= 5; guess += 1) {
        await rejection(auth.verify({ challengeId, code: wrong(codeFor(phoneNumber), guess), ip }))
      }
    }
    await expect(auth.start({ phoneNumber: PHONE, ip })).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(auth.start({ phoneNumber: PHONE, ip: '203.0.113.8' })).resolves.toBeDefined()
    const code = codeFor(OTHER_PHONE)
    expect((await auth.verify({ challengeId: victim.challengeId, code, ip })).user.phoneNumber).toBe(OTHER_PHONE)
  })

  it('restarts the cooldown after a sign-in, and resets no other limit', async () => {
    const { auth, signIn } = setup()
    await signIn()
    await signIn()
    await signIn()
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect([error.code, error.retryAfterSeconds]).toEqual(['rate_limited', 3600])
  })

  it('LIM-2 hardens the codes of a number after its guesses are used up, instead of locking it', async () => {
    const { auth, codeFor, events, messages } = setup({ limits: noLimits })
    const start = () => auth.start({ phoneNumber: PHONE })
    for (let count = 0; count < 2; count += 1) {
      await start()
      expect(codeFor()).toMatch(/^[0-9]{6}$/)
    }
    const hardened = await start()
    expect(codeFor()).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}$/)
    expect(messages.at(-1)?.text).toContain('expires in 5 min.')
    expect(hardened.expiresAt).toEqual(at(300))
    expect(events.findLast(({ type }) => type === 'challenge_opened')).toMatchObject({ isHardened: true })
    const signedIn = await auth.verify({ challengeId: hardened.challengeId, code: codeFor().toLowerCase() })
    expect(signedIn.user.phoneNumber).toBe(PHONE)
  })

  it('LIM-2 never hardens codes after sign-ins with the right code', async () => {
    const { signIn, events } = setup({ limits: noLimits })
    for (let count = 0; count < 50; count += 1) await signIn()
    expect(events.filter((event) => event.type === 'challenge_opened' && event.isHardened)).toEqual([])
  })

  it('LIM-7 refuses the call and sends nothing if the store fails', async () => {
    const cause = new Error('disk I/O error')
    const { auth, messages, stores } = setup()
    stores.otpStore.open = async () => Promise.reject(cause)
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect([error.code, error.cause]).toEqual(['store_unavailable', cause])
    expect(messages).toEqual([])
  })

  it('LIM-10 retryAfterSeconds is exact: one second earlier the call is refused, then it is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 12 }), async (gaps) => {
        const { auth, clock } = setup()
        for (const gap of gaps) {
          const refused = await auth.start({ phoneNumber: PHONE }).catch((error) => error)
          if (refused.code === 'rate_limited') {
            clock.advance(refused.retryAfterSeconds - 1)
            expect((await rejection(auth.start({ phoneNumber: PHONE }))).code).toBe('rate_limited')
            clock.advance(1)
            await auth.start({ phoneNumber: PHONE })
          }
          clock.advance(gap)
        }
      }),
      { seed: 3, numRuns: 50 },
    )
  })

  it('counts the seconds of its result from the answer, on any clock', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    let error: SmsUnavailableError | null = null
    const smsSender: SmsSender = {
      send: async () => {
        vi.advanceTimersByTime(7900)
        vi.setSystemTime(0)
        if (error !== null) throw error
        return {}
      },
    }
    const { auth, clock } = setup({ smsSender })
    const started = await auth.start({ phoneNumber: PHONE })
    expect(started).toMatchObject({ expiresInSeconds: 593, resendInSeconds: 23 })
    clock.advance(30)
    const resent = await auth.resend({ challengeId: started.challengeId })
    expect(resent).toMatchObject({ expiresInSeconds: 563, resendInSeconds: 53 })
    error = new SmsUnavailableError(true)
    const { challenge } = await rejection(auth.start({ phoneNumber: OTHER_PHONE }))
    expect(challenge).toMatchObject({ expiresInSeconds: 593, resendInSeconds: 23 })
    vi.useRealTimers()
  })

  it('resendAt is exact as well', async () => {
    const { auth, clock } = setup()
    const { challengeId, resendAt } = await auth.start({ phoneNumber: PHONE })
    clock.advance(29)
    await expect(auth.resend({ challengeId })).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 })
    clock.advance(1)
    expect(clock.now()).toEqual(resendAt)
    const second = await auth.resend({ challengeId })
    expect(second.resendAt).toEqual(at(90))
  })

  it('rejects if the sender refuses the message, and reports it in an event', async () => {
    const { auth, events } = setup({ smsSender: { send: async () => Promise.reject(new SmsRejectedError()) } })
    await expect(auth.start({ phoneNumber: PHONE })).rejects.toMatchObject({ code: 'sms_rejected' })
    expect(events.at(-1)).toMatchObject({ type: 'message_failed', error: 'sms_rejected', mayHaveBeenSent: false })
  })

  it('treats an unknown failure of the sender as an unknown outcome, and sends nothing again', async () => {
    let calls = 0
    const failing = (error: unknown) => ({
      send: async () => {
        calls += 1
        throw error
      },
    })
    const unknown = await rejection(setup({ smsSender: failing(new Error('boom')) }).auth.start({ phoneNumber: PHONE }))
    expect([unknown.code, unknown.mayHaveBeenSent, unknown.cause]).toEqual(['sms_unavailable', true, undefined])
    const foreign = setup({ smsSender: failing(new InvalidCodeError(5)) })
    expect((await rejection(foreign.auth.start({ phoneNumber: PHONE }))).code).toBe('sms_unavailable')
    const throttled = setup({ smsSender: failing(new RateLimitedError(5)) })
    expect(await rejection(throttled.auth.start({ phoneNumber: PHONE }))).toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 5,
    })
    const refused = setup({ smsSender: failing(new SmsUnavailableError(false)) })
    const known = await rejection(refused.auth.start({ phoneNumber: PHONE }))
    expect([known.code, known.mayHaveBeenSent]).toEqual(['sms_unavailable', false])
    expect(calls).toBe(4)
  })
})

describe('PhoneAuth.start under closed registration', () => {
  it('ACC-6 gives known, unknown, inactive and dormant numbers the same answers after the same steps in the stores', async () => {
    const observe = async (state: 'known' | 'unknown' | 'inactive' | 'dormant') => {
      const { clock, codeFor, options, signIn, stores } = setup()
      if (state !== 'unknown') await signIn()
      if (state === 'inactive') await stores.userStore.setActive(1, false)
      clock.advance(state === 'dormant' ? 91 * 86_400 : 3600)
      const trace: string[] = []
      for (const [name, store] of Object.entries({
        otp: stores.otpStore,
        user: stores.userStore,
        session: stores.sessionStore,
      })) {
        for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(store))) {
          const original = Reflect.get(store, method)
          if (method === 'constructor' || typeof original !== 'function') continue
          const traced = (...input: unknown[]) => {
            trace.push(`${name}.${method}`)
            return original.apply(store, input)
          }
          Object.assign(store, { [method]: traced })
        }
      }
      const { auth } = setup({ ...options, registration: 'closed' })
      const startedAt = clock.now().getTime()
      const since = (date: Date | null) => date && date.getTime() - startedAt
      const answers: unknown[] = []
      const record = async (call: Promise<{ challengeId: string | null; expiresAt: Date; resendAt: Date | null }>) => {
        try {
          const { challengeId, expiresAt, resendAt, ...rest } = await call
          answers.push([typeof challengeId, since(expiresAt), since(resendAt), rest])
          return challengeId ?? ''
        } catch (error) {
          const { name, code, message, ...rest } = error as Error & { code: string }
          answers.push([name, code, message, rest])
          return ''
        }
      }
      const challengeId = await record(auth.start({ phoneNumber: PHONE }))
      clock.advance(30)
      await record(auth.resend({ challengeId }))
      await auth.close()
      for (let guess = 1; guess <= 6; guess += 1) {
        await record(auth.verify({ challengeId, code: wrong(codeFor() || '0', guess) }) as never)
      }
      for (let more = 0; more < 4; more += 1) {
        clock.advance(120)
        await record(auth.start({ phoneNumber: PHONE }))
      }
      await auth.close()
      return { answers, trace }
    }
    const known = await observe('known')
    expect(known.answers.map((answer) => (answer as unknown[])[1])).toEqual([
      600_000,
      600_000,
      ...Array.from({ length: 5 }, () => 'invalid_code'),
      'too_many_attempts',
      expect.any(Number),
      'rate_limited',
      'rate_limited',
      'rate_limited',
    ])
    expect(known.trace).toContain('user.findByPhoneNumber')
    for (const state of ['unknown', 'inactive', 'dormant'] as const) expect(await observe(state), state).toEqual(known)
  })

  it('ACC-6 gives the same answer for a known and an unknown number, and sends no message to the unknown one', async () => {
    const open = setup()
    await open.signIn(PHONE)
    const { auth, messages } = setup({ ...open.options, registration: 'closed' })
    open.clock.advance(60)
    const before = open.messages.length
    const known = await auth.start({ phoneNumber: PHONE })
    const unknown = await auth.start({ phoneNumber: OTHER_PHONE })
    await auth.close()
    expect(Object.keys(unknown)).toEqual(Object.keys(known))
    expect(unknown).toMatchObject({ expiresAt: known.expiresAt, resendAt: known.resendAt })
    expect(open.messages.slice(before).map(({ to }) => to)).toEqual([PHONE])
    expect(messages).toEqual([])
    open.clock.advance(60)
    await auth.resend({ challengeId: unknown.challengeId })
    await auth.close()
    expect(open.messages.slice(before)).toHaveLength(1)
  })

  it('ACC-6 no code matches the challenge of an unknown number, and its attempts are counted like any other', async () => {
    const { auth, stores } = setup({ registration: 'closed' })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const challenge = await stores.otpStore.findLatest(PHONE as never, 'sign_in', null)
    expect(challenge?.channel).toBe('none')
    const outcomes: unknown[] = []
    for (const code of ['000000', '111111', '222222', '333333', '444444', '555555']) {
      outcomes.push((await rejection(auth.verify({ challengeId, code }))).code)
    }
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'invalid_code'), 'too_many_attempts'])
    expect(await stores.userStore.findByPhoneNumber(PHONE as never)).toBeNull()
  })

  it('ACC-6 the answer does not wait for the provider, and only an event reports its failure', async () => {
    const open = setup()
    await open.signIn(PHONE)
    open.clock.advance(60)
    const events: PhoneAuthEvent[] = []
    let fail: (error: Error) => void = () => undefined
    const sending = Promise.withResolvers<void>()
    const smsSender: SmsSender = {
      send: () => {
        sending.resolve()
        return new Promise((_, reject) => {
          fail = reject
        })
      },
    }
    const onEvent = (event: PhoneAuthEvent) => events.push(event)
    const { auth } = setup({ ...open.options, registration: 'closed', smsSender, onEvent })
    await auth.start({ phoneNumber: PHONE })
    await sending.promise
    fail(new SmsRejectedError())
    await auth.close()
    expect(events.at(-1)).toMatchObject({ type: 'message_failed', error: 'sms_rejected' })
  })
})
