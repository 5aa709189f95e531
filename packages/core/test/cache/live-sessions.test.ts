import { describe, expect, it } from 'vitest'
import { LiveSessions } from '../../src/cache/live-sessions.ts'
import type { PhoneAuthOptions } from '../../src/index.ts'
import { codeOf, noLimits, OTHER_PHONE, setup, startProblems } from '../setup.ts'

/** A world that records which sessions the store is asked for. */
function world(session: PhoneAuthOptions['session'] = { cacheAge: '30s' }) {
  const base = setup({ limits: noLimits, session })
  const asked: string[] = []
  const { sessionStore } = base.stores
  const find = sessionStore.find.bind(sessionStore)
  sessionStore.find = (id) => {
    asked.push(id)
    return find(id)
  }
  return { ...base, asked }
}

type World = ReturnType<typeof world>

describe('session.cacheAge', () => {
  it('TOK-4 asks the store on every call if it is not set', async () => {
    for (const session of [{}, { cacheAge: '0s' }] as const) {
      const { auth, asked, signIn } = world(session)
      const { accessToken, sessionId } = await signIn()
      for (let count = 0; count < 3; count += 1) await auth.authenticate({ accessToken })
      expect(asked).toEqual([sessionId, sessionId, sessionId])
    }
  })

  it('TOK-4 asks the store once in that time for all tokens of a session, and once after each refresh', async () => {
    const { auth, asked, clock, signIn } = world()
    const first = await signIn()
    const second = await auth.refresh({ refreshToken: first.refreshToken })
    for (const { accessToken } of [first, second, first]) await auth.authenticate({ accessToken })
    clock.advance(29)
    await auth.authenticate({ accessToken: second.accessToken })
    expect(asked).toHaveLength(2)
    clock.advance(1)
    await auth.authenticate({ accessToken: first.accessToken })
    expect(asked).toHaveLength(3)
    await auth.authenticate({ accessToken: first.accessToken, checkSession: false })
    expect(asked).toHaveLength(3)
    // Sensitive operations always ask the store.
    await auth.requireFresh({ accessToken: second.accessToken })
    await auth.listSessions({ accessToken: second.accessToken })
    expect(asked).toHaveLength(5)
  })

  it('TOK-4 refuses a session that another process ended after that time at most', async () => {
    const { auth, clock, signIn, stores } = world()
    const { accessToken, sessionId } = await signIn()
    await auth.authenticate({ accessToken })
    await stores.sessionStore.revoke(sessionId)
    clock.advance(29)
    expect(await auth.authenticate({ accessToken })).toMatchObject({ sessionId })
    clock.advance(1)
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('TOK-4 forgets an ended session when an operation reads it from the store', async () => {
    const { auth, signIn, stores } = world()
    const { accessToken, sessionId } = await signIn()
    await auth.authenticate({ accessToken })
    await stores.sessionStore.revoke(sessionId)
    expect(await codeOf(auth.getProfile({ accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('TOK-4 remembers no session longer when the clock is set back', async () => {
    const { auth, asked, clock, signIn, stores } = world()
    const { accessToken, sessionId } = await signIn()
    clock.advance(60)
    await auth.authenticate({ accessToken })
    clock.advance(-1)
    await auth.authenticate({ accessToken })
    expect(asked).toHaveLength(2)
    await stores.sessionStore.revoke(sessionId)
    clock.advance(-600)
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('TOK-4 is at most five minutes', () => {
    const problems = (cacheAge: unknown) => startProblems({ session: { cacheAge } })
    for (const cacheAge of ['0s', '1s', '5m', '300s', undefined]) expect(problems(cacheAge)).toEqual([])
    for (const cacheAge of ['301s', '6m', '1h', '-1s', '30', 30, 0, {}, Number.NaN]) {
      expect(problems(cacheAge), String(cacheAge)).toEqual([
        'session.cacheAge must be a duration such as "30s", "10m", "24h" or "30d", from 0 to 300 seconds.',
      ])
    }
  })
})

type SignedIn = Awaited<ReturnType<World['signIn']>>

/** Everything that ends a session that was active moments ago. */
const endings: Record<string, (world: World, session: SignedIn, other: SignedIn) => Promise<unknown>> = {
  'its logout': ({ auth }, { accessToken }) => auth.logout({ accessToken }),
  'a logout of all by token': ({ auth }, _, { accessToken }) => auth.logoutAll({ accessToken }),
  'a logout of all others': ({ auth }, _, { accessToken }) => auth.logoutAll({ accessToken, keepCurrent: true }),
  'a logout of all by id': ({ auth }, { user }) => auth.logoutAll({ userId: user.id }),
  'its revocation': ({ auth }, { user, sessionId }) => auth.revokeSession({ userId: user.id, sessionId }),
  'its revocation by another session': ({ auth }, { sessionId }, { accessToken }) =>
    auth.revokeSession({ accessToken, sessionId }),
  'the reuse of a refresh token': async ({ auth, clock }, { refreshToken }) => {
    clock.advance(10)
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('refresh_token_reused')
  },
  'a change of the number': async ({ auth, codeFor }, _, { accessToken }) => {
    const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
    await auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
  },
  'the deletion of the user by id': ({ auth }, { user }) => auth.deleteUser({ userId: user.id }),
  'the deletion of the user by token': ({ auth }, _, { accessToken }) => auth.deleteUser({ accessToken }),
  'sign-ins beyond the maximum of sessions': async ({ signIn, clock }) => {
    for (let count = 0; count < 3; count += 1) {
      clock.advance(1)
      await signIn()
    }
  },
}

describe('a remembered session', () => {
  for (const [name, end] of Object.entries(endings)) {
    it(`TOK-4 is refused at once after ${name}, with all its access tokens`, async () => {
      const base = world({ cacheAge: '5m', max: 3 })
      const { auth, asked, signIn } = base
      const session = await signIn()
      const { accessToken } = await auth.refresh({ refreshToken: session.refreshToken })
      const other = await signIn()
      for (const token of [session.accessToken, accessToken, other.accessToken])
        await auth.authenticate({ accessToken: token })
      expect(asked).toHaveLength(3)
      await end(base, session, other)
      for (const token of [session.accessToken, accessToken]) {
        expect(await codeOf(auth.authenticate({ accessToken: token }))).toBe('invalid_access_token')
      }
    })
  }

  it('TOK-4 is refused at once after a call that ended it, even if the answer of the store was lost', async () => {
    const lost = {
      revoke: ({ auth }: World, { accessToken }: SignedIn) => auth.logout({ accessToken }),
      revokeAll: ({ auth }: World, { user }: SignedIn) => auth.logoutAll({ userId: user.id }),
      keepLatest: ({ signIn }: World) => signIn().then(() => Promise.reject(new Error('not lost'))),
      rotate: ({ auth, clock }: World, { refreshToken }: SignedIn) => {
        clock.advance(10)
        return auth.refresh({ refreshToken })
      },
    }
    for (const [method, end] of Object.entries(lost)) {
      const base = world({ cacheAge: '5m', max: 1 })
      const { auth, clock, signIn, stores } = base
      const session = await signIn()
      if (method === 'rotate') await auth.authenticate(await auth.refresh({ refreshToken: session.refreshToken }))
      await auth.authenticate({ accessToken: session.accessToken })
      clock.advance(1)
      const { sessionStore } = stores
      const working = Reflect.get(sessionStore, method).bind(sessionStore) as (...input: unknown[]) => Promise<unknown>
      const losing = async (...input: unknown[]) => working(...input).then(() => Promise.reject(new Error('lost')))
      Reflect.set(sessionStore, method, losing)
      await end(base, session).catch(() => undefined)
      expect(await codeOf(auth.authenticate({ accessToken: session.accessToken })), method).toBe('invalid_access_token')
    }
  })

  it('TOK-4 is refused at once after a call that ends it, even if another process had already ended it', async () => {
    for (const name of [
      'its logout',
      'a logout of all by id',
      'a change of the number',
      'the deletion of the user by id',
    ]) {
      const base = world({ cacheAge: '5m' })
      const { auth, signIn, stores } = base
      const session = await signIn()
      const other = await signIn()
      await auth.authenticate({ accessToken: session.accessToken })
      await stores.sessionStore.revoke(session.sessionId)
      await endings[name]?.(base, session, other).catch(({ code }) => expect(code).toBe('invalid_access_token'))
      expect(await codeOf(auth.authenticate({ accessToken: session.accessToken })), name).toBe('invalid_access_token')
    }
  })

  it('TOK-4 is not remembered if it ends while the store is answering', async () => {
    const { auth, signIn, stores } = world({ cacheAge: '5m' })
    const { accessToken } = await signIn()
    const { sessionStore } = stores
    const find = sessionStore.find
    const answer = Promise.withResolvers<void>()
    const looked = Promise.withResolvers<void>()
    sessionStore.find = async (id) => {
      const session = await find(id)
      looked.resolve()
      await answer.promise
      return session
    }
    const late = auth.authenticate({ accessToken })
    await looked.promise
    await auth.logout({ accessToken })
    answer.resolve()
    await late
    sessionStore.find = find
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('TOK-4 is separate from the sessions of other users, and so is its end', async () => {
    const { auth, asked, signIn } = world()
    const mine = await signIn()
    const theirs = await signIn(OTHER_PHONE)
    await auth.authenticate({ accessToken: mine.accessToken })
    expect(await auth.authenticate({ accessToken: theirs.accessToken })).toMatchObject({ userId: theirs.user.id })
    expect(asked).toEqual([mine.sessionId, theirs.sessionId])
    await auth.logoutAll({ userId: mine.user.id })
    expect(await auth.authenticate({ accessToken: theirs.accessToken })).toMatchObject({ userId: theirs.user.id })
    expect(asked).toHaveLength(2)
  })

  it('TOK-4 stays remembered after a logout of all other sessions', async () => {
    const { auth, asked, signIn } = world()
    const mine = await signIn()
    await signIn()
    await auth.authenticate({ accessToken: mine.accessToken })
    await auth.logoutAll({ accessToken: mine.accessToken, keepCurrent: true })
    expect(asked).toHaveLength(2)
    await auth.authenticate({ accessToken: mine.accessToken })
    expect(asked).toHaveLength(2)
  })

  it('TOK-4 is never the result of a failed call of the store, and the failure is not remembered', async () => {
    const { auth, signIn, stores } = world()
    const { accessToken } = await signIn()
    const { find } = stores.sessionStore
    stores.sessionStore.find = async () => Promise.reject(new Error('down'))
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('store_unavailable')
    stores.sessionStore.find = find
    expect(await auth.authenticate({ accessToken })).toMatchObject({ userId: 1 })
  })
})

describe('LiveSessions', () => {
  const claims = (userId: number, sessionId: string) => ({
    userId,
    sessionId,
    generation: 0,
    authenticatedAt: 0,
    expiresAt: 1000,
  })
  const now = new Date(0)

  it('TOK-4 finds a session only for its own user', () => {
    const live = new LiveSessions(30)
    live.keep(claims(1, 's'), 0, now, live.endings)
    expect(live.has(claims(1, 's'), now)).toBe(true)
    expect(live.has(claims(2, 's'), now)).toBe(false)
    live.forgetAllOf(2, null)
    expect(live.has(claims(1, 's'), now)).toBe(true)
    live.forgetAllOf(1, 's')
    expect(live.has(claims(1, 's'), now)).toBe(true)
    live.forgetAllOf(1, 'another')
    expect(live.has(claims(1, 's'), now)).toBe(false)
    live.keep(claims(1, 's'), 0, now, live.endings)
    live.forgetAllOf('1', null)
    expect(live.has(claims(1, 's'), now)).toBe(false)
  })

  it('remembers at most 10 000 sessions and forgets the oldest first', () => {
    const live = new LiveSessions(30)
    for (let index = 0; index < 10_000; index += 1) live.keep(claims(1, String(index)), 0, now, 0)
    live.keep(claims(1, '0'), 0, now, 0)
    live.keep(claims(1, '10000'), 0, now, 0)
    expect(['0', '1', '2', '10000'].map((id) => live.has(claims(1, id), now))).toEqual([true, false, true, true])
  })

  it('TOK-4 remembers nothing with an age of 0', () => {
    const live = new LiveSessions(0)
    live.keep(claims(1, 's'), 0, now, live.endings)
    expect(live.has(claims(1, 's'), now)).toBe(false)
  })
})
