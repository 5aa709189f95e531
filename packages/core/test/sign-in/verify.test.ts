import { describe, expect, it } from 'vitest'
import { composeJointSteps, type JointSteps } from '../../src/adapters.ts'
import type { VerifyOptions } from '../../src/index.ts'
import { NO_SUCCESS, noLimits, OTHER_PHONE, PHONE, rejection, START, STRANGERS, setup, wrong } from '../setup.ts'

describe('PhoneAuth.verify', () => {
  it('signs the number of the challenge in and creates its user', async () => {
    const { auth, codeFor, events } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const result = await auth.verify({ challengeId, code: codeFor(), ip: '203.0.113.7', userAgent: 'A browser' })
    expect(result).toEqual({
      user: {
        id: 1,
        phoneNumber: PHONE,
        isActive: true,
        verifiedAt: START,
        previouslyVerifiedAt: null,
        createdAt: START,
        lastSignedInAt: START,
      },
      deviceToken: expect.stringMatching(/^phd_[A-Za-z0-9_-]{43}$/),
      isNewUser: true,
      isDormant: false,
      profile: {},
      needsProfileCompletion: true,
      sessionId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      accessToken: expect.any(String),
      refreshToken: expect.stringMatching(/^phr_/),
      expiresInSeconds: 1800,
    })
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['user_created', 'signed_in'])
  })

  it('signs a known number in as the same user, also by the number alone', async () => {
    const { auth, codeFor, signIn } = setup()
    const first = await signIn()
    await auth.start({ phoneNumber: PHONE })
    const second = await auth.verify({ phoneNumber: '+1 415-555-0101', code: codeFor() })
    expect([second.isNewUser, second.user.id]).toEqual([false, first.user.id])
    expect(second.sessionId).not.toBe(first.sessionId)
  })

  it('OTP-2 accepts a code one second before it expires, and refuses it from then on', async () => {
    for (const [seconds, expected] of [
      [599, 'signed in'],
      [600, 'challenge_expired'],
      [601, 'challenge_expired'],
    ] as const) {
      const { auth, codeFor, clock } = setup()
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      clock.advance(seconds)
      const outcome = await auth.verify({ challengeId, code: codeFor() }).then(
        () => 'signed in',
        (error) => error.code,
      )
      expect(outcome).toBe(expected)
    }
  })

  it('OTP-3 accepts a code once, even if 200 calls submit it at the same time', async () => {
    const { auth, codeFor, stores } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = codeFor()
    const results = await Promise.allSettled(Array.from({ length: 200 }, () => auth.verify({ challengeId, code })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await stores.sessionStore.list(1)).toHaveLength(1)
    expect((await rejection(auth.verify({ challengeId, code }))).code).toBe('challenge_expired')
  })

  it('OTP-4 allows five attempts, says how many remain, and then refuses the right code', async () => {
    const { auth, codeFor, events } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    for (const remaining of [4, 3, 2, 1, 0]) {
      const error = await rejection(auth.verify({ challengeId, code: wrong(codeFor(), remaining + 1) }))
      expect([error.code, error.attemptsRemaining]).toEqual(['invalid_code', remaining])
      expect(error.message).toBe(`Invalid OTP. ${remaining} ${remaining === 1 ? 'attempt' : 'attempts'} remaining`)
    }
    const error = await rejection(auth.verify({ challengeId, code: codeFor() }))
    expect(error.code).toBe('too_many_attempts')
    expect(events.at(-1)).toMatchObject({ type: 'challenge_spent', by: 'challenge_id' })
  })

  it('OTP-4 keeps the count of an attempt if a listener throws later', async () => {
    const { auth, codeFor, stores } = setup({
      onEvent: () => {
        throw new Error('A listener failed.')
      },
    })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    for (let count = 0; count < 5; count += 1) await rejection(auth.verify({ challengeId, code: wrong(codeFor()) }))
    expect((await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.attempts).toBe(5)
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('too_many_attempts')
  })

  it('OTP-5 refuses the code of one challenge for another', async () => {
    const { auth, codeFor } = setup({ limits: noLimits })
    const opened: { challengeId: string; code: string }[] = []
    for (let index = 0; index < 1000; index += 1) {
      const phoneNumber = `+1415555${String(index).padStart(4, '0')}`
      const { challengeId } = await auth.start({ phoneNumber })
      opened.push({ challengeId, code: codeFor(phoneNumber) })
    }
    for (const [index, { challengeId, code }] of opened.entries()) {
      const other = opened[(index + 1) % opened.length]
      if (other === undefined || other.code === code) continue
      expect((await rejection(auth.verify({ challengeId, code: other.code }))).code).toBe('invalid_code')
    }
  })

  it('OTP-5 leaves two attempts to a client with the challenge id after 500 wrong codes by number', async () => {
    const { auth, codeFor } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const outcomes: unknown[] = []
    for (let count = 0; count < 500; count += 1) {
      outcomes.push((await rejection(auth.verify({ phoneNumber: PHONE, code: wrong(codeFor()) }))).code)
    }
    expect(outcomes.filter((code) => code === 'invalid_code')).toHaveLength(3)
    expect(outcomes.filter((code) => code === 'too_many_attempts')).toHaveLength(497)
    const error = await rejection(auth.verify({ challengeId, code: wrong(codeFor()) }))
    expect(error.attemptsRemaining).toBe(1)
    expect((await auth.verify({ challengeId, code: codeFor() })).user.phoneNumber).toBe(PHONE)
  })

  it('OTP-5 uses the newest challenge of a number', async () => {
    const { auth, codeFor, clock } = setup()
    await auth.start({ phoneNumber: PHONE })
    const older = codeFor()
    clock.advance(30)
    await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.verify({ phoneNumber: PHONE, code: older }))).attemptsRemaining).toBe(2)
    expect((await auth.verify({ phoneNumber: PHONE, code: codeFor() })).user.phoneNumber).toBe(PHONE)
    expect((await rejection(auth.verify({ phoneNumber: OTHER_PHONE, code: older }))).code).toBe('challenge_expired')
  })

  it('OTP-6 refuses a challenge for another purpose, which stays valid for its own', async () => {
    const { auth, stores, codeFor } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const signIn = await stores.otpStore.findLatest(PHONE as never, 'sign_in', null)
    if (signIn === null) throw new Error('The challenge was not found.')
    const open = { charges: [], lanes: [STRANGERS], ttlSeconds: 600 } as const
    for (const purpose of ['change_phone', 'step_up'] as const) {
      const challenge = { ...signIn, idHash: `${purpose}-id`, purpose }
      await stores.otpStore.open({ ...open, challenge })
      const attempt = {
        sessionId: null,
        by: 'challenge_id',
        codeHashes: [signIn.codeHash],
        failures: [],
        success: NO_SUCCESS,
      } as const
      const refused = await stores.otpStore.redeem({ ...attempt, idHash: challenge.idHash, purpose: 'sign_in' })
      expect(refused.outcome).toBe('gone')
      expect((await stores.otpStore.redeem({ ...attempt, idHash: challenge.idHash, purpose })).outcome).toBe('redeemed')
    }
    expect((await auth.verify({ challengeId, code: codeFor() })).user.phoneNumber).toBe(PHONE)
  })

  it('OTP-7 signs in the user that the challenge determines, and ignores the rest of the call', async () => {
    const { auth, codeFor, stores } = setup()
    await auth.start({ phoneNumber: OTHER_PHONE })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const smuggled = {
      challengeId,
      code: codeFor(),
      phoneNumber: OTHER_PHONE,
      phone: OTHER_PHONE,
      userId: 99,
      sub: '99',
      isAdmin: true,
    } as unknown as VerifyOptions
    const { user, accessToken } = await auth.verify(smuggled)
    expect(user).toMatchObject({ id: 1, phoneNumber: PHONE })
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    expect(await stores.userStore.findByPhoneNumber(OTHER_PHONE as never)).toBeNull()
  })

  it('OTP-8 is not affected by concurrent starts and guesses of others for the same number, 100 times', async () => {
    const { auth, codeFor, clock } = setup({ limits: { ...noLimits, startsFromUnknown: { '1m': 1_000_000 } } })
    for (let run = 0; run < 100; run += 1) {
      const victim = await auth.start({ phoneNumber: PHONE, ip: '192.0.2.1' })
      const code = codeFor()
      const storm: Promise<unknown>[] = []
      let started = 0
      for (let index = 0; index < 50; index += 1) {
        const ip = `198.51.100.${index % 20}`
        storm.push(
          auth.start({ phoneNumber: PHONE, ip }).then(({ challengeId }) => {
            started += 1
            return Promise.allSettled(
              Array.from({ length: 5 }, (_, guess) => auth.verify({ challengeId, code: wrong('000000', guess), ip })),
            )
          }),
        )
        for (let guess = 0; guess < 5; guess += 1) {
          const id = `unknown-${run}-${index}-${guess}`
          storm.push(auth.verify({ challengeId: id, code: '123456', ip }))
        }
      }
      const signedIn = auth.verify({ challengeId: victim.challengeId, code, ip: '192.0.2.1' })
      await Promise.allSettled(storm)
      expect(started).toBe(50)
      expect((await signedIn).user.phoneNumber).toBe(PHONE)
      clock.advance(86_400)
    }
  })

  it('rejects a deactivated user, and reveals this only after the right code', async () => {
    const { auth, codeFor, signIn, stores, events } = setup()
    const { user } = await signIn()
    await auth.deactivateUser({ userId: user.id })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.verify({ challengeId, code: wrong(codeFor()) }))).code).toBe('invalid_code')
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('user_inactive')
    expect(events.at(-1)).toMatchObject({ type: 'sign_in_refused', by: 'deactivation', userId: user.id })
    expect(await stores.sessionStore.list(user.id)).toEqual([])
  })

  it('rejects a number outside the allowed regions', async () => {
    const { auth } = setup()
    const error = await rejection(auth.verify({ phoneNumber: '+919876543210', code: '123456' }))
    expect([error.code, error.region]).toEqual(['region_not_allowed', 'IN'])
  })

  it('stores the user agent and the address in printable form, with at most 256 characters', async () => {
    const { auth, codeFor, stores } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const userAgent = `Browser\r\nInjected: line\0\ud800${'x'.repeat(500)}`
    await auth.verify({ challengeId, code: codeFor(), userAgent, ip: '2001:db8::1\n' })
    const [session] = await stores.sessionStore.list(1)
    expect(session?.userAgent).toMatch(/^Browser {2}Injected: line \ufffdx+$/)
    expect(session?.userAgent).toHaveLength(256)
    expect(session?.ip).toBe('2001:db8::1 ')
  })

  it('signs in with separate stores, and redeems the code first', async () => {
    const { otpStore, userStore, sessionStore } = setup().stores
    expect((await setup({ otpStore, userStore, sessionStore }).signIn()).user.phoneNumber).toBe(PHONE)
    const { userStore: failing } = setup().stores
    failing.signIn = async () => Promise.reject(new Error('down'))
    const { auth, codeFor } = setup({ userStore: failing })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('store_unavailable')
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('challenge_expired')
  })

  it('leaves no session with separate stores if the user is deactivated during the sign-in', async () => {
    const { otpStore, userStore, sessionStore } = setup().stores
    const { auth, codeFor } = setup({ otpStore, userStore, sessionStore })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const insert = sessionStore.insert.bind(sessionStore)
    sessionStore.insert = async (userId, session) => {
      await userStore.setActive(userId, false)
      return insert(userId, session)
    }
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('user_inactive')
    expect(await sessionStore.list(1)).toEqual([])
  })

  it('uses joint steps only with the stores that they belong to', async () => {
    const { options, stores } = setup()
    let jointCalls = 0
    const composed = composeJointSteps(stores)
    const jointSteps: JointSteps = {
      ...composed,
      signIn: (request) => {
        jointCalls += 1
        return composed.signIn(request)
      },
    }
    const same = setup({ ...options, jointSteps })
    await rejection(same.auth.verify({ challengeId: 'unknown', code: '123456' }))
    expect(jointCalls).toBe(1)
    const otherOtpStore = setup().stores.otpStore
    const replaced = setup({ ...options, jointSteps, otpStore: otherOtpStore })
    await rejection(replaced.auth.verify({ challengeId: 'unknown', code: '123456' }))
    expect(jointCalls).toBe(1)
  })
})
