import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, UserReference } from '../../src/index.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, setup, told } from '../setup.ts'

const world = (options: Partial<PhoneAuthOptions> = {}) => setup({ limits: noLimits, ...options })

describe('PhoneAuth.deleteUser', () => {
  it('ACC-7 by token requires that the number was verified recently; by id it does not', async () => {
    const { auth, clock, codeFor, signIn } = world()
    const { accessToken } = await signIn()
    clock.advance(606)
    expect(await codeOf(auth.deleteUser({ accessToken }))).toBe('step_up_required')
    const { challengeId } = await auth.startStepUp({ accessToken })
    const fresh = await auth.verifyStepUp({ accessToken, challengeId, code: codeFor() })
    expect(await codeOf(auth.deleteUser({ accessToken }))).toBe('step_up_required')
    await auth.deleteUser({ accessToken: fresh.accessToken })
    const { user } = await signIn()
    clock.advance(700)
    await auth.deleteUser({ userId: user.id })
    expect(await codeOf(auth.getProfile({ userId: user.id }))).toBe('user_not_found')
  })

  it('ACC-7 rejects an invalid token, and a token of an ended session', async () => {
    const { auth, signIn } = world()
    const { accessToken, user } = await signIn()
    await auth.logout({ accessToken })
    for (const token of [accessToken, 'junk', '', undefined, user.id]) {
      const owner = { accessToken: token } as UserReference
      expect(await codeOf(auth.deleteUser(owner))).toBe('invalid_access_token')
    }
    expect((await signIn()).isNewUser).toBe(false)
  })

  it('TOK-4 deletes the user, the profile, the sessions and the open challenges, and nothing of another user', async () => {
    for (const by of ['id', 'token'] as const) {
      const { auth, codeFor, events, signIn, stores } = world()
      const [mine, sibling] = [await signIn(), await signIn()]
      const theirs = await signIn(OTHER_PHONE)
      await auth.completeProfile({ userId: mine.user.id, profile: { name: 'Ada', email: 'ada@example.com' } })
      const stepUp = await auth.startStepUp({ accessToken: mine.accessToken })
      const pending = await auth.start({ phoneNumber: PHONE })
      const code = codeFor()
      const unrelated = await auth.start({ phoneNumber: OTHER_PHONE })
      events.length = 0
      await auth.deleteUser(by === 'id' ? { userId: mine.user.id } : { accessToken: mine.accessToken })
      for (const { accessToken, refreshToken } of [mine, sibling]) {
        expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
        expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
        expect(await codeOf(auth.getProfile({ accessToken }))).toBe('invalid_access_token')
      }
      expect(await codeOf(auth.verify({ challengeId: pending.challengeId, code }))).toBe('challenge_expired')
      expect(await codeOf(auth.getChallenge({ challengeId: stepUp.challengeId }))).toBe('challenge_expired')
      expect(await stores.userStore.findById(mine.user.id)).toBeNull()
      expect(await stores.sessionStore.list(mine.user.id)).toEqual([])
      await auth.authenticate({ accessToken: theirs.accessToken })
      await auth.verify({ challengeId: unrelated.challengeId, code: codeFor(OTHER_PHONE) })
      const ended = told(events, 'session_revoked').map((event) => (event as { sessionId: string }).sessionId)
      expect(ended.toSorted()).toEqual([mine.sessionId, sibling.sessionId].toSorted())
      expect(told(events, 'user_deleted')).toEqual([{ type: 'user_deleted', userId: mine.user.id }])
      expect(events.find(({ type }) => type === 'user_deleted')).toMatchObject({ phoneNumberMasked: '+1******0101' })
    }
  })

  it('ACC-4 the next sign-in with the number creates a new user without the old data', async () => {
    const { auth, clock, signIn } = world()
    const before = await signIn()
    await auth.completeProfile({ userId: before.user.id, profile: { name: 'Ada', email: 'ada@example.com' } })
    await auth.deleteUser({ userId: before.user.id })
    clock.advance(200 * 86_400)
    const after = await signIn()
    expect(after).toMatchObject({ isNewUser: true, isDormant: false, profile: {}, needsProfileCompletion: true })
    expect(after.user.id).not.toBe(before.user.id)
    expect(await auth.listSessions({ userId: after.user.id })).toHaveLength(1)
  })

  it('deletes once: a second call rejects with user_not_found and reports nothing', async () => {
    const { auth, events, signIn } = world()
    const { user } = await signIn()
    await auth.deleteUser({ userId: user.id })
    events.length = 0
    for (const id of [user.id, 99]) expect(await codeOf(auth.deleteUser({ userId: id }))).toBe('user_not_found')
    expect(events).toEqual([])
  })

  it('succeeds and is reported once if several calls run at once', async () => {
    const { auth, events, signIn } = world()
    const { user } = await signIn()
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => auth.deleteUser({ userId: user.id })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(told(events, 'user_deleted')).toHaveLength(1)
  })

  it('ACC-3 ends the challenges of the current number of the user, not those of a previous number', async () => {
    const { auth, codeFor, signIn } = world()
    const { accessToken, user } = await signIn()
    const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
    await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
    const pending = await auth.start({ phoneNumber: OTHER_PHONE })
    const elsewhere = await auth.start({ phoneNumber: PHONE })
    await auth.deleteUser({ userId: user.id })
    expect(await codeOf(auth.getChallenge({ challengeId: pending.challengeId }))).toBe('challenge_expired')
    expect((await auth.verify({ challengeId: elsewhere.challengeId, code: codeFor() })).isNewUser).toBe(true)
    expect((await signIn(OTHER_PHONE)).isNewUser).toBe(true)
  })

  it('TOK-4 after a failure halfway, the user cannot sign in, nothing is reported, and the next call completes it', async () => {
    for (const by of ['id', 'token'] as const) {
      const { auth, events, signIn, stores } = world()
      const { accessToken, user } = await signIn()
      const { revokeAll } = stores.sessionStore
      stores.sessionStore.revokeAll = async () => Promise.reject(new Error('down'))
      events.length = 0
      const owner = by === 'id' ? { userId: user.id } : { accessToken }
      expect(await codeOf(auth.deleteUser(owner))).toBe('store_unavailable')
      expect(await codeOf(signIn())).toBe('user_inactive')
      expect(told(events, 'user_deleted', 'session_revoked')).toEqual([])
      stores.sessionStore.revokeAll = revokeAll
      await auth.deleteUser(owner)
      expect(await stores.userStore.findById(user.id)).toBeNull()
      expect(await stores.sessionStore.list(user.id)).toEqual([])
      expect(told(events, 'user_deleted')).toHaveLength(1)
    }
  })

  it('changes nothing if a store fails before the deletion', async () => {
    const { auth, events, signIn, stores } = world()
    const { accessToken, user } = await signIn()
    stores.userStore.setActive = async () => Promise.reject(new Error('down'))
    events.length = 0
    expect(await codeOf(auth.deleteUser({ userId: user.id }))).toBe('store_unavailable')
    expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect(events).toEqual([])
  })

  it('TOK-4 the user can finish a deletion that failed, and it ends sessions that began beside it', async () => {
    const { auth, events, signIn, stores } = world()
    const { accessToken, user } = await signIn()
    const { delete: deleteRow } = stores.userStore
    stores.userStore.delete = async () => Promise.reject(new Error('down'))
    expect(await codeOf(auth.deleteUser({ accessToken }))).toBe('store_unavailable')
    stores.userStore.delete = async (userId) => {
      // An administrator activates the user, who signs in before the row is gone.
      await auth.activateUser({ userId: user.id })
      const session = await signIn()
      const isDeleted = await deleteRow.call(stores.userStore, userId)
      expect(await stores.sessionStore.find(session.sessionId)).not.toBeNull()
      return isDeleted
    }
    events.length = 0
    await auth.deleteUser({ accessToken })
    expect(await stores.userStore.findById(user.id)).toBeNull()
    expect(await stores.sessionStore.list(user.id)).toEqual([])
    expect(told(events, 'session_revoked')).toHaveLength(2)
    expect(told(events, 'user_deleted')).toHaveLength(1)
  })
})

