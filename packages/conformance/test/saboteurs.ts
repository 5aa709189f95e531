import type {
  Challenge,
  JointSignIn,
  OpenOutcome,
  OtpStore,
  SessionStore,
  SignedIn,
  Stores,
  UserStore,
} from '@phone-auth/core'
import type { TestClock } from '../src/clause.ts'
import type { JointStores } from '../src/joint-sign-in.ts'
import {
  broken,
  countAfterCompare,
  deleteThenRecreate,
  readThenCharge,
  readThenInsert,
  readThenWrite,
  rollBackClaim,
  tick,
} from '../src/racy-stores.ts'

// One deliberately broken store for every clause, by the clause's name: what it takes to be rejected.

type Sabotage<Store> = (store: Store, clock: TestClock) => Store

export const otpStoreSaboteurs: Readonly<Record<string, Sabotage<OtpStore>>> = {
  'opens a challenge and finds it again, whole': (store) =>
    broken(store, {
      find: async (idHash) => {
        const found = await store.find(idHash)
        return found && { ...found, seed: 'another' }
      },
    }),
  "LIM-7 never admits more than a budget's limit in its window, under any concurrency": readThenCharge,
  'when any budget is full, charges nothing, stores nothing and says which budgets are full and until when': (store) =>
    broken(store, {
      open: async (request) => {
        const outcome = await store.open(request)
        if (outcome.outcome === 'opened') return outcome
        const room = request.charges.filter(({ key }) => !outcome.full.some((budget) => budget.key === key))
        await store.open({ ...request, challenge: { ...request.challenge, idHash: 'left-behind' }, charges: room })
        return outcome
      },
    }),
  "LIM-10 a budget's window starts at its first charge and ends windowSeconds later": (store, clock) =>
    broken(store, {
      open: (request) => {
        const hour = Math.floor(clock.now().getTime() / 3_600_000)
        return store.open({ ...request, charges: request.charges.map((c) => ({ ...c, key: `${c.key}-${hour}` })) })
      },
    }),
  'a charge of cost 0 takes nothing and asks for room for one': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter(({ cost }) => cost > 0) }),
    }),
  'an admitted charge says which budgets have no room for the same charge again': (store) =>
    broken(store, {
      open: async (request) => ({ ...(await store.open(request)), full: [] }) as OpenOutcome,
    }),
  'OTP-8 opening another challenge leaves every open one as it is': (store) => {
    let latest = ''
    return broken(store, {
      open: (request) => {
        latest = request.challenge.idHash
        return store.open(request)
      },
      find: async (idHash) => (idHash === latest ? store.find(idHash) : null),
    })
  },
  "opening another challenge does not refill a number's guess budget": (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, charges: request.charges.filter((c) => c.givesBack === 'nothing') }),
    }),
  'finds neither an expired nor a consumed nor an unknown challenge': (store) => {
    const opened = new Map<string, Challenge>()
    return broken(store, {
      open: async (request) => {
        const outcome = await store.open(request)
        if (outcome.outcome === 'opened') opened.set(request.challenge.idHash, outcome.challenge)
        return outcome
      },
      find: async (idHash) => opened.get(idHash) ?? null,
    })
  },
  'finds the open challenge of a number and purpose that was opened last': (store) => {
    let first: string | undefined
    return broken(store, {
      open: (request) => {
        first ??= request.challenge.idHash
        return store.open(request)
      },
      findLatest: () => store.find(first ?? ''),
    })
  },
  'DATA-1 deletes at most limit expired challenges and limit ended windows, and nothing that lives': (store) =>
    broken(store, { purge: () => store.purge(1000) }),
  'counts a wrong code and says how many attempts are left': rollBackClaim,
  'redeems the right code under any of the keys in use, once': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, codeHashes: attempt.codeHashes.slice(0, 1) }) }),
  'OTP-4 of 200 concurrent calls no two see the same attempts, and at most maxAttempts codes are compared':
    countAfterCompare,
  'OTP-3 a challenge is redeemed by exactly one of 200 concurrent callers': readThenWrite,
  'OTP-8 the right code is redeemed beside concurrent wrong ones, while attempts are left': deleteThenRecreate,
  'OTP-5 callers by phone number use at most maxAttemptsByNumber of the attempts': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, by: 'challenge_id' }) }),
  'OTP-6 another purpose or subject finds the challenge gone and leaves it as it is': (store) =>
    broken(store, {
      redeem: async (attempt) => {
        const { purpose, subject } = (await store.find(attempt.idHash)) ?? attempt
        return store.redeem({ ...attempt, purpose, subject })
      },
    }),
  'OTP-2 a challenge is gone from the instant of expiresAt on': (store) =>
    broken(store, { open: (request) => store.open({ ...request, ttlSeconds: request.ttlSeconds + 1 }) }),
  'a redeemed challenge gives back to its budgets what each charge says': (store) =>
    broken(store, {
      open: (request) =>
        store.open({ ...request, charges: request.charges.map((c) => ({ ...c, givesBack: 'nothing' })) }),
    }),
  'a wrong code takes its failure charges, even beyond their limit': (store) =>
    broken(store, { redeem: (attempt) => store.redeem({ ...attempt, failureCharges: [] }) }),
  'OTP-9 never admits more than maxSends messages': (store) =>
    broken(store, {
      open: (request) => store.open({ ...request, challenge: { ...request.challenge, maxSends: 100 } }),
    }),
  'OTP-9 a resend resets no attempts and extends no life': (store) =>
    broken(store, {
      resend: async (request) => {
        const result = await store.resend(request)
        return 'challenge' in result ? { ...result, challenge: { ...result.challenge, attempts: 0 } } : result
      },
    }),
  'OTP-9 a replacement code takes the place of the old one': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, replacement: null }) }),
  'a resend charges every budget and counts the message, or does neither': (store) =>
    broken(store, { resend: (request) => store.resend({ ...request, charges: [] }) }),
  'a challenge that is spent, consumed, expired or unknown is not resent, and charges nothing': (store) =>
    broken(store, {
      resend: async (request) => {
        const outcome = await store.resend(request)
        return outcome.outcome === 'spent' ? { outcome: 'gone' } : outcome
      },
    }),
}

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
