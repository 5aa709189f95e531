import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import {
  type DefaultProfileSchema,
  defaultProfileSchema,
  type HookOptions,
  type PhoneAuth,
  type PhoneAuthOptions,
  type PhoneNumber,
  type ProfileOf,
  type ProfileSchema,
  type SignInFacts,
  type UserId,
} from '../../src/index.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, rejection, setup, startProblems, told } from '../setup.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com' }
const DAY = 86_400
const GENERAL = 'You cannot sign in at the moment.'

const world = (options: Partial<PhoneAuthOptions> = {}) => setup({ limits: noLimits, ...options })

/** A hook that waits for `answer`. `asked` resolves when the hook is called. */
function waiting() {
  const answer = Promise.withResolvers<undefined>()
  const asked = Promise.withResolvers<void>()
  const beforeSignIn = () => {
    asked.resolve()
    return answer.promise
  }
  return { answer, asked, beforeSignIn }
}

type Gate = NonNullable<HookOptions<ProfileOf<DefaultProfileSchema>>['beforeSignIn']>

describe('beforeSignIn', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ACC-4 refuses a sign-in with its message: no token, no session, and no second use of the code', async () => {
    const { auth, codeFor, events, stores } = world({ beforeSignIn: () => 'You are on the list.' })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const error = await rejection(auth.verify({ challengeId, code: codeFor() }))
    expect([error.code, error.message, Object.keys(error)]).toEqual([
      'sign_in_refused',
      'You are on the list.',
      ['name', 'code'],
    ])
    expect(await stores.sessionStore.list(1)).toEqual([])
    expect(await codeOf(auth.verify({ challengeId, code: codeFor() }))).toBe('challenge_expired')
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent', 'sign_in_refused'])
    expect(events.at(-1)).toMatchObject({ userId: null, phoneNumberMasked: '+1******0101' })
    // A refused sign-in creates no user.
    expect(await stores.userStore.findByPhoneNumber(PHONE as PhoneNumber)).toBeNull()
  })

  it('allows the sign-in if it returns undefined or a promise of it', async () => {
    for (const beforeSignIn of [() => undefined, async () => undefined]) {
      const { auth, events, signIn } = world({ beforeSignIn })
      const { accessToken } = await signIn()
      await auth.authenticate({ accessToken })
      expect(told(events, 'hook_failed', 'sign_in_refused')).toEqual([])
    }
  })

  it('REL-17 refuses with a general message if it throws or rejects, and the failure is reported', async () => {
    const failing: Gate[] = [
      () => {
        throw new Error('a secret of the application')
      },
      async () => Promise.reject(new Error('a secret of the application')),
      async () => Promise.reject(undefined),
    ]
    for (const beforeSignIn of failing) {
      const { auth, events, signIn, stores } = world({ beforeSignIn })
      const error = await rejection(signIn())
      expect([error.code, error.message, error.cause]).toEqual(['sign_in_refused', GENERAL, undefined])
      expect(await stores.sessionStore.list(1)).toEqual([])
      expect(told(events, 'hook_failed')).toEqual([
        {
          type: 'hook_failed',
          hook: 'beforeSignIn',
          reason: expect.stringMatching(/^(threw|timed_out|invalid_result)$/),
        },
      ])
      expect(told(events, 'sign_in_refused', 'signed_in')).toEqual([
        { type: 'sign_in_refused', by: 'beforeSignIn', userId: null },
      ])
      await auth.close()
    }
  })

  it('REL-17 has five seconds, and a later result changes nothing', async () => {
    const { answer, asked, beforeSignIn } = waiting()
    const { events, signIn, stores } = world({ beforeSignIn })
    let outcome: unknown = 'waiting'
    signIn().then(
      () => {
        outcome = 'signed in'
      },
      (error: Error) => {
        outcome = error.message
      },
    )
    await asked.promise
    await vi.advanceTimersByTimeAsync(4_999)
    expect(outcome).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome).toBe(GENERAL)
    answer.resolve(undefined)
    await vi.advanceTimersByTimeAsync(1)
    expect(await stores.sessionStore.list(1)).toEqual([])
    expect(told(events, 'hook_failed', 'signed_in')).toEqual([
      {
        type: 'hook_failed',
        hook: 'beforeSignIn',
        reason: expect.stringMatching(/^(threw|timed_out|invalid_result)$/),
      },
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-17 causes no unhandled rejection after the timeout, and leaves no timer behind if it answers in time', async () => {
    const { answer, asked, beforeSignIn } = waiting()
    const refused = rejection(world({ beforeSignIn }).signIn())
    await asked.promise
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await refused).message).toBe(GENERAL)
    answer.reject(new Error('late'))
    await vi.advanceTimersByTimeAsync(1)
    await world({ beforeSignIn: () => undefined }).signIn()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-17 refuses with a general message if it returns a blank text or anything but a text or undefined', async () => {
    const hostile = { toString: () => Promise.reject(new Error('no text')) }
    for (const said of [null, false, true, 0, {}, [], Symbol('no'), Object.create(null), hostile, '', ' \n']) {
      const { events, signIn, stores } = world({ beforeSignIn: () => said as string })
      const error = await rejection(signIn())
      expect([error.code, error.message], typeof said).toEqual(['sign_in_refused', GENERAL])
      expect(await stores.sessionStore.list(1)).toEqual([])
      expect(told(events, 'hook_failed')).toHaveLength(typeof said === 'string' ? 0 : 1)
    }
  })

  it('receives the number, the user, the profile and the client', async () => {
    const heard: SignInFacts<ProfileOf<DefaultProfileSchema>>[] = []
    const { auth, codeFor, clock } = world({ beforeSignIn: (facts) => void heard.push(facts) })
    const client = { ip: '203.0.113.7', userAgent: 'Acme/1.0' }
    const signIn = async (facts: object) => {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      return auth.verify({ challengeId, code: codeFor(), ...facts })
    }
    const { user } = await signIn(client)
    expect(heard).toEqual([{ phoneNumber: PHONE, user: null, profile: {}, isDormant: false, ...client }])
    await auth.completeProfile({ userId: user.id, profile: ADA })
    clock.advance(60)
    await signIn({})
    expect(heard[1]).toMatchObject({ user, profile: ADA, ip: undefined, userAgent: undefined })
  })

  it('is not called for an invalid code, an inactive user, a refresh or a step-up', async () => {
    let asked = 0
    const { auth, codeFor, signIn, stores } = world({
      beforeSignIn: () => {
        asked += 1
        return undefined
      },
    })
    const { accessToken, refreshToken, user } = await signIn()
    await auth.refresh({ refreshToken })
    const { challengeId } = await auth.startStepUp({ accessToken })
    await auth.verifyStepUp({ accessToken, challengeId, code: codeFor() })
    const started = await auth.start({ phoneNumber: PHONE })
    expect(await codeOf(auth.verify({ ...started, phoneNumber: undefined, code: '00000x' }))).toBe('invalid_input')
    await stores.userStore.setActive(user.id, false)
    expect(await codeOf(signIn())).toBe('user_inactive')
    expect(asked).toBe(1)
  })

  /**
   * Signs the number in, and runs `work` during the first call of the hook. Returns the user ids
   * that the hook received.
   */
  const meanwhile = async (before: readonly string[], work: (made: ReturnType<typeof world>) => Promise<unknown>) => {
    const ids: (UserId | null)[] = []
    const made = world({
      beforeSignIn: async ({ phoneNumber, user }) => {
        if (!isArmed || phoneNumber !== PHONE) return undefined
        ids.push(user?.id ?? null)
        if (ids.length === 1) await work(made)
        return undefined
      },
    })
    let isArmed = false
    for (const phoneNumber of before) await made.signIn(phoneNumber)
    isArmed = true
    const outcome = await made.signIn().then(
      ({ user, isNewUser }) => ({ id: user.id, isNewUser }),
      ({ code }) => code,
    )
    return { ids, outcome, ...made }
  }

  it('ACC-4 is called again without a user if the number loses its user during the call', async () => {
    const moved = await meanwhile([PHONE], ({ stores }) =>
      stores.userStore.changePhoneNumber(1, OTHER_PHONE as PhoneNumber),
    )
    expect([moved.ids, moved.outcome]).toEqual([[1, null], { id: 2, isNewUser: true }])
    const deleted = await meanwhile([PHONE], ({ auth }) => auth.deleteUser({ userId: 1 }))
    expect([deleted.ids, deleted.outcome]).toEqual([[1, null], { id: 2, isNewUser: true }])
  })

  it('ACC-4 is called again with the user if the number gets one during the call', async () => {
    const moved = await meanwhile([OTHER_PHONE], ({ stores }) =>
      stores.userStore.changePhoneNumber(1, PHONE as PhoneNumber),
    )
    expect([moved.ids, moved.outcome]).toEqual([[null, 1], { id: 1, isNewUser: false }])
  })

  it('ACC-4 the sign-in is refused if the user of the number changes during every call', async () => {
    let isNext = false
    const { auth, codeFor, signIn, stores } = world({
      beforeSignIn: async ({ user }) => {
        if (isNext && user !== null) await stores.userStore.delete(user.id)
        if (isNext && user === null) await stores.userStore.signIn(PHONE as PhoneNumber, 'open')
        return undefined
      },
    })
    await signIn()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    isNext = true
    expect(await codeOf(auth.verify({ challengeId, code: codeFor() }))).toBe('challenge_expired')
    const now = await stores.userStore.findByPhoneNumber(PHONE as PhoneNumber)
    expect(await stores.sessionStore.list(now?.user.id ?? 0)).toEqual([])
  })

  it('is not called for an inactive user, and the sign-in is refused even if the user is activated meanwhile', async () => {
    const { auth, signIn, stores } = world({ beforeSignIn: () => 'Never.' })
    await stores.userStore.signIn(PHONE as PhoneNumber, 'open')
    await stores.userStore.setActive(1, false)
    const { findByPhoneNumber } = stores.userStore
    stores.userStore.findByPhoneNumber = async (phoneNumber) => {
      const found = await findByPhoneNumber.call(stores.userStore, phoneNumber)
      await stores.userStore.setActive(1, true)
      return found
    }
    expect(await codeOf(signIn())).toBe('user_inactive')
    await auth.close()
  })

  it('SES-1 a refused sign-in ends no other session', async () => {
    let isOpen = true
    const gate = { beforeSignIn: () => (isOpen ? undefined : 'Closed.'), session: { max: 1 } }
    const { auth, events, signIn } = world(gate)
    const { accessToken, refreshToken } = await signIn()
    isOpen = false
    for (let count = 0; count < 3; count += 1) expect(await codeOf(signIn())).toBe('sign_in_refused')
    await auth.authenticate({ accessToken })
    await auth.refresh({ refreshToken })
    expect(told(events, 'session_revoked')).toEqual([])
  })
})

