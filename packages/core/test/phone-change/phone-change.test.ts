import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, PhoneChangeResult, PhoneNumber } from '../../src/index.ts'
import { memoryStores } from '../../src/memory.ts'
import { separateStores } from '../separate-stores.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, rejection, setup, told, wrong } from '../setup.ts'

const NEW_PHONE = '+14155550103'

function world(options: Partial<PhoneAuthOptions> = {}, makeStores = memoryStores) {
  const base = setup({ limits: noLimits, ...options }, makeStores)
  const { auth, codeFor, stores } = base
  /** Opens a change, with the code that the new number was sent for it. */
  const startChange = async (accessToken: string, phoneNumber = NEW_PHONE) => {
    const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber })
    return { accessToken, challengeId, code: codeFor(phoneNumber) }
  }
  const change = async (accessToken: string, phoneNumber = NEW_PHONE) =>
    auth.verifyPhoneChange(await startChange(accessToken, phoneNumber))
  const numberOf = async (userId: string | number) => (await stores.userStore.findById(userId))?.user.phoneNumber
  return { ...base, startChange, change, numberOf }
}

describe('PhoneAuth.startPhoneChange', () => {
  it('ACC-3 needs possession of the old number to have been proven lately, or the application’s word', async () => {
    const { auth, clock, codeFor, messages, signIn, startChange } = world()
    const { accessToken } = await signIn()
    clock.advance(605)
    await startChange(accessToken)
    clock.advance(1)
    messages.length = 0
    const options = { accessToken, phoneNumber: NEW_PHONE }
    expect(await codeOf(auth.startPhoneChange(options))).toBe('step_up_required')
    for (const isReauthenticated of [false, undefined, 'false', 'yes', 1, {}]) {
      const claimed = { ...options, isReauthenticated: isReauthenticated as boolean }
      expect(await codeOf(auth.startPhoneChange(claimed)), String(isReauthenticated)).toBe('step_up_required')
    }
    expect(messages).toEqual([])
    const { challengeId } = await auth.startPhoneChange({ ...options, isReauthenticated: true })
    const changed = await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(NEW_PHONE) })
    expect(changed).toMatchObject({ user: { phoneNumber: NEW_PHONE }, previousPhoneNumber: PHONE })
  })

  it('ACC-3 goes on after a step-up, with the new token alone', async () => {
    const { auth, change, clock, codeFor, signIn } = world()
    const { accessToken } = await signIn()
    clock.advance(700)
    const { challengeId } = await auth.startStepUp({ accessToken })
    const fresh = await auth.verifyStepUp({ accessToken, challengeId, code: codeFor() })
    expect(await codeOf(change(accessToken))).toBe('step_up_required')
    expect(await change(fresh.accessToken)).toMatchObject({ user: { phoneNumber: NEW_PHONE } })
  })

  it('ACC-3 no word of the application stands in for the session', async () => {
    const { auth, signIn } = world()
    const { accessToken } = await signIn()
    await auth.logout({ accessToken })
    for (const token of [accessToken, 'junk', undefined as never]) {
      const options = { accessToken: token, phoneNumber: NEW_PHONE, isReauthenticated: true }
      expect(await codeOf(auth.startPhoneChange(options))).toBe('invalid_access_token')
    }
  })

  it('ACC-3 ACC-6 answers alike for a taken and a free number, and asks no store about it', async () => {
    const { auth, events, signIn, stores } = world()
    await signIn(OTHER_PHONE)
    const { accessToken } = await signIn()
    stores.userStore.findByPhoneNumber = async () => Promise.reject(new Error('asked'))
    const seen = []
    for (const phoneNumber of [OTHER_PHONE, NEW_PHONE]) {
      events.length = 0
      const { challengeId, ...started } = await auth.startPhoneChange({ accessToken, phoneNumber, ip: '203.0.113.7' })
      const facts = events.map(({ type }) => type)
      seen.push({ ...started, phoneNumber: null, length: challengeId.length, facts })
      expect(started.phoneNumber).toBe(phoneNumber)
    }
    expect(seen[0]).toEqual(seen[1])
  })

  it('refuses numbers as a sign-in does, and the own one however it is written; nothing is sent', async () => {
    const { auth, messages, signIn } = world()
    const { accessToken } = await signIn()
    messages.length = 0
    const codes: Record<string, unknown> = {
      '+919876543210': 'region_not_allowed',
      '4155550103': 'invalid_phone_number',
      '+1 800 555 0100': 'invalid_phone_number',
      [PHONE]: 'invalid_input',
      '+1 (415) 555-0101': 'invalid_input',
    }
    for (const [phoneNumber, code] of Object.entries(codes)) {
      expect(await codeOf(auth.startPhoneChange({ accessToken, phoneNumber })), phoneNumber).toBe(code)
    }
    expect((await rejection(auth.startPhoneChange({ accessToken, phoneNumber: PHONE }))).field).toBe('phoneNumber')
    expect(messages).toEqual([])
  })

  it('LIM-9 is under the limits of the new number, whoever asks', async () => {
    const { auth, messages, signIn } = setup()
    const mine = await signIn()
    const theirs = await signIn(OTHER_PHONE)
    messages.length = 0
    await auth.startPhoneChange({ accessToken: mine.accessToken, phoneNumber: NEW_PHONE })
    for (const { accessToken } of [mine, theirs]) {
      expect(await codeOf(auth.startPhoneChange({ accessToken, phoneNumber: NEW_PHONE }))).toBe('rate_limited')
    }
    expect(await codeOf(auth.start({ phoneNumber: NEW_PHONE }))).toBe('rate_limited')
    expect(messages.map(({ to }) => to)).toEqual([NEW_PHONE])
  })
})

