import type { JointSignIn, SessionStore, SignedIn, Stores, UserStore } from '@phone-auth/core'
import type { JointStores } from '../src/joint-sign-in.ts'
import { broken, readThenInsert, readThenWrite, tick } from '../src/racy-stores.ts'
import { countedBy, type Sabotage } from './otp-store-saboteurs.ts'

// For every clause about users, sessions and sign-ins one deliberately broken store, by the clause's name.

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
        const outcome = await store.changePhoneNumber(userId, phoneNumber)
        return outcome === 'taken' ? 'changed' : outcome
      },
    }),
  'of several users who change to one number at once, one gets it': (store) =>
    broken(store, {
      changePhoneNumber: async (userId, phoneNumber) => {
        const owner = await store.findByPhoneNumber(phoneNumber)
        await tick()
        await store.changePhoneNumber(userId, phoneNumber)
        return owner === null ? 'changed' : 'taken'
      },
    }),
  'a deleted user is gone with the profile, and the number signs up anew as somebody else': (store) =>
    broken(store, { delete: (userId) => store.setActive(userId, false) }),
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
  'ends every session of a user, but for one if it is named': (store) =>
    broken(store, { revokeAll: (userId) => store.revokeAll(userId, null) }),
  'DATA-1 deletes at most limit sessions that are past their absolute end, and no live one': (store) =>
    broken(store, { purge: () => store.purge(1000) }),
}

type BrokenSignIn = (stores: Stores, signIn: JointSignIn['signIn']) => JointSignIn['signIn']

function withSignIn(change: BrokenSignIn): Sabotage<JointStores> {
  return (stores) => ({
    ...stores,
    jointSignIn: {
      ...stores.jointSignIn,
      over: stores,
      signIn: change(stores, (request) => stores.jointSignIn.signIn(request)),
    },
  })
}

export const jointSignInSaboteurs: Readonly<Record<string, Sabotage<JointStores>>> = {
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
  'TOK-4 deactivating or deleting a user ends the sessions of that user, and of no other': (stores) => ({
    ...stores,
    // Flags the user and leaves the sessions to somebody else.
    userStore: broken(stores.userStore, { setActive: async () => true }),
  }),
  'under closed registration an unknown number gets neither user nor session': withSignIn(
    (_, signIn) => (request) => signIn({ ...request, registration: 'open' }),
  ),
  'finds a live session together with its user and the profile': (stores) => {
    const known = new Map<string, SignedIn | null>()
    return {
      ...stores,
      jointSignIn: {
        ...stores.jointSignIn,
        // Remembers who is signed in, and does not hear of who leaves.
        findSignedIn: async (id) => {
          if (!known.has(id)) known.set(id, await stores.jointSignIn.findSignedIn(id))
          return known.get(id) ?? null
        },
      },
    }
  },
}
