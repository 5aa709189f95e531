import type { JointSteps, Session, SessionStore, SignedIn, Stores, UserStore } from '@phone-auth/core'
import { manualClock } from '../src/clause.ts'
import type { JointStores } from '../src/joint-steps.ts'
import { broken, readThenInsert, readThenWrite, tick } from '../src/racy-stores.ts'
import { countedBy, type Sabotage } from './otp-store-saboteurs.ts'

// For every clause about users, sessions and sign-ins one deliberately broken store, by the
// clause's name.

export const userStoreSaboteurs: Readonly<Record<string, Sabotage<UserStore>>> = {
  'creates the user of a new number and finds it again, whole': (store) =>
    broken(store, {
      findById: async (id) => {
        const account = await store.findById(id)
        return account && { ...account, user: { ...account.user, verifiedAt: null } }
      },
    }),
  'finds the user of a known number, with the profile, and notes the sign-in': (store) =>
    broken(store, {
      signIn: async (phoneNumber, registration) => {
        const account = await store.signIn(phoneNumber, registration)
        return account && { ...account, profile: { ...account.profile, fields: {} } }
      },
    }),
  'ACC-4 a sign-in tells when possession had been proven before': (store) =>
    broken(store, {
      // Reads it only after it has been noted.
      signIn: async (phoneNumber, registration) => {
        const account = await store.signIn(phoneNumber, registration)
        return account && { ...account, user: { ...account.user, previouslyVerifiedAt: account.user.verifiedAt } }
      },
    }),
  'PHN-4 concurrent first sign-ins of one number give one user and no error': readThenInsert,
  'under closed registration an unknown number gives null and creates nothing': (store) =>
    broken(store, { signIn: (phoneNumber) => store.signIn(phoneNumber, 'open') }),
  'an inactive user is returned as it is: nothing is noted': (store) =>
    broken(store, {
      signIn: async (phoneNumber, registration) => {
        const known = await store.findByPhoneNumber(phoneNumber)
        if (known !== null) await store.setActive(known.user.id, true)
        return store.signIn(phoneNumber, registration)
      },
    }),
  'sets the given profile fields and removes those given as null': (store) =>
    broken(store, {
      saveProfile: (userId, patch) =>
        store.saveProfile(userId, Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null))),
    }),
  'profile fields that are not given keep their value, also when several calls run at once': (store) =>
    broken(store, {
      saveProfile: async (userId, patch) => {
        const before = await store.findById(userId)
        await tick()
        const lost = Object.keys((await store.findById(userId))?.profile.fields ?? {})
        const removed = Object.fromEntries(lost.map((field) => [field, null]))
        return store.saveProfile(userId, { ...removed, ...before?.profile.fields, ...patch })
      },
    }),
  'ACC-5 no profile field can change the user': (store) =>
    broken(store, {
      saveProfile: async (userId, patch) => {
        if (patch.isActive === false) await store.setActive(userId, false)
        return store.saveProfile(userId, patch)
      },
    }),
  'gives a user another number, now proven, unless it is taken': (store) =>
    broken(store, {
      changePhoneNumber: async (userId, phoneNumber) => {
        const result = await store.changePhoneNumber(userId, phoneNumber)
        const user = (await store.findById(userId))?.user
        const isTaken = result.outcome === 'taken' && user !== undefined
        return isTaken ? { outcome: 'changed', user, previousPhoneNumber: phoneNumber } : result
      },
    }),
  'of several users who change to one number at once, one gets it': (store) =>
    broken(store, {
      changePhoneNumber: async (userId, phoneNumber) => {
        const owner = await store.findByPhoneNumber(phoneNumber)
        const previous = await store.findById(userId)
        await tick()
        await store.changePhoneNumber(userId, phoneNumber)
        if (owner !== null || previous === null) return { outcome: 'taken' }
        const { user } = previous
        return { outcome: 'changed', user: { ...user, phoneNumber }, previousPhoneNumber: user.phoneNumber }
      },
    }),
  'concurrent changes of one user happen one after the other: each tells the number that the one before gave': (
    store,
  ) =>
    broken(store, {
      changePhoneNumber: async (userId, phoneNumber) => {
        const before = await store.findById(userId)
        await tick()
        const result = await store.changePhoneNumber(userId, phoneNumber)
        return before === null ? result : { ...result, previousPhoneNumber: before.user.phoneNumber }
      },
    }),
  'a deleted user is gone with the profile, and the number signs up anew as somebody else': (store) =>
    broken(store, { delete: async (userId) => (await store.setActive(userId, false)) !== null }),
}