for (const hook of ['afterProfileCompleted', 'afterPhoneChanged'] as const) {
  describe(hook, () => {
    beforeEach(() => {
      vi.useFakeTimers()
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it('REL-17 changes nothing if it throws, rejects or hangs, and the failure is reported', async () => {
      const failing = [
        () => {
          throw new Error('thrown')
        },
        async () => Promise.reject(new Error('rejected')),
        () => new Promise(() => undefined),
      ]
      for (const fails of failing) {
        const called = Promise.withResolvers<void>()
        const calling = () => {
          called.resolve()
          return fails()
        }
        const { auth, codeFor, events, signIn } = world({ [hook]: calling })
        const { accessToken, user } = await signIn()
        const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
        const work: Promise<unknown> =
          hook === 'afterPhoneChanged'
            ? auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
            : auth.completeProfile({ userId: user.id, profile: ADA })
        await called.promise
        await vi.advanceTimersByTimeAsync(5_000)
        expect(await work).toMatchObject(
          hook === 'afterPhoneChanged'
            ? { user: { phoneNumber: OTHER_PHONE } }
            : { profile: ADA, needsProfileCompletion: false },
        )
        expect(told(events, 'hook_failed')).toEqual([{ type: 'hook_failed', hook, reason: expect.any(String) }])
        const kept = await auth.getProfile({ accessToken })
        expect(kept.user.phoneNumber).toBe(hook === 'afterPhoneChanged' ? OTHER_PHONE : PHONE)
        expect(vi.getTimerCount()).toBe(0)
      }
    })
  })
}

describe('afterProfileCompleted', () => {
  it('is called when a profile becomes complete and is saved, and not for later changes', async () => {
    const heard: unknown[] = []
    const { auth, signIn } = world({
      afterProfileCompleted: async (result) => {
        expect(await auth.getProfile({ userId: result.user.id })).toEqual(result)
        heard.push(result)
      },
    })
    const { user } = await signIn()
    const userId = user.id
    await auth.updateProfile({ userId, profile: { name: ADA.name } })
    expect(await codeOf(auth.completeProfile({ userId, profile: { ...ADA, name: 'A' } }))).toBe('invalid_profile')
    expect(heard).toEqual([])
    const completed = await auth.updateProfile({ userId, profile: { email: ADA.email } })
    expect(heard).toEqual([completed])
    await auth.completeProfile({ userId, profile: ADA })
    await auth.updateProfile({ userId, profile: { bio: 'Of the engine' } })
    expect(heard).toHaveLength(1)
    await auth.updateProfile({ userId, profile: { email: null } })
    await auth.updateProfile({ userId, profile: { email: ADA.email } })
    expect(heard).toHaveLength(2)
  })

  it('is called once if several concurrent calls complete a profile', async () => {
    let called = 0
    const { auth, signIn, stores, events } = world({ afterProfileCompleted: () => (called += 1) })
    const userId = (await signIn()).user.id
    // Each call reads the incomplete profile before any call saves.
    const save = stores.userStore.saveProfile.bind(stores.userStore)
    let reading = 5
    let allRead = (): void => undefined
    const everyCallHasRead = new Promise<void>((resolve) => {
      allRead = resolve
    })
    stores.userStore.saveProfile = async (...change) => {
      reading -= 1
      if (reading === 0) allRead()
      await everyCallHasRead
      return save(...change)
    }
    const calls = Array.from({ length: 5 }, () => auth.completeProfile({ userId, profile: ADA }))
    const results = await Promise.all(calls)
    expect(results.every(({ needsProfileCompletion }) => !needsProfileCompletion)).toBe(true)
    expect([called, told(events, 'profile_completed').length, told(events, 'profile_updated').length]).toEqual([
      1, 1, 5,
    ])
  })

  it('is not called if the store fails to save', async () => {
    let called = 0
    const { auth, signIn, stores } = world({ afterProfileCompleted: () => (called += 1) })
    const { user } = await signIn()
    stores.userStore.saveProfile = async () => Promise.reject(new Error('down'))
    expect(await codeOf(auth.completeProfile({ userId: user.id, profile: ADA }))).toBe('store_unavailable')
    expect(called).toBe(0)
  })
})

describe('a dormant number', () => {
  it('ACC-4 had no sign-in for more than 90 days, which the result, the hook and an event report once', async () => {
    const heard: boolean[] = []
    const { clock, events, signIn } = world({ beforeSignIn: ({ isDormant }) => void heard.push(isDormant) })
    expect((await signIn()).isDormant).toBe(false)
    clock.advance(90 * DAY)
    expect((await signIn()).isDormant).toBe(false)
    clock.advance(90 * DAY + 1)
    const { isDormant, user } = await signIn()
    expect(isDormant).toBe(true)
    expect((await signIn()).isDormant).toBe(false)
    expect(heard).toEqual([false, false, true, false])
    expect(told(events, 'dormant_sign_in')).toEqual([{ type: 'dormant_sign_in', userId: user.id }])
    expect(events.find(({ type }) => type === 'dormant_sign_in')).toMatchObject({ phoneNumberMasked: '+1******0101' })
  })

  it('ACC-4 is determined by dormantAfter, which is between one day and one year', async () => {
    const { clock, signIn } = world({ dormantAfter: '1d' })
    await signIn()
    clock.advance(DAY + 1)
    expect((await signIn()).isDormant).toBe(true)
    for (const dormantAfter of ['24h', '366d', undefined]) expect(startProblems({ dormantAfter })).toEqual([])
    for (const dormantAfter of ['23h', '367d', 90, 'never']) expect(startProblems({ dormantAfter })).toHaveLength(1)
  })

  it('ACC-4 is neither a number that a user changed to recently nor one without an earlier verification', async () => {
    const { auth, clock, codeFor, signIn, stores } = world()
    const { accessToken, user } = await signIn()
    clock.advance(1000)
    const options = { accessToken, phoneNumber: OTHER_PHONE, isReauthenticated: true }
    const { challengeId } = await auth.startPhoneChange(options)
    await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
    clock.advance(90 * DAY)
    expect((await signIn(OTHER_PHONE)).isDormant).toBe(false)
    const { signIn: store } = stores.userStore
    stores.userStore.signIn = async (...input) => {
      const found = await store.apply(stores.userStore, input)
      return found && { ...found, user: { ...found.user, previouslyVerifiedAt: null } }
    }
    clock.advance(400 * DAY)
    expect(await signIn(OTHER_PHONE)).toMatchObject({ isDormant: false, user: { id: user.id } })
  })

  // docs/sessions.md, "Numbers that change hands".
  const strict: Pick<PhoneAuthOptions, 'beforeSignIn'> = {
    beforeSignIn: ({ isDormant }) =>
      isDormant ? 'This number was not used for long. Write to help@acme.example to sign in.' : undefined,
  }

  it('ACC-4 the strict hook of the guide refuses a new holder, also in several sign-ins at once', async () => {
    const { clock, codeFor, options, signIn, stores } = world()
    const { user } = await signIn()
    clock.advance(91 * DAY)
    const { auth } = setup({ ...options, ...strict })
    const opened: { challengeId: string; code: string }[] = []
    for (let count = 0; count < 3; count += 1) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      opened.push({ challengeId, code: codeFor() })
    }
    const results = await Promise.all(opened.map((challenge) => codeOf(auth.verify(challenge))))
    expect(results).toEqual(['sign_in_refused', 'sign_in_refused', 'sign_in_refused'])
    expect(await stores.sessionStore.list(user.id)).toEqual([])
    // Refused sign-ins do not count: the number is still dormant at the next sign-in.
    expect((await signIn()).isDormant).toBe(true)
  })
})

/** docs/profiles.md, "A waiting list". */
describe('the waiting list of the guide', () => {
  const waitingListHooks = (
    list: Map<UserId, Date>,
    endSessions: (userId: UserId) => Promise<unknown>,
    now: () => Date,
  ): HookOptions<ProfileOf<DefaultProfileSchema>> => ({
    afterProfileCompleted: async ({ user }) => {
      list.set(user.id, new Date(now().getTime() + 3_600_000))
      await endSessions(user.id)
    },
    beforeSignIn: async ({ user }) => {
      const until = user === null ? undefined : list.get(user.id)
      if (until === undefined || until <= now()) return undefined
      return `You are on the waiting list. Come back in ${Math.ceil((until.getTime() - now().getTime()) / 60_000)} min.`
    },
  })

  it('ends the sessions of a user after profile completion, and allows the sign-in an hour later', async () => {
    let auth: PhoneAuth | undefined
    let now = () => new Date(0)
    const endSessions = async (userId: UserId) => auth?.logoutAll({ userId })
    const base = world({ session: { cacheAge: '5m' }, ...waitingListHooks(new Map(), endSessions, () => now()) })
    auth = base.auth
    now = base.clock.now
    const { clock, events, signIn } = base
    const { accessToken, refreshToken, user } = await signIn()
    const stranger = await signIn(OTHER_PHONE)
    await auth.authenticate({ accessToken })
    const completed = await auth.completeProfile({ userId: user.id, profile: ADA })
    expect(completed.needsProfileCompletion).toBe(false)
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    expect((await rejection(signIn())).message).toBe('You are on the waiting list. Come back in 60 min.')
    clock.advance(3541)
    expect((await rejection(signIn())).message).toBe('You are on the waiting list. Come back in 1 min.')
    expect((await auth.refresh({ refreshToken: stranger.refreshToken })).sessionId).toBe(stranger.sessionId)
    clock.advance(59)
    const back = await signIn()
    expect(back).toMatchObject({ isNewUser: false, needsProfileCompletion: false, profile: ADA })
    await auth.authenticate({ accessToken: back.accessToken })
    expect(told(events, 'hook_failed')).toEqual([])
  })
})

describe('the rules of the profile', () => {
  const failing = () => {
    throw new Error('a secret of the application')
  }

  it('REL-17 refuse a save with a typed error if they throw, and the failure is reported', async () => {
    const broken = { ...defaultProfileSchema.shape, bio: z.string().transform(failing).optional() }
    const rejecting = async () => Promise.reject(new Error('a secret of the application'))
    for (const [hook, profile, input] of [
      ['schema', { schema: z.object(broken) }, { ...ADA, bio: 'x' }],
      ['check', { schema: defaultProfileSchema, check: failing }, ADA],
      ['check', { schema: defaultProfileSchema, check: rejecting }, ADA],
    ] as const) {
      const { auth, events, signIn, stores } = setup<ProfileSchema>({ limits: noLimits, profile })
      const { user, accessToken } = await signIn()
      for (const save of [auth.completeProfile.bind(auth), auth.updateProfile.bind(auth)]) {
        const error = await rejection(save({ accessToken, profile: input }))
        expect(error.message).toBe('Invalid profile. profile: could not be checked')
      }
      const failure = { type: 'hook_failed', hook, reason: 'threw' }
      expect(told(events, 'hook_failed')).toEqual([failure, failure])
      expect(JSON.stringify(events)).not.toContain('secret')
      expect((await stores.userStore.findById(user.id))?.profile.fields).toEqual({})
    }
  })
})

describe('isComplete of the profile', () => {
  const throwing = () => {
    throw new Error('a secret of the application')
  }
  /** A world with an `isComplete` and a user with all required fields. */
  const withProfile = async (isComplete: () => boolean) => {
    const made = world({ profile: { schema: defaultProfileSchema, isComplete } })
    const { user } = await made.signIn()
    await made.stores.userStore.saveProfile(user.id, ADA)
    return { ...made, userId: user.id }
  }

  it('REL-17 leaves the profile incomplete if it throws: the user is signed in, and the failure is reported', async () => {
    const { auth, events, signIn } = await withProfile(throwing)
    const signedIn = await signIn()
    expect(signedIn).toMatchObject({ needsProfileCompletion: true, profile: ADA })
    await auth.authenticate(signedIn)
    expect(told(events, 'hook_failed')).toEqual([{ type: 'hook_failed', hook: 'isComplete', reason: 'threw' }])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  it('REL-17 does not prevent a save if it throws', async () => {
    const { auth, events, stores, userId } = await withProfile(throwing)
    const saved = await auth.updateProfile({ userId, profile: { bio: 'Mathematician' } })
    expect(saved).toMatchObject({ needsProfileCompletion: true, profile: { ...ADA, bio: 'Mathematician' } })
    expect((await stores.userStore.findById(userId))?.profile.fields).toEqual({ ...ADA, bio: 'Mathematician' })
    expect(await auth.getProfile({ userId })).toMatchObject({ needsProfileCompletion: true })
    expect(told(events, 'profile_updated', 'profile_completed')).toEqual([{ type: 'profile_updated', userId }])
  })

  it('REL-17 leaves the profile incomplete unless it returns true', async () => {
    const promises = [async () => true, async () => Promise.reject(new Error('no'))]
    const values = [undefined, null, 1, 'true', {}].map((value) => () => value)
    for (const decide of [...promises, ...values]) {
      const { auth, events, userId } = await withProfile(decide as () => boolean)
      expect((await auth.getProfile({ userId })).needsProfileCompletion).toBe(true)
      expect(told(events, 'hook_failed')).toEqual([
        { type: 'hook_failed', hook: 'isComplete', reason: 'invalid_result' },
      ])
    }
    for (const result of [true, false]) {
      const { auth, events, userId } = await withProfile(() => result)
      expect((await auth.getProfile({ userId })).needsProfileCompletion).toBe(!result)
      expect(told(events, 'hook_failed')).toEqual([])
    }
  })

  it('is called as a method of its definition, with check, and PhoneAuth.profile is that definition', async () => {
    class Definition {
      readonly schema = defaultProfileSchema
      readonly #minimum = 5
      isComplete({ name }: { name: string }) {
        return name.length > this.#minimum
      }
      check({ name = '' }: { name?: string }) {
        return name.length > this.#minimum ? [] : [{ field: 'name', message: 'is too short' }]
      }
    }
    const profile = new Definition()
    const { auth, signIn } = world({ profile })
    const { user } = await signIn()
    const completed = await auth.completeProfile({ userId: user.id, profile: ADA })
    expect(completed.needsProfileCompletion).toBe(false)
    const error = await rejection(auth.updateProfile({ userId: user.id, profile: { name: 'Ada' } }))
    expect(error).toMatchObject({ code: 'invalid_profile' })
    expect(auth.profile).toBe(profile)
  })
})