describe('PhoneAuth.deactivateUser', () => {
  it('TOK-4 ends all sessions of the user, refuses sign-ins until the user is activated, and reports both', async () => {
    const { auth, events, signIn } = world()
    const [mine, sibling, theirs] = [await signIn(), await signIn(), await signIn(OTHER_PHONE)]
    events.length = 0
    const { userId } = await auth.authenticate({ accessToken: mine.accessToken })
    expect(await auth.deactivateUser({ userId })).toMatchObject({ id: userId, phoneNumber: PHONE, isActive: false })
    for (const { accessToken, refreshToken } of [mine, sibling]) {
      expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
      expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    }
    await auth.authenticate({ accessToken: theirs.accessToken })
    expect(told(events, 'session_revoked')).toHaveLength(2)
    expect(told(events, 'user_deactivated')).toEqual([{ type: 'user_deactivated', userId }])
    expect(await codeOf(signIn())).toBe('user_inactive')
    expect(await auth.activateUser({ userId })).toMatchObject({ id: userId, isActive: true })
    expect(told(events, 'user_activated')).toEqual([{ type: 'user_activated', userId }])
    expect(await codeOf(auth.authenticate({ accessToken: mine.accessToken }))).toBe('invalid_access_token')
    expect((await signIn()).user.id).toBe(userId)
  })

  it('rejects an unknown user id, like activateUser, and reports nothing', async () => {
    const { auth, events } = world()
    expect(await codeOf(auth.deactivateUser({ userId: 99 }))).toBe('user_not_found')
    expect(await codeOf(auth.activateUser({ userId: 99 }))).toBe('user_not_found')
    expect(events).toEqual([])
  })
})
