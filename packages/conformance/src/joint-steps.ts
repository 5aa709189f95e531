import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  type Attempt,
  attemptsLeft,
  composeJointSteps,
  type JointSteps,
  type SignInRequest,
  type Stores,
} from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, attempt, BOB, CAROL, MAX_ATTEMPTS, newSession, openRequest, sessionId, WRONG } from './fixtures.ts'

/** Stores together with the steps that change more than one of them. */
export type JointStores = Stores & { readonly jointSteps: JointSteps }

function request(label: string, overrides: Partial<SignInRequest> = {}): SignInRequest {
  return { attempt: attempt(label), registration: 'open', session: newSession(label), ...overrides }
}

const noUser = { outcome: 'not_found', endedSessionIds: [] }

/** The promises of {@link JointSteps}. */
export const jointStepsContract: Contract<Fleet<JointStores>> = [
  {
    name: 'redeems the challenge, finds or creates the user and inserts the session',
    check: async ({ ports: [stores] }) => {
      await stores.otpStore.open(openRequest('first'))
      const signedIn = await stores.jointSteps.signIn(request('first'))
      ok(signedIn.outcome === 'signed_in')
      equal(signedIn.isNewUser, true)
      const { user, profile } = signedIn
      deepEqual({ user, profile }, await stores.userStore.findByPhoneNumber(ALICE))
      deepEqual(profile.fields, {})
      deepEqual(signedIn.session, await stores.sessionStore.find(sessionId('first')))
      equal(signedIn.session.userId, signedIn.user.id)
      equal(signedIn.challenge.consumedAt?.getTime(), signedIn.session.createdAt.getTime())
      deepEqual(await stores.otpStore.redeem(attempt('first')), { outcome: 'gone' })
      const saved = await stores.userStore.saveProfile(user.id, { name: 'Alice' })
      await stores.otpStore.open(openRequest('second'))
      const again = await stores.jointSteps.signIn(request('second'))
      ok(again.outcome === 'signed_in')
      deepEqual([again.isNewUser, again.user.id, again.profile], [false, user.id, saved?.profile])
    },
  },
  {
    name: 'OTP-3 of concurrent callers with the right code, exactly one is signed in, with one session and one user',
    check: async ({ ports }) => {
      await ports[0].otpStore.open(openRequest('c'))
      const outcomes = await concurrently(ports, 200, (stores, index) =>
        stores.jointSteps.signIn(request('c', { session: newSession(`s-${index}`) })),
      )
      const signedIn = outcomes.filter(({ outcome }) => outcome === 'signed_in')
      equal(signedIn.length, 1)
      equal(outcomes.filter(({ outcome }) => outcome === 'gone').length, 199)
      const account = await ports[0].userStore.findByPhoneNumber(ALICE)
      ok(account !== null)
      equal((await ports[0].sessionStore.list(account.user.id)).length, 1)
    },
  },
  {
    name: 'PHN-4 concurrent first sign-ins with one phone number, each with its own challenge, create one user and one session each',
    check: async ({ ports }) => {
      await concurrently(ports, 100, (stores, index) => stores.otpStore.open(openRequest(`c-${index}`)))
      const outcomes = await concurrently(ports, 100, (stores, index) =>
        stores.jointSteps.signIn(request(`c-${index}`)),
      )
      const signedIn = outcomes.flatMap((result) => (result.outcome === 'signed_in' ? [result] : []))
      equal(signedIn.length, 100)
      equal(new Set(signedIn.map(({ user }) => user.id)).size, 1)
      equal(signedIn.filter(({ isNewUser }) => isNewUser).length, 1)
      equal((await ports[0].sessionStore.list(signedIn[0]?.user.id ?? 0)).length, 100)
    },
  },
  {
    name: 'a wrong code counts its attempt and changes no user and no session',
    check: async ({ ports: [stores] }) => {
      await stores.otpStore.open(openRequest('c'))
      const wrong = await stores.jointSteps.signIn(request('c', { attempt: attempt('c', { codeHashes: [WRONG] }) }))
      equal(wrong.outcome, 'wrong')
      equal((await stores.otpStore.find(attempt('c').idHash))?.attempts, 1)
      equal(await stores.userStore.findByPhoneNumber(ALICE), null)
      equal(await stores.sessionStore.find(sessionId('c')), null)
    },
  },
  {
    name: 'OTP-4 an attempt that a code service has checked signs the user in and is not counted, even when no attempts are left',
    check: async ({ ports: [{ otpStore, userStore, jointSteps }] }) => {
      const signIn = (overrides: Partial<Attempt>) =>
        jointSteps.signIn(request('c', { attempt: attempt('c', overrides) }))
      await otpStore.open(openRequest('c'))
      for (let left = MAX_ATTEMPTS - 1; left >= 0; left -= 1) {
        const claimed = await signIn({ codeHashes: [] })
        equal(claimed.outcome === 'wrong' && attemptsLeft(claimed.challenge, 'challenge_id'), left)
      }
      equal((await signIn({})).outcome, 'spent')
      const wrong = await signIn({ codeHashes: [WRONG], by: 'code_service' })
      equal(wrong.outcome === 'wrong' && wrong.challenge.attempts, MAX_ATTEMPTS)
      equal(await userStore.findByPhoneNumber(ALICE), null)
      const signedIn = await signIn({ by: 'code_service' })
      ok(signedIn.outcome === 'signed_in')
      equal(signedIn.challenge.attempts, MAX_ATTEMPTS)
      equal((await signIn({ by: 'code_service' })).outcome, 'gone')
    },
  },
  {
    name: 'an inactive user gets no session, and the code is consumed',
    check: async ({ ports: [stores] }) => {
      const account = await stores.userStore.signIn(ALICE, 'open')
      ok(account !== null)
      await stores.userStore.setActive(account.user.id, false)
      await stores.otpStore.open(openRequest('c'))
      const refused = await stores.jointSteps.signIn(request('c'))
      deepEqual(refused.outcome === 'inactive' && refused.user, { ...account.user, isActive: false })
      equal(await stores.sessionStore.find(sessionId('c')), null)
      equal((await stores.jointSteps.signIn(request('c'))).outcome, 'gone')
    },
  },
  {
    name: 'TOK-4 deactivating a user ends the sessions of the user and no others, and returns their ids',
    check: async ({ ports: [{ userStore, sessionStore, jointSteps }] }) => {
      const alice = (await userStore.signIn(ALICE, 'open'))?.user
      const bob = (await userStore.signIn(BOB, 'open'))?.user
      ok(alice !== undefined && bob !== undefined)
      const bobs = await sessionStore.insert(bob.id, newSession('of-bob'))
      for (const label of ['a', 'b']) await sessionStore.insert(alice.id, newSession(label))
      const deactivated = await jointSteps.deactivateUser(alice.id)
      deepEqual(deactivated?.user, { ...alice, isActive: false })
      deepEqual(deactivated?.endedSessionIds.toSorted(), [sessionId('a'), sessionId('b')])
      deepEqual((await userStore.findById(alice.id))?.user, { ...alice, isActive: false })
      deepEqual(await sessionStore.list(alice.id), [])
      await userStore.setActive(alice.id, true)
      deepEqual(await sessionStore.list(alice.id), [])
      deepEqual(await sessionStore.find(bobs.id), bobs)
      equal(await jointSteps.deactivateUser(-1), null)
    },
  },
  {
    name: 'TOK-4 deleting a user ends the sessions of the user and the open challenges of the phone number, and no others',
    check: async ({ ports: [{ otpStore, userStore, sessionStore, jointSteps }] }) => {
      const alice = (await userStore.signIn(ALICE, 'open'))?.user
      const bob = (await userStore.signIn(BOB, 'open'))?.user
      ok(alice !== undefined && bob !== undefined)
      const bobs = await sessionStore.insert(bob.id, newSession('of-bob'))
      for (const label of ['a', 'b']) await sessionStore.insert(alice.id, newSession(label))
      await otpStore.open(openRequest('of-alice'))
      await otpStore.open(openRequest('of-bob', [], { phoneNumber: BOB }))
      const { id: userId } = alice
      deepEqual(await jointSteps.deleteUser({ userId: -1, sessionId: null }), noUser)
      ok((await otpStore.find(attempt('of-alice').idHash)) !== null)
      const deleted = await jointSteps.deleteUser({ userId, sessionId: null })
      ok(deleted.outcome === 'deleted')
      equal(deleted.user.phoneNumber, ALICE)
      deepEqual(deleted.endedSessionIds.toSorted(), [sessionId('a'), sessionId('b')])
      deepEqual([await userStore.findById(userId), await sessionStore.list(userId)], [null, []])
      equal(await otpStore.find(attempt('of-alice').idHash), null)
      ok((await otpStore.find(attempt('of-bob').idHash)) !== null)
      deepEqual(await sessionStore.find(bobs.id), bobs)
      deepEqual(await jointSteps.deleteUser({ userId, sessionId: null }), noUser)
    },
  },
  {
    name: 'ACC-3 a change of phone number ends the other sessions of the user and the open challenges of both phone numbers, and no others',
    check: async ({ ports: [{ otpStore, userStore, sessionStore, jointSteps }], clock }) => {
      const alice = (await userStore.signIn(ALICE, 'open'))?.user
      const carol = (await userStore.signIn(CAROL, 'open'))?.user
      ok(alice !== undefined && carol !== undefined)
      const kept = await sessionStore.insert(alice.id, newSession('kept'))
      const carols = await sessionStore.insert(carol.id, newSession('of-carol'))
      for (const label of ['a', 'b']) await sessionStore.insert(alice.id, newSession(label))
      await otpStore.open(openRequest('old'))
      await otpStore.open(openRequest('new', [], { phoneNumber: BOB, purpose: 'change_phone', sessionId: 'session-1' }))
      await otpStore.open(openRequest('of-carol', [], { phoneNumber: CAROL }))
      const open = await otpStore.findLatest(CAROL, 'sign_in', null)
      await clock.advance(60)
      const change = { userId: alice.id, phoneNumber: BOB, sessionId: kept.id }
      const changed = await jointSteps.changePhoneNumber(change)
      ok(changed.outcome === 'changed')
      const user = { ...alice, phoneNumber: BOB, verifiedAt: clock.now(), previouslyVerifiedAt: alice.verifiedAt }
      deepEqual([changed.user, changed.previousPhoneNumber], [user, ALICE])
      deepEqual((await userStore.findByPhoneNumber(BOB))?.user, user)
      deepEqual(changed.endedSessionIds.toSorted(), [sessionId('a'), sessionId('b')])
      deepEqual(await sessionStore.list(alice.id), [{ ...kept, authenticatedAt: clock.now() }])
      for (const label of ['old', 'new']) equal(await otpStore.find(attempt(label).idHash), null)
      deepEqual(await sessionStore.find(carols.id), carols)
      ok(open !== null)
      deepEqual(await otpStore.find(open.idHash), open)
    },
  },
  {
    name: 'ACC-3 a change of phone number that is refused changes nothing',
    check: async ({ ports: [{ otpStore, userStore, sessionStore, jointSteps }], clock }) => {
      const alice = await userStore.signIn(ALICE, 'open')
      const bob = await userStore.signIn(BOB, 'open')
      ok(alice !== null && bob !== null)
      const session = await sessionStore.insert(alice.user.id, newSession('of-alice'))
      const other = await sessionStore.insert(alice.user.id, newSession('other'))
      await otpStore.open(openRequest('of-alice'))
      await otpStore.open(openRequest('of-bob', [], { phoneNumber: BOB }))
      await clock.advance(60)
      const change = { userId: alice.user.id, phoneNumber: BOB, sessionId: session.id }
      deepEqual(await jointSteps.changePhoneNumber(change), { outcome: 'taken' })
      deepEqual(await jointSteps.changePhoneNumber({ ...change, userId: -1 }), { outcome: 'not_found' })
      deepEqual((await userStore.findByPhoneNumber(ALICE))?.user, alice.user)
      deepEqual((await userStore.findByPhoneNumber(BOB))?.user, bob.user)
      deepEqual(await sessionStore.find(session.id), session)
      deepEqual(await sessionStore.find(other.id), other)
      for (const label of ['of-alice', 'of-bob']) ok((await otpStore.find(attempt(label).idHash)) !== null)
    },
  },
  {
    name: 'ACC-3 a session that has ended cannot change the phone number and cannot delete the user',
    check: async ({ ports: [{ userStore, sessionStore, jointSteps }] }) => {
      const alice = await userStore.signIn(ALICE, 'open')
      ok(alice !== null)
      const { id: userId } = alice.user
      const ended = await sessionStore.insert(userId, newSession('ended'))
      const other = await sessionStore.insert(userId, newSession('other'))
      await sessionStore.revoke(ended.id)
      const change = { userId, phoneNumber: BOB, sessionId: ended.id }
      deepEqual(await jointSteps.changePhoneNumber(change), { outcome: 'session_ended' })
      deepEqual(await jointSteps.deleteUser({ userId, sessionId: ended.id }), { outcome: 'session_ended' })
      deepEqual(await userStore.findById(userId), { user: alice.user, profile: alice.profile })
      deepEqual(await sessionStore.list(userId), [other])
      equal((await jointSteps.changePhoneNumber({ ...change, sessionId: other.id })).outcome, 'changed')
      equal((await jointSteps.deleteUser({ userId, sessionId: other.id })).outcome, 'deleted')
    },
  },
  {
    name: 'ACC-3 TOK-4 sign-ins that run at the same time as a change of phone number, a deactivation or a deletion leave the user no new session',
    check: async ({ ports }) => {
      const [{ otpStore, userStore, sessionStore }] = ports
      const user = (await userStore.signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      const userId = user.id
      const asking = await sessionStore.insert(userId, newSession('asking'))
      const change = { userId, phoneNumber: BOB, sessionId: asking.id }
      const changes = [
        [ALICE, (stores: JointStores) => stores.jointSteps.changePhoneNumber(change), [asking.id]],
        [BOB, (stores: JointStores) => stores.jointSteps.deactivateUser(userId), []],
        [BOB, (stores: JointStores) => stores.jointSteps.deleteUser({ userId, sessionId: null }), []],
      ] as const
      for (const [round, [phoneNumber, step, left]] of changes.entries()) {
        await userStore.setActive(userId, true)
        const labels = Array.from({ length: 20 }, (_, index) => `${round}-${index}`)
        for (const label of labels) await otpStore.open(openRequest(label, [], { phoneNumber }))
        await concurrently(ports, labels.length, async (stores, index) => {
          // With a hook, a sign-in is composed of steps.
          const steps = index % 2 === 0 ? composeJointSteps(stores) : stores.jointSteps
          if (index !== 10) return steps.signIn(request(labels[index] ?? ''))
          await stores.userStore.findById(userId)
          return step(stores)
        })
        deepEqual(
          (await sessionStore.list(userId)).map(({ id }) => id),
          left,
        )
      }
    },
  },
  {
    name: 'under closed registration, an unknown phone number gets no user and no session',
    check: async ({ ports: [stores] }) => {
      await stores.otpStore.open(openRequest('c'))
      equal((await stores.jointSteps.signIn(request('c', { registration: 'closed' }))).outcome, 'unregistered')
      equal(await stores.userStore.findByPhoneNumber(ALICE), null)
      equal(await stores.sessionStore.find(sessionId('c')), null)
    },
  },
  {
    name: 'finds a live session together with its user and the profile',
    check: async ({ ports: [stores], clock }) => {
      const { userStore, sessionStore, jointSteps } = stores
      await userStore.signIn(BOB, 'open')
      await stores.otpStore.open(openRequest('c'))
      const signedIn = await jointSteps.signIn(request('c'))
      ok(signedIn.outcome === 'signed_in')
      const { user, session } = signedIn
      const saved = await userStore.saveProfile(user.id, { name: 'Alice' })
      deepEqual(await jointSteps.findSignedIn(session.id), { user, profile: saved?.profile, session })
      equal(await jointSteps.findSignedIn(sessionId('unknown')), null)
      await clock.advance(1)
      await sessionStore.revoke(session.id)
      equal(await jointSteps.findSignedIn(session.id), null)
      const next = await sessionStore.insert(user.id, { ...newSession('next'), idleSeconds: 60 })
      await clock.advance(60)
      equal(await jointSteps.findSignedIn(next.id), null)
    },
  },
]
