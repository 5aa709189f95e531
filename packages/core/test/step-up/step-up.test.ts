import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, PhoneNumber } from '../../src/index.ts'
import { memoryStores } from '../../src/memory.ts'
import { separateStores } from '../separate-stores.ts'
import { decode } from '../session/forgeries.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, rejection, START, setup, startProblems, told, wrong } from '../setup.ts'
import { setupWithService } from '../sign-in/fake-code-service.ts'

const claimsOf = (accessToken: string) => decode(accessToken.split('.')[1] ?? '')

function world(options: Partial<PhoneAuthOptions> = {}, makeStores = memoryStores) {
  const base = setup({ limits: noLimits, ...options }, makeStores)
  const { auth, codeFor } = base
  /** Opens a step-up, with the code that was sent for it. */
  const startStepUp = async (accessToken: string, phoneNumber = PHONE) => {
    const { challengeId } = await auth.startStepUp({ accessToken })
    return { accessToken, challengeId, code: codeFor(phoneNumber) }
  }
  const stepUp = async (accessToken: string) => auth.verifyStepUp(await startStepUp(accessToken))
  return { ...base, startStepUp, stepUp }
}

describe('PhoneAuth.requireFresh', () => {
  it('ACC-7 admits a token whose proof is not too old, clock tolerance included', async () => {
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

  it('ACC-7 goes by session.fresh, or by the age it is told, and by the tolerance of the clocks', async () => {
    const { auth, clock, signIn } = world({ session: { fresh: '1m' }, accessToken: { clockTolerance: '0s' } })
    const { accessToken } = await signIn()
    clock.advance(60)
    await auth.requireFresh({ accessToken })
    clock.advance(1)
    expect((await rejection(auth.requireFresh({ accessToken }))).maxAgeSeconds).toBe(60)
    expect((await rejection(auth.requireFresh({ accessToken, maxAgeSeconds: 60.5 }))).maxAgeSeconds).toBe(60.5)
    await auth.requireFresh({ accessToken, maxAgeSeconds: 61 })
  })

  it('ACC-7 refuses ages that are none, rather than admit everybody', async () => {
    const { auth, clock, signIn } = world()
    const { accessToken } = await signIn()
    clock.advance(700)
    for (const age of [0, -1, Number.NaN, null, {}, 'an hour', []]) {
      const error = await rejection(auth.requireFresh({ accessToken, maxAgeSeconds: age as never }))
      expect([error.code, error.field], String(age)).toEqual(['invalid_input', 'maxAgeSeconds'])
    }
  })

  it('ACC-7 wants a valid token of a live session before all', async () => {
    const { auth, clock, signIn } = world({ session: { fresh: '1h' } })
    const ended = await signIn()
    await auth.logout({ accessToken: ended.accessToken })
    expect(await codeOf(auth.requireFresh({ accessToken: ended.accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.requireFresh({ accessToken: 'junk' }))).toBe('invalid_access_token')
    const { accessToken } = await signIn()
    clock.advance(1805)
    expect(await codeOf(auth.requireFresh({ accessToken }))).toBe('access_token_expired')
  })

  it('ACC-7 session.fresh is from a second to a day', () => {
    for (const fresh of ['1s', '24h', undefined]) expect(startProblems({ session: { fresh } })).toEqual([])
    for (const fresh of ['0s', '25h', 600, 'soon']) expect(startProblems({ session: { fresh } })).toHaveLength(1)
  })
})

describe('a step-up', () => {
  it('ACC-7 gives a token that is fresh, of the same session, and tells it', async () => {
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

  it('ACC-7 leaves older tokens of the session as old as they are, on every server', async () => {
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

  it('ACC-7 freshens no refresh: who copied the refresh token before gains nothing', async () => {
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

  it('RT-4 ACC-7 makes no session live longer', async () => {
    const { auth, clock, signIn, stepUp } = world({ session: { idle: '20m', absolute: '20m' } })
    const { accessToken, refreshToken } = await signIn()
    clock.advance(1100)
    const fresh = await stepUp(accessToken)
    expect(fresh.expiresInSeconds).toBe(100)
    clock.advance(100)
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
  })

  it('ACC-7 its code is good for nothing and nobody else, who leave it as it is', async () => {
    for (const makeStores of [memoryStores, separateStores]) {
      const { auth, codeFor, events, signIn, startStepUp } = world({}, makeStores)
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
      // Not even an attempt was counted.
      expect(events).toEqual([])
      expect((await rejection(auth.verifyStepUp({ ...started, code: wrong(code) }))).attemptsRemaining).toBe(4)
      await auth.verifyStepUp(started)
      expect(codeFor()).toBe(code)
    }
  })

  it('ACC-7 no code of a sign-in or of a change of number steps up', async () => {
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

  it('OTP-3 OTP-4 its code is good once, and wrong codes use its attempts up', async () => {
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

  it('ACC-7 is not for who has no live session, before and after the code was sent', async () => {
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

  it('ACC-7 is over when the session ends while the code is compared: no token', async () => {
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

  it('ACC-3 ACC-7 a code of the former number proves nothing once the number was changed', async () => {
    for (const makeStores of [memoryStores, separateStores]) {
      const { auth, codeFor, signIn, startStepUp } = world({}, makeStores)
      const { accessToken } = await signIn()
      const started = await startStepUp(accessToken)
      const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
      await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
      expect(await codeOf(auth.verifyStepUp(started))).toBe('challenge_expired')
      const anew = await startStepUp(accessToken, OTHER_PHONE)
      await auth.verifyStepUp(anew)
    }
  })

  it('ACC-7 nor does it where the number was changed behind the library’s back', async () => {
    const { auth, clock, signIn, startStepUp, stores } = world({}, separateStores)
    const { accessToken, sessionId, user } = await signIn()
    const started = await startStepUp(accessToken)
    clock.advance(60)
    await stores.userStore.changePhoneNumber(user.id, OTHER_PHONE as PhoneNumber)
    expect(await codeOf(auth.verifyStepUp(started))).toBe('invalid_access_token')
    expect((await stores.sessionStore.find(sessionId))?.authenticatedAt).toEqual(START)
  })

  it('OTP-8 is sent once more by its id, with the same code, over the limits of every resend', async () => {
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

  it('LIM-9 is under the limits of every message, which it shares with sign-ins', async () => {
    const { auth, messages, signIn } = setup()
    const { accessToken } = await signIn()
    messages.length = 0
    const { resendAt } = await auth.startStepUp({ accessToken, ip: '203.0.113.7' })
    expect(resendAt?.toISOString()).toBe('2026-01-01T00:00:30.000Z')
    expect((await rejection(auth.startStepUp({ accessToken }))).retryAfterSeconds).toBe(30)
    expect(await codeOf(auth.start({ phoneNumber: PHONE }))).toBe('rate_limited')
    expect(messages).toHaveLength(1)
  })

  it('LIM-9 wrong codes count against their source', async () => {
    const limits = { ...noLimits, failuresPerAddress: { '1h': 2 } }
    const { auth, codeFor, signIn } = setup({ limits })
    const { accessToken } = await signIn()
    const ip = '203.0.113.7'
    const { challengeId } = await auth.startStepUp({ accessToken, ip })
    const code = wrong(codeFor())
    for (let count = 0; count < 2; count += 1) {
      expect(await codeOf(auth.verifyStepUp({ accessToken, challengeId, code, ip }))).toBe('invalid_code')
    }
    expect(await codeOf(auth.startStepUp({ accessToken, ip }))).toBe('rate_limited')
    // The live challenge can still be answered, from there too.
    await auth.verifyStepUp({ accessToken, challengeId, code: codeFor(), ip })
  })

  it('refuses codes and challenge ids of the wrong form, and counts no attempt', async () => {
    const { auth, signIn, startStepUp } = world()
    const { accessToken } = await signIn()
    const started = await startStepUp(accessToken)
    for (const code of ['', '12345', 'abcdef', 123456, null, undefined]) {
      expect(await codeOf(auth.verifyStepUp({ ...started, code: code as string }))).toBe('invalid_input')
    }
    for (const challengeId of ['', 5, null, 'x'.repeat(129)]) {
      expect(await codeOf(auth.verifyStepUp({ ...started, challengeId: challengeId as string }))).toBe('invalid_input')
    }
    // Without an id it is not looked for by the number.
    const byNumber = { ...started, challengeId: undefined as never, phoneNumber: PHONE }
    expect(await codeOf(auth.verifyStepUp(byNumber))).toBe('invalid_input')
    expect((await rejection(auth.verifyStepUp({ ...started, code: wrong(started.code) }))).attemptsRemaining).toBe(4)
  })
})

describe('a step-up of other codes', () => {
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

  it('ACC-7 a code service judges it', async () => {
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
