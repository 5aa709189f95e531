import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, PhoneNumber } from '../../src/index.ts'
import { decode } from '../session/forgeries.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, rejection, START, setup, startProblems, told, wrong } from '../setup.ts'
import { setupWithService } from '../sign-in/fake-code-service.ts'

const claimsOf = (accessToken: string) => decode(accessToken.split('.')[1] ?? '')

function world(options: Partial<PhoneAuthOptions> = {}) {
  const base = setup({ limits: noLimits, ...options })
  const { auth, codeFor } = base
  /** Starts a step-up and returns it with the code that was sent. */
  const startStepUp = async (accessToken: string, phoneNumber = PHONE) => {
    const { challengeId } = await auth.startStepUp({ accessToken })
    return { accessToken, challengeId, code: codeFor(phoneNumber) }
  }
  const stepUp = async (accessToken: string) => auth.verifyStepUp(await startStepUp(accessToken))
  return { ...base, startStepUp, stepUp }
}

describe('PhoneAuth.requireFresh', () => {
  it('ACC-7 accepts a token if the number was verified recently enough, within the clock tolerance', async () => {
    const { auth, clock, signIn } = world()
    const { accessToken } = await signIn()
    clock.advance(605)
    expect(await auth.requireFresh({ accessToken })).toEqual(await auth.authenticate({ accessToken }))
    clock.advance(1)
    const error = await rejection(auth.requireFresh({ accessToken }))
    expect([error.code, error.maxAgeSeconds]).toEqual(['step_up_required', 600])
    expect(await auth.requireFresh({ accessToken, maxAgeSeconds: 601 })).toMatchObject({ userId: 1 })
    expect(await auth.authenticate({ accessToken })).toMatchObject({ userId: 1 })
  })

  it('ACC-7 uses maxAgeSeconds or session.fresh, and the configured clock tolerance', async () => {
    const { auth, clock, signIn } = world({ session: { fresh: '1m' }, accessToken: { clockTolerance: '0s' } })
    const { accessToken } = await signIn()
    clock.advance(60)
    await auth.requireFresh({ accessToken })
    clock.advance(1)
    expect((await rejection(auth.requireFresh({ accessToken }))).maxAgeSeconds).toBe(60)
    expect((await rejection(auth.requireFresh({ accessToken, maxAgeSeconds: 60.5 }))).maxAgeSeconds).toBe(60.5)
    await auth.requireFresh({ accessToken, maxAgeSeconds: 61 })
  })

  it('ACC-7 rejects an invalid maxAgeSeconds instead of accepting every token', async () => {
    const { auth, clock, signIn } = world()
    const { accessToken } = await signIn()
    clock.advance(700)
    for (const age of [0, -1, Number.NaN, null, {}, 'an hour', []]) {
      const error = await rejection(auth.requireFresh({ accessToken, maxAgeSeconds: age as never }))
      expect([error.code, error.field], String(age)).toEqual(['invalid_input', 'maxAgeSeconds'])
    }
  })

  it('ACC-7 requires a valid token of an active session', async () => {
    const { auth, clock, signIn } = world({ session: { fresh: '1h' } })
    const ended = await signIn()
    await auth.logout({ accessToken: ended.accessToken })
    expect(await codeOf(auth.requireFresh({ accessToken: ended.accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.requireFresh({ accessToken: 'junk' }))).toBe('invalid_access_token')
    const { accessToken } = await signIn()
    clock.advance(1805)
    expect(await codeOf(auth.requireFresh({ accessToken }))).toBe('access_token_expired')
  })

  it('ACC-7 session.fresh is between one second and one day', () => {
    for (const fresh of ['1s', '24h', undefined]) expect(startProblems({ session: { fresh } })).toEqual([])
    for (const fresh of ['0s', '25h', 600, 'soon']) expect(startProblems({ session: { fresh } })).toHaveLength(1)
  })
})

describe('a step-up', () => {
  it('ACC-7 returns a fresh token of the same session and reports it', async () => {
    const { auth, clock, events, signIn, stepUp } = world()
    const { accessToken, sessionId, user } = await signIn()
    const signedInAt = claimsOf(accessToken).auth_time
    clock.advance(700)
    events.length = 0
    const fresh = await stepUp(accessToken)
    expect(fresh).toEqual({ sessionId, accessToken: expect.any(String), expiresInSeconds: 1800 })
    const claims = claimsOf(fresh.accessToken)
    expect(claims).toMatchObject({ auth_time: signedInAt + 700, iat: signedInAt + 700, amr: ['sms'], sid: sessionId })
    expect(await auth.requireFresh({ accessToken: fresh.accessToken })).toMatchObject({
      authenticatedAt: clock.now(),
      sessionId,
    })
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent', 'stepped_up'])
    expect(events[0]).toMatchObject({ purpose: 'step_up' })
    expect(told(events, 'stepped_up')).toEqual([{ type: 'stepped_up', sessionId, userId: user.id }])
  })

  it('ACC-7 does not renew older tokens of the session, on any server', async () => {
    const { auth, clock, options, signIn, stepUp } = world()
    const { accessToken } = await signIn()
    clock.advance(700)
    await stepUp(accessToken)
    const elsewhere = setup(options)
    for (const server of [auth, elsewhere.auth]) {
      expect(await codeOf(server.requireFresh({ accessToken }))).toBe('step_up_required')
      expect(await server.authenticate({ accessToken })).toMatchObject({ userId: 1 })
    }
  })

  it('ACC-7 does not renew refreshed tokens, so a refresh token that was copied before gains nothing', async () => {
    const { auth, clock, signIn, stepUp } = world()
    const first = await signIn()
    clock.advance(700)
    const second = await auth.refresh({ refreshToken: first.refreshToken })
    expect(await codeOf(auth.requireFresh({ accessToken: second.accessToken }))).toBe('step_up_required')
    await stepUp(second.accessToken)
    clock.advance(60)
    const third = await auth.refresh({ refreshToken: second.refreshToken })
    expect(await codeOf(auth.requireFresh({ accessToken: third.accessToken }))).toBe('step_up_required')
    expect(claimsOf(third.accessToken).auth_time).toBe(claimsOf(first.accessToken).auth_time)
  })

  it('RT-4 ACC-7 does not extend the session', async () => {
    const { auth, clock, signIn, stepUp } = world({ session: { idle: '20m', absolute: '20m' } })
    const { accessToken, refreshToken } = await signIn()
    clock.advance(1100)
    const fresh = await stepUp(accessToken)
    expect(fresh.expiresInSeconds).toBe(100)
    clock.advance(100)
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
  })

  it('ACC-7 its code is refused for every other purpose, session and user, and no attempt is counted', async () => {
    const { auth, codeFor, events, signIn, startStepUp } = world()
    const mine = await signIn()
    const sibling = await signIn()
    const theirs = await signIn(OTHER_PHONE)
    const started = await startStepUp(mine.accessToken)
    const { challengeId, code } = started
    events.length = 0
    for (const { accessToken } of [sibling, theirs]) {
      expect(await codeOf(auth.verifyStepUp({ accessToken, challengeId, code }))).toBe('challenge_expired')
      expect(await codeOf(auth.verifyPhoneChange({ accessToken, challengeId, code }))).toBe('challenge_expired')
    }
    expect(await codeOf(auth.verifyPhoneChange(started))).toBe('challenge_expired')
    expect(await codeOf(auth.verify({ challengeId, code }))).toBe('challenge_expired')
    expect(await codeOf(auth.verify({ phoneNumber: PHONE, code }))).toBe('challenge_expired')
    expect(await codeOf(auth.resend({ phoneNumber: PHONE }))).toBe('challenge_expired')
    // No attempt was counted.
    expect(events).toEqual([])
    expect((await rejection(auth.verifyStepUp({ ...started, code: wrong(code) }))).attemptsRemaining).toBe(4)
    await auth.verifyStepUp(started)
    expect(codeFor()).toBe(code)
  })

  it('ACC-7 refuses the code of a sign-in and of a phone change', async () => {
    const { auth, codeFor, signIn } = world()
    const { accessToken } = await signIn()
    const opened = [
      { ...(await auth.start({ phoneNumber: PHONE })), code: codeFor() },
      { ...(await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })), code: codeFor(OTHER_PHONE) },
    ]
    for (const { challengeId, code } of opened) {
      expect(await codeOf(auth.verifyStepUp({ accessToken, challengeId, code }))).toBe('challenge_expired')
    }
    const [signInAgain, change] = opened as [(typeof opened)[0], (typeof opened)[0]]
    expect((await auth.verify({ challengeId: signInAgain.challengeId, code: signInAgain.code })).isNewUser).toBe(false)
    await auth.verifyPhoneChange({ accessToken, challengeId: change.challengeId, code: change.code })
  })

  it('OTP-3 OTP-4 its code is accepted once, and wrong codes use up its attempts', async () => {
    const { auth, events, signIn, startStepUp } = world()
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    const results = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(auth.verifyStepUp(started)).catch(() => 1)),
    )
    expect(results.filter((result) => result === 1)).toHaveLength(1)
    expect(new Set(results)).toEqual(new Set([1, 'challenge_expired']))
    const other = await startStepUp(accessToken)
    events.length = 0
    for (let count = 1; count <= 5; count += 1) {
      const error = await rejection(auth.verifyStepUp({ ...other, code: wrong(other.code, count) }))
      expect([error.code, error.attemptsRemaining]).toEqual(['invalid_code', 5 - count])
    }
    expect(await codeOf(auth.verifyStepUp(other))).toBe('too_many_attempts')
    expect(told(events, 'code_wrong', 'challenge_spent', 'stepped_up').at(-1)).toEqual({
      type: 'challenge_spent',
      by: 'challenge_id',
    })
    expect(told(events, 'code_wrong')).toHaveLength(5)
  })

  it('ACC-7 requires an active session, before and after the code is sent', async () => {
    const { auth, clock, messages, signIn, startStepUp } = world()
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    await auth.logout({ accessToken })
    messages.length = 0
    for (const token of [accessToken, 'junk', undefined]) {
      expect(await codeOf(auth.startStepUp({ accessToken: token as string }))).toBe('invalid_access_token')
      const submitted = { ...started, accessToken: token as string }
      expect(await codeOf(auth.verifyStepUp(submitted))).toBe('invalid_access_token')
    }
    const other = await signIn()
    messages.length = 0
    clock.advance(1805)
    expect(await codeOf(auth.startStepUp(other))).toBe('access_token_expired')
    expect(messages).toEqual([])
  })

  it('ACC-7 returns no token if the session ends while the code is being compared', async () => {
    const { auth, events, signIn, startStepUp, stores } = world()
    const { accessToken, sessionId } = await signIn()
    const started = await startStepUp(accessToken)
    const redeem = stores.otpStore.redeem.bind(stores.otpStore)
    stores.otpStore.redeem = async (attempt) => {
      await stores.sessionStore.revoke(sessionId)
      return redeem(attempt)
    }
    expect(await codeOf(auth.verifyStepUp(started))).toBe('invalid_access_token')
    expect(told(events, 'stepped_up')).toEqual([])
  })

  it('ACC-3 ACC-7 refuses a code that was sent to the previous number after a phone change', async () => {
    const { auth, codeFor, signIn, startStepUp } = world()
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
    await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
    expect(await codeOf(auth.verifyStepUp(started))).toBe('challenge_expired')
    const anew = await startStepUp(accessToken, OTHER_PHONE)
    await auth.verifyStepUp(anew)
  })

  it('ACC-7 refuses such a code also if the number was changed directly in the store', async () => {
    const { auth, clock, signIn, startStepUp, stores } = world()
    const { accessToken, sessionId, user } = await signIn()
    const started = await startStepUp(accessToken)
    clock.advance(60)
    await stores.userStore.changePhoneNumber(user.id, OTHER_PHONE as PhoneNumber)
    expect(await codeOf(auth.verifyStepUp(started))).toBe('invalid_access_token')
    expect((await stores.sessionStore.find(sessionId))?.authenticatedAt).toEqual(START)
  })

  it('OTP-8 is resent by its id with the same code, under the limits of every resend', async () => {
    const { auth, clock, codeFor, events, messages, signIn, startStepUp } = world({ limits: {} })
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    expect(await codeOf(auth.resend({ challengeId: started.challengeId }))).toBe('rate_limited')
    clock.advance(30)
    const resent = await auth.resend({ challengeId: started.challengeId })
    expect(resent.phoneNumber).toBe(PHONE)
    expect(codeFor()).toBe(started.code)
    expect(messages).toHaveLength(3)
    expect(await auth.getChallenge({ challengeId: started.challengeId })).toMatchObject({ sends: 2 })
    await auth.verifyStepUp(started)
    expect(await codeOf(auth.resend({ challengeId: started.challengeId }))).toBe('challenge_expired')
    expect(told(events, 'message_sent')).toHaveLength(3)
  })

  it('LIM-9 is subject to the limits of every message, which it shares with sign-ins', async () => {
    const { auth, clock, messages, signIn } = setup()
    const { accessToken } = await signIn()
    messages.length = 0
    const { resendAt } = await auth.startStepUp({ accessToken, ip: '203.0.113.7' })
    expect(resendAt?.toISOString()).toBe('2026-01-01T00:00:30.000Z')
    expect((await rejection(auth.startStepUp({ accessToken }))).retryAfterSeconds).toBe(30)
    for (const at of [30, 60, 120, 300]) {
      clock.advance(at)
      await auth.startStepUp({ accessToken }).catch(() => undefined)
    }
    // Four step-ups and the sign-in are the five messages of the hour.
    expect(messages).toHaveLength(4)
    expect(await codeOf(auth.start({ phoneNumber: PHONE }))).toBe('rate_limited')
  })

  it('LIM-9 wrong codes are charged to their address', async () => {
    const limits = { ...noLimits, failuresPerAddress: { '1h': 6 } }
    const { auth, codeFor, signIn } = setup({ limits })
    const { accessToken } = await signIn()
    const ip = '203.0.113.7'
    const { challengeId } = await auth.startStepUp({ accessToken, ip })
    const code = wrong(codeFor())
    for (let count = 0; count < 2; count += 1) {
      expect(await codeOf(auth.verifyStepUp({ accessToken, challengeId, code, ip }))).toBe('invalid_code')
    }
    expect(await codeOf(auth.startStepUp({ accessToken, ip }))).toBe('rate_limited')
    // The open challenge can still be completed, even from this address.
    await auth.verifyStepUp({ accessToken, challengeId, code: codeFor(), ip })
  })

  it('rejects malformed codes and challenge ids, and counts no attempt', async () => {
    const { auth, signIn, startStepUp } = world()
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    for (const code of ['', '12345', 'abcdef', 123456, null, undefined]) {
      expect(await codeOf(auth.verifyStepUp({ ...started, code: code as string }))).toBe('invalid_input')
    }
    for (const challengeId of ['', 5, null, 'x'.repeat(129)]) {
      expect(await codeOf(auth.verifyStepUp({ ...started, challengeId: challengeId as string }))).toBe('invalid_input')
    }
    // Without an id, the challenge is not looked up by the number.
    const byNumber = { ...started, challengeId: undefined as never, phoneNumber: PHONE }
    expect(await codeOf(auth.verifyStepUp(byNumber))).toBe('invalid_input')
    expect((await rejection(auth.verifyStepUp({ ...started, code: wrong(started.code) }))).attemptsRemaining).toBe(4)
  })
})