export const sessionStoreSaboteurs: Readonly<Record<string, Sabotage<SessionStore>>> = {
  'inserts a session and finds it again, whole and without its hashes': (store) =>
    broken(store, {
      insert: async (userId, session) => ({ ...(await store.insert(userId, session)), hash: session.refreshTokenHash }),
    }),
  'RT-2 of 200 concurrent calls with the current token one is rotated and the others are repeated': (store) =>
    broken(store, {
      rotate: async (rotation) => {
        const session = await store.find(rotation.sessionId)
        await tick()
        await store.rotate(rotation)
        return session === null ? { outcome: 'gone' } : { outcome: 'rotated', session }
      },
    }),
  'RT-3 the token before the current one is repeated within the reuse window, and reused from its end on': (store) =>
    broken(store, {
      rotate: (rotation) => store.rotate({ ...rotation, reuseWindowSeconds: rotation.reuseWindowSeconds + 1 }),
    }),
  'RT-2 any other token is reused, also within the window': (store) =>
    broken(store, {
      rotate: async (rotation) => {
        const outcome = await store.rotate(rotation)
        return outcome.outcome === 'reused' ? { outcome: 'repeated', session: outcome.session } : outcome
      },
    }),
  'RT-2 a reused token revokes the session, and is told once': (store) =>
    broken(store, {
      rotate: async (rotation) => {
        const session = await store.find(rotation.sessionId)
        await tick()
        const outcome = await store.rotate(rotation)
        return outcome.outcome === 'gone' && session !== null ? { outcome: 'reused', session } : outcome
      },
    }),
  'RT-4 a rotation extends the idle life of the session, never its absolute one': (store) =>
    broken(store, {
      insert: (userId, session) => store.insert(userId, { ...session, absoluteSeconds: session.absoluteSeconds * 10 }),
    }),
  'RT-4 a session that is not refreshed ends after its idle life': (store) =>
    broken(store, {
      insert: (userId, session) => store.insert(userId, { ...session, idleSeconds: session.absoluteSeconds }),
    }),
  'ends a session, once': (store) =>
    broken(store, {
      revoke: async (id) => {
        await store.revoke(id)
        return true
      },
    }),
  'lists the live sessions of a user, the one used last first': (store) =>
    broken(store, { list: async (userId) => (await store.list(userId)).reverse() }),
  'ACC-3 sets authenticatedAt of a live session and nothing else': (store) =>
    broken(store, {
      reauthenticate: async (id) => {
        const session = await store.reauthenticate(id)
        return session && { ...session, lastUsedAt: session.authenticatedAt }
      },
    }),
  'ACC-3 a session that has ended is not reauthenticated': (store) => {
    const sessions = new Map<string, Session>()
    return broken(store, {
      insert: async (userId, session) => {
        const inserted = await store.insert(userId, session)
        sessions.set(session.id, inserted)
        return inserted
      },
      reauthenticate: async (id) => (await store.reauthenticate(id)) ?? sessions.get(id) ?? null,
    })
  },
  'ends every session of a user, but for one if it is named': (store) =>
    broken(store, { revokeAll: (userId) => store.revokeAll(userId, null) }),
  'SES-1 ends all live sessions of a user but those used last': (store) =>
    broken(store, {
      // Goes by when they began.
      keepLatest: async (userId, count) => {
        const sessions = (await store.list(userId)).sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
        const ended = sessions.slice(count).map(({ id }) => id)
        for (const id of ended) await store.revoke(id)
        return ended
      },
    }),
  'SES-1 of sessions used at once those created last stay': (store) =>
    broken(store, {
      keepLatest: async (userId, count) => {
        const ids = (await store.list(userId)).map(({ id }) => id).sort()
        const ended = ids.slice(count)
        for (const id of ended) await store.revoke(id)
        return ended
      },
    }),
  'SES-1 of concurrent calls each session that ends is told to one': (store) =>
    broken(store, {
      keepLatest: async (userId, count) => {
        const ended = (await store.list(userId)).slice(count).map(({ id }) => id)
        await tick()
        for (const id of ended) await store.revoke(id)
        return ended
      },
    }),
  'DATA-1 deletes at most limit sessions that are past their absolute end, and no live one': (store) =>
    broken(store, { purge: () => store.purge(1000) }),
}

type BrokenSignIn = (stores: Stores, signIn: JointSteps['signIn']) => JointSteps['signIn']

/** Changes some of the joint steps. */
function withSteps(change: (stores: JointStores) => Partial<JointSteps>): Sabotage<JointStores> {
  return (stores) => ({ ...stores, jointSteps: { ...stores.jointSteps, ...change(stores) } })
}

function withSignIn(change: BrokenSignIn): Sabotage<JointStores> {
  return withSteps((stores) => ({ signIn: change(stores, (request) => stores.jointSteps.signIn(request)) }))
}

