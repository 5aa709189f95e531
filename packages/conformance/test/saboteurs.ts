import type { JointSteps, Session, SessionStore, SignedIn, Stores, UserStore } from '@phone-auth/core/adapters'
import { manualClock } from '../src/clause.ts'
import type { JointStores } from '../src/joint-steps.ts'
import { broken, readThenChange, readThenInsert, readThenWrite, tick } from '../src/racy-stores.ts'
import { countedBy, type Sabotage } from './otp-store-saboteurs.ts'

// For each clause about users, sessions and joint steps, by its name, a deliberately broken store.

export const userStoreSaboteurs: Readonly<Record<string, Sabotage<UserStore>>> = {
  'under open registration, signIn creates a user with an empty profile for a new phone number, and findById and findByPhoneNumber return both':
    (store) =>
      broken(store, {
        findById: async (id) => {
          const account = await store.findById(id)
          return account && { ...account, user: { ...account.user, verifiedAt: null } }
        },
      }),
  'for a known phone number, signIn returns the user with the profile, and records the sign-in': (store) =>
    broken(store, {
      signIn: async (phoneNumber, registration) => {
        const account = await store.signIn(phoneNumber, registration)
        return account && { ...account, profile: { ...account.profile, fields: {} } }
      },
    }),
  'ACC-4 a sign-in moves the previous verifiedAt to previouslyVerifiedAt': (store) =>
    broken(store, {
      // Reads the time after the sign-in has updated it.
      signIn: async (phoneNumber, registration) => {
        const account = await store.signIn(phoneNumber, registration)
        return account && { ...account, user: { ...account.user, previouslyVerifiedAt: account.user.verifiedAt } }
      },
    }),
  'PHN-4 concurrent first sign-ins with one phone number create one user and cause no error': readThenInsert,
  'under closed registration, signIn returns null for an unknown phone number and creates nothing': (store) =>
    broken(store, { signIn: (phoneNumber) => store.signIn(phoneNumber, 'open') }),
  'an inactive user is returned unchanged, and the sign-in is not recorded': (store) =>
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
  'profile fields that are not given keep their values, even when several calls run at the same time': (store) =>
    broken(store, {
      saveProfile: async (userId, patch) => {
        const before = await store.findById(userId)
        await tick()
        const lost = Object.keys((await store.findById(userId))?.profile.fields ?? {})
        const removed = Object.fromEntries(lost.map((field) => [field, null]))
        return store.saveProfile(userId, { ...removed, ...before?.profile.fields, ...patch })
      },
    }),
  'concurrent calls run one after the other, and each returns as previousFields what the previous call saved': (
    store,
  ) =>
    broken(store, {
      saveProfile: async (userId, patch) => {
        const before = await store.findById(userId)
        await tick()
        const saved = await store.saveProfile(userId, patch)
        return saved && { ...saved, previousFields: before?.profile.fields ?? {} }
      },
    }),
  'ACC-5 no profile field can change the user': (store) =>
    broken(store, {
      saveProfile: async (userId, patch) => {
        if (patch.isActive === false) await store.setActive(userId, false)
        return store.saveProfile(userId, patch)
      },
    }),
  'changes the phone number of a user, which counts as verified now, unless another user has it': (store) =>
    broken(store, {
      changePhoneNumber: async (userId, phoneNumber) => {
        const result = await store.changePhoneNumber(userId, phoneNumber)
        const user = (await store.findById(userId))?.user
        const isTaken = result.outcome === 'taken' && user !== undefined
        return isTaken ? { outcome: 'changed', user, previousPhoneNumber: phoneNumber } : result
      },
    }),
  'if several users change to one phone number at the same time, exactly one gets it': readThenChange,
  'concurrent changes for one user run one after the other, and each returns the phone number that the previous change set':
    (store) =>
      broken(store, {
        changePhoneNumber: async (userId, phoneNumber) => {
          const before = await store.findById(userId)
          await tick()
          const result = await store.changePhoneNumber(userId, phoneNumber)
          return before === null ? result : { ...result, previousPhoneNumber: before.user.phoneNumber }
        },
      }),
  'deletes a user and the profile, and the phone number can then sign up as a new user': (store) =>
    broken(store, { delete: async (userId) => (await store.setActive(userId, false)) !== null }),
}