describe('PhoneAuth.verifyPhoneChange', () => {
  for (const makeStores of [memoryStores, separateStores]) {
    const over = makeStores === memoryStores ? 'stores of one database' : 'separate stores'

    it(`ACC-3 over ${over} ends all other sessions; the current one goes on with the same tokens`, async () => {
      const { auth, change, events, numberOf, signIn } = world({}, makeStores)
      const [current, a, b] = [await signIn(), await signIn(), await signIn()]
      const stranger = await signIn(OTHER_PHONE)
      events.length = 0
      expect(await change(current.accessToken)).toMatchObject({
        user: { phoneNumber: NEW_PHONE },
        previousPhoneNumber: PHONE,
      })
      for (const { accessToken, refreshToken } of [a, b]) {
        expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
        expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
      }
      expect(await auth.authenticate({ accessToken: current.accessToken })).toMatchObject({ userId: current.user.id })
      expect(await auth.refresh({ refreshToken: current.refreshToken })).toMatchObject({ sessionId: current.sessionId })
      expect(await auth.authenticate({ accessToken: stranger.accessToken })).toMatchObject({ userId: stranger.user.id })
      expect(await numberOf(current.user.id)).toBe(NEW_PHONE)
      const ended = told(events, 'session_revoked').map((event) => (event as { sessionId: string }).sessionId)
      expect(ended.toSorted()).toEqual([a.sessionId, b.sessionId].toSorted())
      expect(told(events, 'phone_changed')).toEqual([
        { type: 'phone_changed', userId: current.user.id, previousPhoneNumberMasked: '+1******0101' },
      ])
      expect(events.find(({ type }) => type === 'phone_changed')).toMatchObject({ phoneNumberMasked: '+1******0103' })
    })

    it(`ACC-3 over ${over} ends every open challenge of the old and the new number, and no other`, async () => {
      const { auth, change, codeFor, signIn, startChange } = world({}, makeStores)
      const current = await signIn()
      const stranger = await signIn(OTHER_PHONE)
      // The attacker's: he has asked for a code of the old number before it changed hands.
      const pending = await auth.start({ phoneNumber: PHONE })
      const pendingCode = codeFor()
      const stepUp = await auth.startStepUp({ accessToken: current.accessToken })
      const stepUpCode = codeFor()
      const onNew = await auth.start({ phoneNumber: NEW_PHONE })
      const onNewCode = codeFor(NEW_PHONE)
      const rival = await startChange(stranger.accessToken)
      const unrelated = await auth.start({ phoneNumber: OTHER_PHONE })
      const unrelatedCode = codeFor(OTHER_PHONE)
      await change(current.accessToken)
      const { accessToken } = current
      for (const [{ challengeId }, code] of [
        [pending, pendingCode],
        [onNew, onNewCode],
      ] as const) {
        expect(await codeOf(auth.verify({ challengeId, code }))).toBe('challenge_expired')
        expect(await codeOf(auth.resend({ challengeId }))).toBe('challenge_expired')
      }
      expect(await codeOf(auth.verify({ phoneNumber: PHONE, code: pendingCode }))).toBe('challenge_expired')
      const submitted = { accessToken, challengeId: stepUp.challengeId, code: stepUpCode }
      expect(await codeOf(auth.verifyStepUp(submitted))).toBe('challenge_expired')
      expect(await codeOf(auth.verifyPhoneChange(rival))).toBe('challenge_expired')
      await auth.verify({ challengeId: unrelated.challengeId, code: unrelatedCode })
    })

    it(`ACC-3 over ${over} lets the old number sign up as somebody else, and the new one sign in as before`, async () => {
      const { auth, change, signIn } = world({}, makeStores)
      const { accessToken, user } = await signIn()
      await auth.updateProfile({ userId: user.id, profile: { name: 'Ada Lovelace' } })
      await change(accessToken)
      const stranger = await signIn(PHONE)
      expect([stranger.isNewUser, stranger.profile]).toEqual([true, {}])
      expect(stranger.user.id).not.toBe(user.id)
      const again = await signIn(NEW_PHONE)
      expect(again).toMatchObject({ isNewUser: false, isDormant: false, profile: { name: 'Ada Lovelace' } })
      expect(again.user.id).toBe(user.id)
      expect((await auth.getProfile({ accessToken })).user.phoneNumber).toBe(NEW_PHONE)
    })

    it(`ACC-3 over ${over} of two users who verify one number at once one gets it`, async () => {
      const { auth, events, numberOf, signIn, startChange } = world({}, makeStores)
      const mine = await signIn()
      const theirs = await signIn(OTHER_PHONE)
      const both = [await startChange(mine.accessToken), await startChange(theirs.accessToken)]
      const outcomes = await Promise.all(
        both.map((started) =>
          auth.verifyPhoneChange(started).then(
            () => 'changed',
            ({ code }) => code,
          ),
        ),
      )
      expect(outcomes.toSorted()).toEqual(['changed', 'phone_number_taken'])
      const numbers = [await numberOf(mine.user.id), await numberOf(theirs.user.id)]
      expect(numbers).toEqual(outcomes[0] === 'changed' ? [NEW_PHONE, OTHER_PHONE] : [PHONE, NEW_PHONE])
      expect(told(events, 'phone_changed')).toHaveLength(1)
    })
  }

  /** @see https://github.com/supabase/auth/issues/2430 */
  it('ACC-3 of two users with a change to one number pending, only who holds challenge and code changes', async () => {
    const { auth, codeFor, numberOf, signIn, startChange } = world()
    const owner = await signIn()
    const attacker = await signIn(OTHER_PHONE)
    const planted = await startChange(attacker.accessToken)
    const started = await startChange(owner.accessToken)
    // The attacker knows neither the code that the number's holder was sent, nor does it fit his challenge, nor his session theirs.
    for (const guess of [
      { ...planted, code: started.code },
      { ...started, accessToken: attacker.accessToken },
      { ...planted, accessToken: owner.accessToken },
    ]) {
      expect(['invalid_code', 'challenge_expired']).toContain(await codeOf(auth.verifyPhoneChange(guess)))
    }
    expect([await numberOf(owner.user.id), await numberOf(attacker.user.id)]).toEqual([PHONE, OTHER_PHONE])
    await auth.verifyPhoneChange(started)
    expect([await numberOf(owner.user.id), await numberOf(attacker.user.id)]).toEqual([NEW_PHONE, OTHER_PHONE])
    expect(await codeOf(auth.verifyPhoneChange(planted))).toBe('challenge_expired')
    expect(await codeOf(auth.resend({ challengeId: planted.challengeId }))).toBe('challenge_expired')
    expect(codeFor(NEW_PHONE)).toBe(started.code)
  })

  it('ACC-3 no code of a sign-in changes a number, and no code for a change signs in', async () => {
    const { auth, codeFor, numberOf, signIn, startChange } = world()
    const { accessToken, user } = await signIn()
    const started = await startChange(accessToken)
    const { challengeId } = await auth.start({ phoneNumber: NEW_PHONE })
    const code = codeFor(NEW_PHONE)
    expect(await codeOf(auth.verifyPhoneChange({ accessToken, challengeId, code }))).toBe('challenge_expired')
    const { challengeId: changeId, code: changeCode } = started
    expect(await codeOf(auth.verify({ challengeId: changeId, code: changeCode }))).toBe('challenge_expired')
    expect(await codeOf(auth.verify({ phoneNumber: NEW_PHONE, code: changeCode }))).toBe('invalid_code')
    const sibling = await signIn()
    const elsewhere = { ...started, accessToken: sibling.accessToken }
    expect(await codeOf(auth.verifyPhoneChange(elsewhere))).toBe('challenge_expired')
    expect(await numberOf(user.id)).toBe(PHONE)
    await auth.verifyPhoneChange(started)
  })

  it('ACC-3 ACC-6 tells that a number is taken to who has proven to hold it, and to nobody else', async () => {
    const { auth, events, numberOf, signIn, startChange } = world()
    const theirs = await signIn(OTHER_PHONE)
    const mine = await signIn()
    const sibling = await signIn()
    const started = await startChange(mine.accessToken, OTHER_PHONE)
    events.length = 0
    const error = await rejection(auth.verifyPhoneChange({ ...started, code: wrong(started.code) }))
    expect([error.code, error.attemptsRemaining]).toEqual(['invalid_code', 4])
    expect(told(events, 'code_wrong')).toEqual([{ type: 'code_wrong', by: 'challenge_id', attemptsRemaining: 4 }])
    const taken = await rejection(auth.verifyPhoneChange(started))
    expect([taken.code, taken.field]).toEqual(['phone_number_taken', 'phoneNumber'])
    expect(await codeOf(auth.verifyPhoneChange(started))).toBe('challenge_expired')
    expect([await numberOf(mine.user.id), await numberOf(theirs.user.id)]).toEqual([PHONE, OTHER_PHONE])
    for (const { accessToken } of [mine, sibling, theirs]) await auth.authenticate({ accessToken })
    expect(told(events, 'phone_changed', 'session_revoked')).toEqual([])
  })

  it('OTP-4 wrong codes use the attempts of a change up', async () => {
    const { auth, events, numberOf, signIn, startChange } = world()
    const { accessToken, user } = await signIn()
    const started = await startChange(accessToken)
    for (let count = 1; count <= 5; count += 1) {
      const guess = { ...started, code: wrong(started.code, count) }
      expect((await rejection(auth.verifyPhoneChange(guess))).attemptsRemaining).toBe(5 - count)
    }
    expect(await codeOf(auth.verifyPhoneChange(started))).toBe('too_many_attempts')
    expect(told(events, 'challenge_spent')).toEqual([{ type: 'challenge_spent', by: 'challenge_id' }])
    expect(await numberOf(user.id)).toBe(PHONE)
  })

  it('ACC-3 is not for who was deactivated, deleted or logged out meanwhile', async () => {
    for (const end of ['deactivateUser', 'deleteUser', 'logout'] as const) {
      const { auth, signIn, startChange, stores } = world()
      const { accessToken, user } = await signIn()
      const started = await startChange(accessToken)
      if (end === 'logout') await auth.logout({ accessToken })
      else if (end === 'deleteUser') await auth.deleteUser({ userId: user.id })
      else await auth.deactivateUser({ userId: user.id })
      expect(await codeOf(auth.verifyPhoneChange(started)), end).toBe('invalid_access_token')
      expect(await stores.userStore.findByPhoneNumber(NEW_PHONE as PhoneNumber)).toBeNull()
    }
  })

  it('ACC-3 a crash after the code was redeemed leaves the old number, the sessions, and nothing told', async () => {
    for (const makeStores of [memoryStores, separateStores]) {
      const { auth, change, events, numberOf, signIn, startChange, stores } = world({}, makeStores)
      const [mine, sibling] = [await signIn(), await signIn()]
      const started = await startChange(mine.accessToken)
      const { changePhoneNumber } = stores.userStore
      stores.userStore.changePhoneNumber = async () => Promise.reject(new Error('down'))
      events.length = 0
      expect(await codeOf(auth.verifyPhoneChange(started))).toBe('store_unavailable')
      stores.userStore.changePhoneNumber = changePhoneNumber
      expect(await codeOf(auth.verifyPhoneChange(started))).toBe('challenge_expired')
      expect(await numberOf(mine.user.id)).toBe(PHONE)
      await auth.authenticate({ accessToken: sibling.accessToken })
      expect(events).toEqual([])
      await change(mine.accessToken)
      expect(await numberOf(mine.user.id)).toBe(NEW_PHONE)
    }
  })

  it('ACC-3 REL-17 a store that fails after the change keeps nobody from hearing of it', async () => {
    for (const end of ['revokeAll', 'discard'] as const) {
      const heard: PhoneChangeResult[] = []
      const afterPhoneChanged = (facts: PhoneChangeResult) => heard.push(facts)
      const { auth, change, events, numberOf, signIn, stores } = world({
        afterPhoneChanged,
        session: { cacheAge: '5m' },
      })
      const { accessToken, user } = await signIn()
      const sibling = await signIn()
      await auth.authenticate({ accessToken: sibling.accessToken })
      const store = end === 'discard' ? stores.otpStore : stores.sessionStore
      Object.assign(store, { [end]: async () => Promise.reject(new Error('down')) })
      expect(await codeOf(change(accessToken))).toBe('store_unavailable')
      expect(await numberOf(user.id)).toBe(NEW_PHONE)
      expect(heard.map(({ previousPhoneNumber }) => previousPhoneNumber)).toEqual([PHONE])
      expect(told(events, 'phone_changed')).toHaveLength(1)
      if (end === 'discard') {
        expect(await codeOf(auth.authenticate({ accessToken: sibling.accessToken }))).toBe('invalid_access_token')
      }
    }
  })

  it('ACC-3 two changes of one session follow one another, each telling the number before it', async () => {
    const { auth, numberOf, signIn, startChange } = world()
    const { accessToken, user } = await signIn()
    const [one, two] = [await startChange(accessToken), await startChange(accessToken, OTHER_PHONE)]
    expect(await auth.verifyPhoneChange(one)).toMatchObject({
      user: { phoneNumber: NEW_PHONE },
      previousPhoneNumber: PHONE,
    })
    expect(await auth.verifyPhoneChange(two)).toMatchObject({
      user: { phoneNumber: OTHER_PHONE },
      previousPhoneNumber: NEW_PHONE,
    })
    expect(await numberOf(user.id)).toBe(OTHER_PHONE)
  })

  it('OTP-14 the code of a change is sent once more by its id', async () => {
    const { auth, codeFor, messages, signIn, startChange } = world()
    const started = await startChange((await signIn()).accessToken)
    await auth.resend({ challengeId: started.challengeId })
    expect([codeFor(NEW_PHONE), messages.at(-1)?.to]).toEqual([started.code, NEW_PHONE])
    await auth.verifyPhoneChange(started)
  })
})

describe('afterPhoneChanged', () => {
  it('ACC-3 is called once, with the user as it is now and the number before, to warn its owner at', async () => {
    const heard: PhoneChangeResult[] = []
    const { auth, change, signIn } = world({ afterPhoneChanged: (facts) => heard.push(facts) })
    await signIn(OTHER_PHONE)
    const { accessToken } = await signIn()
    expect(await codeOf(change(accessToken, OTHER_PHONE))).toBe('phone_number_taken')
    expect(heard).toEqual([])
    await change(accessToken)
    const { user } = await auth.getProfile({ accessToken })
    expect(heard).toHaveLength(1)
    expect(heard[0]).toMatchObject({ previousPhoneNumber: PHONE, user: { id: user.id, phoneNumber: NEW_PHONE } })
  })
})
