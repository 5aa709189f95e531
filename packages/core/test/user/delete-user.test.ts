import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, UserReference } from '../../src/index.ts'
import { memoryStores } from '../../src/memory.ts'
import { separateStores } from '../separate-stores.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, setup, told } from '../setup.ts'

const world = (options: Partial<PhoneAuthOptions> = {}, makeStores = memoryStores) =>
  setup({ limits: noLimits, ...options }, makeStores)

describe('PhoneAuth.deleteUser', () => {
  it('ACC-7 by token needs possession to have been proven lately; by id it is an administrator’s doing', async () => {
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

  it('ACC-7 is for who has a valid token of a live session', async () => {
    const { auth, signIn } = world()
    const { accessToken, user } = await signIn()
    await auth.logout({ accessToken })
    for (const token of [accessToken, 'junk', '', undefined, user.id]) {
      const owner = { accessToken: token } as UserReference
      expect(await codeOf(auth.deleteUser(owner))).toBe('invalid_access_token')
    }
    expect((await signIn()).isNewUser).toBe(false)
  })

  for (const makeStores of [memoryStores, separateStores]) {
    const over = makeStores === memoryStores ? 'stores of one database' : 'separate stores'

    it(`TOK-4 over ${over} user, profile, sessions and open challenges are gone, and nobody else’s`, async () => {
      for (const by of ['id', 'token'] as const) {
        const { auth, codeFor, events, signIn, stores } = world({}, makeStores)
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

    it(`ACC-4 over ${over} the number signs up anew, as somebody else with nothing of before`, async () => {
      const { auth, clock, signIn } = world({}, makeStores)
      const before = await signIn()
      await auth.completeProfile({ userId: before.user.id, profile: { name: 'Ada', email: 'ada@example.com' } })
      await auth.deleteUser({ userId: before.user.id })
      clock.advance(200 * 86_400)
      const after = await signIn()
      expect(after).toMatchObject({ isNewUser: true, isDormant: false, profile: {}, needsProfileCompletion: true })
      expect(after.user.id).not.toBe(before.user.id)
      expect(await auth.listSessions({ userId: after.user.id })).toHaveLength(1)
    })

    it(`over ${over} is done once: a second deletion finds no user, and tells nothing`, async () => {
      const { auth, events, signIn } = world({}, makeStores)
      const { user } = await signIn()
      await auth.deleteUser({ userId: user.id })
      events.length = 0
      for (const id of [user.id, 99]) expect(await codeOf(auth.deleteUser({ userId: id }))).toBe('user_not_found')
      expect(events).toEqual([])
    })

    it(`over ${over} of several deletions at once one is told`, async () => {
      const { auth, events, signIn } = world({}, makeStores)
      const { user } = await signIn()
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => auth.deleteUser({ userId: user.id })))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(told(events, 'user_deleted')).toHaveLength(1)
    })
  }

  it('ACC-3 goes by the number that the user has now', async () => {
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

  it('TOK-4 a deletion that fails halfway lets the user sign in no more, reports nothing, and is finished by the next', async () => {
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

  it('a store that fails before the deletion leaves everything as it was', async () => {
    const { auth, events, signIn, stores } = world()
    const { accessToken, user } = await signIn()
    stores.userStore.setActive = async () => Promise.reject(new Error('down'))
    events.length = 0
    expect(await codeOf(auth.deleteUser({ userId: user.id }))).toBe('store_unavailable')
    expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect(events).toEqual([])
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

  it('rejects an id that no user has, as activateUser does, and reports nothing', async () => {
    const { auth, events } = world()
    expect(await codeOf(auth.deactivateUser({ userId: 99 }))).toBe('user_not_found')
    expect(await codeOf(auth.activateUser({ userId: 99 }))).toBe('user_not_found')
    expect(events).toEqual([])
  })
})