export const jointStepsSaboteurs: Readonly<Record<string, Sabotage<JointStores>>> = {
  'redeems the challenge, finds or creates the user and inserts the session': withSignIn(
    (_, signIn) => async (request) => {
      const outcome = await signIn(request)
      return outcome.outcome === 'signed_in' ? { ...outcome, isNewUser: true } : outcome
    },
  ),
  'OTP-3 of 200 concurrent callers with the right code one is signed in, with one session and one user': withSignIn(
    ({ otpStore, userStore, sessionStore }) =>
      async ({ attempt, registration, session }) => {
        const redeemed = await readThenWrite(otpStore).redeem(attempt)
        if (redeemed.outcome !== 'redeemed') return redeemed
        const account = await userStore.signIn(redeemed.challenge.phoneNumber, registration)
        if (account === null) return { outcome: 'unregistered', challenge: redeemed.challenge }
        const { isNew: isNewUser, ...rest } = account
        const inserted = await sessionStore.insert(rest.user.id, session)
        return { outcome: 'signed_in', challenge: redeemed.challenge, ...rest, isNewUser, session: inserted }
      },
  ),
  'PHN-4 100 concurrent first sign-ins of one number, each with its own challenge, give one user and 100 sessions':
    withSignIn(({ userStore }, signIn) => async (request) => {
      const known = await userStore.findByPhoneNumber('+14155550101' as never)
      await tick()
      const outcome = await signIn(request)
      return outcome.outcome === 'signed_in' ? { ...outcome, isNewUser: known === null } : outcome
    }),
  'a wrong code counts its attempt and touches neither users nor sessions': withSignIn(
    ({ userStore }, signIn) =>
      async (request) => {
        const outcome = await signIn(request)
        if (outcome.outcome === 'wrong') await userStore.signIn(outcome.challenge.phoneNumber, 'open')
        return outcome
      },
  ),
  'OTP-4 signs in by an attempt that a code service has judged, counting none, when the attempts are used up':
    withSignIn(
      (_, signIn) => (request) =>
        signIn({ ...request, attempt: { ...request.attempt, by: countedBy(request.attempt.by) } }),
    ),
  'an inactive user gets no session, and the code is consumed': withSignIn(
    ({ sessionStore }, signIn) =>
      async (request) => {
        const outcome = await signIn(request)
        if (outcome.outcome === 'inactive') await sessionStore.insert(outcome.user.id, request.session)
        return outcome
      },
  ),
  'TOK-4 deactivating a user ends the sessions of that user and of no other, and returns which': withSteps(
    ({ userStore }) => ({
      // Flags the user and leaves the sessions as they are.
      deactivateUser: async (userId) => {
        const user = await userStore.setActive(userId, false)
        return user && { user, endedSessionIds: [] }
      },
    }),
  ),
  'TOK-4 deleting a user ends the sessions of that user and the open challenges of the number, and no others':
    withSteps(({ userStore, sessionStore }) => ({
      // Ends the sessions and leaves the challenges as they are.
      deleteUser: async ({ userId }) => {
        const found = await userStore.findById(userId)
        if (found === null) return { outcome: 'not_found' }
        const endedSessionIds = await sessionStore.revokeAll(userId, null)
        await userStore.delete(userId)
        return { outcome: 'deleted', user: found.user, endedSessionIds }
      },
    })),
  'ACC-3 a change of number ends the other sessions of that user and the open challenges of both numbers, and no others':
    withSteps(({ jointSteps, sessionStore }) => ({
      // Spares no session.
      changePhoneNumber: async (request) => {
        const outcome = await jointSteps.changePhoneNumber(request)
        await sessionStore.revokeAll(request.userId, null)
        return outcome
      },
    })),
  'ACC-3 a change of number that is refused leaves everything as it was': withSteps(({ jointSteps, otpStore }) => ({
    // Ends challenges before it knows whether the number is free.
    changePhoneNumber: async (request) => {
      await otpStore.discard([request.phoneNumber])
      return jointSteps.changePhoneNumber(request)
    },
  })),
  'ACC-3 a session that has ended changes no number and deletes no user': withSteps(({ jointSteps }) => ({
    // Relies on an earlier look at the session.
    deleteUser: ({ userId }) => jointSteps.deleteUser({ userId, sessionId: null }),
  })),
  'ACC-3 TOK-4 sign-ins beside a change of number, a deactivation or a deletion leave the user no session': withSignIn(
    ({ otpStore, userStore, sessionStore }) =>
      async ({ attempt, registration, session }) => {
        const redeemed = await otpStore.redeem(attempt)
        if (redeemed.outcome !== 'redeemed') return redeemed
        const { challenge } = redeemed
        const account = await userStore.signIn(challenge.phoneNumber, registration)
        if (account === null) return { outcome: 'unregistered', challenge }
        await tick()
        const { isNew: isNewUser, ...rest } = account
        const inserted = await sessionStore.insert(rest.user.id, session)
        return { outcome: 'signed_in', challenge, ...rest, isNewUser, session: inserted }
      },
  ),
  'under closed registration an unknown number gets neither user nor session': withSignIn(
    (_, signIn) => (request) => signIn({ ...request, registration: 'open' }),
  ),
  'finds a live session together with its user and the profile': (stores) => {
    const known = new Map<string, SignedIn | null>()
    return withSteps(({ jointSteps }) => ({
      // Remembers every session it has found.
      findSignedIn: async (id) => {
        if (!known.has(id)) known.set(id, await jointSteps.findSignedIn(id))
        return known.get(id) ?? null
      },
    }))(stores, manualClock())
  },
}