export const sessionStoreSaboteurs: Readonly<Record<string, Sabotage<SessionStore>>> = {
  'the methods insert and find return the session with all its fields, and without the hashes of its refresh tokens': (
    store,
  ) =>
    broken(store, {
      insert: async (userId, session) => ({ ...(await store.insert(userId, session)), hash: session.refreshTokenHash }),
    }),
  'RT-2 of concurrent calls with the current token, one returns rotated and the others return repeated': (store) =>
    broken(store, {
      rotate: async (rotation) => {
        const session = await store.find(rotation.sessionId)
        await tick()
        await store.rotate(rotation)
        return session === null ? { outcome: 'gone' } : { outcome: 'rotated', session }
      },
    }),
  'RT-3 the token before the current one returns repeated within the reuse window': (store) =>
    broken(store, {
      rotate: (rotation) => store.rotate({ ...rotation, reuseWindowSeconds: rotation.reuseWindowSeconds / 2 }),
    }),
  'RT-3 from the end of the window on, it returns repeated as long as the current generation is unused, and counts as exchanged at that time, in a new generation that voids all earlier ones':
    (store) => broken(store, { rotate: (rotation) => store.rotate({ ...rotation, reuseWindowSeconds: 60 }) }),
  'RT-2 RT-3 once the generation is used, and without a reuse window, it returns reused, like every other token': (
    store,
  ) =>
    broken(store, {
      rotate: async (rotation) => {
        const outcome = await store.rotate(rotation)
        return outcome.outcome === 'reused' ? { outcome: 'repeated', session: outcome.session } : outcome
      },
    }),
  'RT-3 sets isGenerationUsed of a live session if generation is its current one, and changes nothing else': (store) =>
    broken(store, {
      markUsed: async (id) => {
        const session = await store.find(id)
        if (session !== null) await store.markUsed(id, session.generation)
      },
    }),
  'RT-3 a rotation begins a generation that is unused': (store) => {
    const used = new Set<string>()
    return broken(store, {
      markUsed: async (id, generation) => {
        used.add(id)
        await store.markUsed(id, generation)
      },
      rotate: async (rotation) => {
        const outcome = await store.rotate(rotation)
        if (outcome.outcome === 'gone') return outcome
        const { session } = outcome
        return { ...outcome, session: { ...session, isGenerationUsed: used.has(session.id) } }
      },
    })
  },
  'RT-2 a reused token revokes the session, and only one call returns reused': (store) =>
    broken(store, {
      rotate: async (rotation) => {
        const session = await store.find(rotation.sessionId)
        await tick()
        const outcome = await store.rotate(rotation)
        return outcome.outcome === 'gone' && session !== null ? { outcome: 'reused', session } : outcome
      },
    }),
  'RT-4 a rotation extends the idle lifetime of the session, but never the absolute lifetime': (store) =>
    broken(store, {
      insert: (userId, session) => store.insert(userId, { ...session, absoluteSeconds: session.absoluteSeconds * 10 }),
    }),
  'RT-4 a session that is not refreshed ends after its idle lifetime': (store) =>
    broken(store, {
      insert: (userId, session) => store.insert(userId, { ...session, idleSeconds: session.absoluteSeconds }),
    }),
  'ends a session, and returns false if there is no such live session': (store) =>
    broken(store, {
      revoke: async (id) => {
        await store.revoke(id)
        return true
      },
    }),
  'lists the live sessions of a user, the most recently used first': (store) =>
    broken(store, { list: async (userId) => (await store.list(userId)).reverse() }),
  'ACC-3 sets authenticatedAt of a live session and changes nothing else': (store) =>
    broken(store, {
      reauthenticate: async (id) => {
        const session = await store.reauthenticate(id)
        return session && { ...session, lastUsedAt: session.authenticatedAt }
      },
    }),
  'ACC-3 a session that has ended cannot be reauthenticated, and the result is null': (store) => {
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
  'ends every live session of a user, except exceptId if it is given, and returns the ids of the sessions that it ended':
    (store) => broken(store, { revokeAll: (userId) => store.revokeAll(userId, null) }),
  'SES-1 ends all live sessions of a user except the count most recently used, and returns the ids of the sessions that it ended':
    (store) =>
      broken(store, {
        // Uses the time of creation.
        keepLatest: async (userId, count) => {
          const sessions = (await store.list(userId)).sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
          const ended = sessions.slice(count).map(({ id }) => id)
          for (const id of ended) await store.revoke(id)
          return ended
        },
      }),
  'SES-1 of sessions that were last used at the same time, the most recently created are kept': (store) =>
    broken(store, {
      keepLatest: async (userId, count) => {
        const ids = (await store.list(userId)).map(({ id }) => id).sort()
        const ended = ids.slice(count)
        for (const id of ended) await store.revoke(id)
        return ended
      },
    }),
  'SES-1 of concurrent calls, only one returns the id of each session that ended': (store) =>
    broken(store, {
      keepLatest: async (userId, count) => {
        const ended = (await store.list(userId)).slice(count).map(({ id }) => id)
        await tick()
        for (const id of ended) await store.revoke(id)
        return ended
      },
    }),
  'DATA-1 deletes at most limit sessions that are past absoluteExpiresAt, and no live session': (store) =>
    broken(store, { purge: () => store.purge(1000) }),
}

type BrokenSignIn = (stores: Stores, signIn: JointSteps['signIn']) => JointSteps['signIn']

/** Replaces some of the joint steps. */
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
  'OTP-3 of concurrent callers with the right code, exactly one is signed in, with one session and one user':
    withSignIn(({ otpStore, userStore, sessionStore }) => async ({ attempt, registration, session }) => {
      const redeemed = await readThenWrite(otpStore).redeem(attempt)
      if (redeemed.outcome !== 'redeemed') return redeemed
      const account = await userStore.signIn(redeemed.challenge.phoneNumber, registration)
      if (account === null) return { outcome: 'unregistered', challenge: redeemed.challenge }
      const { isNew: isNewUser, ...rest } = account
      const inserted = await sessionStore.insert(rest.user.id, session)
      return { outcome: 'signed_in', challenge: redeemed.challenge, ...rest, isNewUser, session: inserted }
    }),
  'PHN-4 concurrent first sign-ins with one phone number, each with its own challenge, create one user and one session each':
    withSignIn(({ userStore }, signIn) => async (request) => {
      const known = await userStore.findByPhoneNumber('+14155550101' as never)
      await tick()
      const outcome = await signIn(request)
      return outcome.outcome === 'signed_in' ? { ...outcome, isNewUser: known === null } : outcome
    }),
  'a wrong code counts its attempt and changes no user and no session': withSignIn(
    ({ userStore }, signIn) =>
      async (request) => {
        const outcome = await signIn(request)
        if (outcome.outcome === 'wrong') await userStore.signIn(outcome.challenge.phoneNumber, 'open')
        return outcome
      },
  ),
  'OTP-4 an attempt that a code service has checked signs the user in and is not counted, even when no attempts are left':
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
  'TOK-4 deactivating a user ends the sessions of the user and no others, and returns their ids': withSteps(
    ({ userStore }) => ({
      // Does not end the sessions.
      deactivateUser: async (userId) => {
        const user = await userStore.setActive(userId, false)
        return user && { user, endedSessionIds: [] }
      },
    }),
  ),
  'TOK-4 deleting a user ends the sessions of the user and the open challenges of the phone number, and no others':
    withSteps(({ userStore, sessionStore }) => ({
      // Does not end the challenges.
      deleteUser: async ({ userId }) => {
        const found = await userStore.findById(userId)
        if (found === null) return { outcome: 'not_found', endedSessionIds: [] }
        const endedSessionIds = await sessionStore.revokeAll(userId, null)
        await userStore.delete(userId)
        return { outcome: 'deleted', user: found.user, endedSessionIds }
      },
    })),
  'ACC-3 a change of phone number ends the other sessions of the user and the open challenges of both phone numbers, and no others':
    withSteps(({ jointSteps, sessionStore }) => ({
      // Ends every session.
      changePhoneNumber: async (request) => {
        const outcome = await jointSteps.changePhoneNumber(request)
        await sessionStore.revokeAll(request.userId, null)
        return outcome
      },
    })),
  'ACC-3 a change of phone number that is refused changes nothing': withSteps(({ jointSteps, otpStore }) => ({
    // Ends challenges before it checks whether the phone number is taken.
    changePhoneNumber: async (request) => {
      await otpStore.discard([request.phoneNumber])
      return jointSteps.changePhoneNumber(request)
    },
  })),
  'ACC-3 a session that has ended cannot change the phone number and cannot delete the user': withSteps(
    ({ jointSteps }) => ({
      // Does not check the session.
      deleteUser: ({ userId }) => jointSteps.deleteUser({ userId, sessionId: null }),
    }),
  ),
  'ACC-3 TOK-4 sign-ins that run at the same time as a change of phone number, a deactivation or a deletion leave the user no new session':
    withSignIn(({ otpStore, userStore, sessionStore }) => async ({ attempt, registration, session }) => {
      const redeemed = await otpStore.redeem(attempt)
      if (redeemed.outcome !== 'redeemed') return redeemed
      const { challenge } = redeemed
      const account = await userStore.signIn(challenge.phoneNumber, registration)
      if (account === null) return { outcome: 'unregistered', challenge }
      await tick()
      const { isNew: isNewUser, ...rest } = account
      const inserted = await sessionStore.insert(rest.user.id, session)
      return { outcome: 'signed_in', challenge, ...rest, isNewUser, session: inserted }
    }),
  'under closed registration, an unknown phone number gets no user and no session': withSignIn(
    (_, signIn) => (request) => signIn({ ...request, registration: 'open' }),
  ),
  'finds a live session together with its user and the profile': (stores) => {
    const known = new Map<string, SignedIn | null>()
    return withSteps(({ jointSteps }) => ({
      // Caches every session it has found.
      findSignedIn: async (id) => {
        if (!known.has(id)) known.set(id, await jointSteps.findSignedIn(id))
        return known.get(id) ?? null
      },
    }))(stores, manualClock())
  },
}