describe('a step-up with other codes', () => {
  it('OTP-12 a test number steps up with its fixed code, and nothing is sent', async () => {
    const until = new Date('2026-02-01')
    const smsSender = { developmentOnly: 'it prints codes.', send: async () => Promise.reject(new Error('sent')) }
    const { auth, clock } = setup({ smsSender, testNumbers: { codes: { [PHONE]: '739104' }, until } })
    const { challengeId: signInId } = await auth.start({ phoneNumber: PHONE })
    const { accessToken } = await auth.verify({ challengeId: signInId, code: '739104' })
    clock.advance(700)
    const { challengeId } = await auth.startStepUp({ accessToken })
    expect(await codeOf(auth.verifyStepUp({ accessToken, challengeId, code: '739105' }))).toBe('invalid_code')
    const fresh = await auth.verifyStepUp({ accessToken, challengeId, code: '739104' })
    expect(await auth.requireFresh({ accessToken: fresh.accessToken })).toMatchObject({ userId: 1 })
  })

  it('ACC-7 a code service checks its code', async () => {
    const { auth, clock, service } = setupWithService({ limits: noLimits })
    const { challengeId: signInId } = await auth.start({ phoneNumber: PHONE })
    const { accessToken } = await auth.verify({ challengeId: signInId, code: service.codeFor(PHONE) })
    clock.advance(700)
    const { challengeId } = await auth.startStepUp({ accessToken })
    const code = service.codeFor(PHONE)
    expect(await codeOf(auth.verify({ challengeId, code }))).toBe('challenge_expired')
    const submitted = { accessToken, challengeId, code }
    expect((await rejection(auth.verifyStepUp({ ...submitted, code: wrong(code) }))).attemptsRemaining).toBe(4)
    const fresh = await auth.verifyStepUp(submitted)
    await auth.requireFresh({ accessToken: fresh.accessToken })
    expect(await codeOf(auth.verifyStepUp(submitted))).toBe('challenge_expired')
  })
})
