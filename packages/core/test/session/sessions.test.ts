import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, UserReference } from '../../src/index.ts'
import { memoryStores } from '../../src/memory.ts'
import { separateStores } from '../separate-stores.ts'
import { codeOf, noLimits, OTHER_PHONE, PHONE, rejection, START, setup, told } from '../setup.ts'

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)'
const CHROME = `${WINDOWS} Chrome/126.0.0.0 Safari/537.36`

/** A world without send limits, whose sign-ins can say what the client is. */
function world(options: Partial<PhoneAuthOptions> = {}, makeStores = memoryStores) {
  const base = setup({ limits: noLimits, ...options }, makeStores)
  const signIn = async (phoneNumber = PHONE, client: { ip?: string; userAgent?: string } = {}) => {
    const { challengeId } = await base.auth.start({ phoneNumber })
    return base.auth.verify({ challengeId, code: base.codeFor(phoneNumber), ...client })
  }
  const standing = async (tokens: readonly { accessToken: string }[]) =>
    Promise.all(
      tokens.map(({ accessToken }) =>
        base.auth.authenticate({ accessToken }).then(
          () => true,
          () => false,
        ),
      ),
    )
  return { ...base, signIn, standing }
}

describe('PhoneAuth.listSessions', () => {
  it('SES-1 lists the live sessions of the user, the one used last first, and which one asks', async () => {
    const { auth, clock, signIn } = world()
    const first = await signIn(PHONE, { ip: '203.0.113.77', userAgent: CHROME })
    clock.advance(60)
    const second = await signIn(PHONE, { ip: '2001:db8:1:2:3::4', userAgent: 'okhttp/4.12.0' })
    await signIn(OTHER_PHONE)
    clock.advance(60)
    await auth.refresh({ refreshToken: first.refreshToken })
    const at = (seconds: number) => new Date(START.getTime() + seconds * 1000)
    const idle = 14 * 86_400
    const older = {
      id: first.sessionId,
      device: 'Chrome on Windows',
      network: '203.0.113.0/24',
      createdAt: at(0),
      lastUsedAt: at(120),
      expiresAt: at(120 + idle),
    }
    const newer = {
      id: second.sessionId,
      device: 'okhttp',
      network: '2001:db8:1::/48',
      createdAt: at(60),
      lastUsedAt: at(60),
      expiresAt: at(60 + idle),
    }
    const byFirst = await auth.listSessions({ accessToken: first.accessToken })
    expect(byFirst).toEqual([
      { ...older, isCurrent: true },
      { ...newer, isCurrent: false },
    ])
    const bySecond = await auth.listSessions({ accessToken: second.accessToken })
    expect(bySecond.map(({ isCurrent }) => isCurrent)).toEqual([false, true])
    const byId = await auth.listSessions({ userId: first.user.id })
    expect(byId.map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
      [first.sessionId, false],
      [second.sessionId, false],
    ])
    await auth.logout({ accessToken: second.accessToken })
    expect(await auth.listSessions({ userId: first.user.id })).toEqual([{ ...older, isCurrent: false }])
    expect(await auth.listSessions({ userId: 99 })).toEqual([])
  })

  it('SES-1 leaves out sessions that have expired', async () => {
    const { auth, clock, signIn } = world()
    const { user } = await signIn()
    clock.advance(14 * 86_400 - 1)
    expect(await auth.listSessions({ userId: user.id })).toHaveLength(1)
    clock.advance(1)
    expect(await auth.listSessions({ userId: user.id })).toEqual([])
  })

  it('SES-1 calls the client what its owner would, and nothing where it did not say', async () => {
    const { auth, signIn } = world()
    const { user } = await signIn()
    const names: Record<string, string | null> = {
      [CHROME]: 'Chrome on Windows',
      [`${CHROME} Edg/126.0.0.0`]: 'Microsoft Edge on Windows',
      [`${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`]: 'Safari on iOS',
      [`${ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36`]: 'Chrome on Android',
      'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0': 'Firefox on Linux',
      'Acme/1.2 CFNetwork/1498 Darwin/23.5.0': 'Acme',
      'Acme/3.1 (iPhone; iOS 17.5; Scale/3.00)': 'Acme on iOS',
      'okhttp/4.12.0': 'okhttp',
      '': null,
      ' \t ': null,
      '(': null,
      '/': null,
      '\0\r\n': null,
      constructor: 'constructor',
      __proto__: '__proto__',
      [`x${'('.repeat(5000)}`]: 'x',
      ['Mozilla/5.0 ('.repeat(400)]: 'Mozilla',
    }
    for (const [userAgent, name] of Object.entries(names)) {
      const { sessionId, accessToken } = await signIn(PHONE, { userAgent })
      const current = (await auth.listSessions({ accessToken })).find(({ id }) => id === sessionId)
      expect(current?.device, userAgent.slice(0, 80)).toBe(name)
      await auth.logoutAll({ userId: user.id })
    }
  })

  it('SES-1 tells no network where the address is missing or none', async () => {
    const { auth, signIn } = world()
    for (const client of [{}, { ip: 'unknown' }, { ip: '' }, { ip: '999.1.1.1' }]) {
      const { accessToken } = await signIn(PHONE, client)
      const current = (await auth.listSessions({ accessToken })).find(({ isCurrent }) => isCurrent)
      expect(current, JSON.stringify(client)).toMatchObject({ device: null, network: null })
    }
  })

  it('SES-1 is for who is signed in', async () => {
    const { auth, clock, signIn } = world()
    const { accessToken } = await signIn()
    for (const token of ['junk', '', undefined, null, 5]) {
      const user = { accessToken: token } as UserReference
      expect(await codeOf(auth.listSessions(user))).toBe('invalid_access_token')
      expect(await codeOf(auth.revokeSession({ ...user, sessionId: 'x' }))).toBe('invalid_access_token')
      expect(await codeOf(auth.logoutAll(user))).toBe('invalid_access_token')
    }
    clock.advance(1805)
    expect(await codeOf(auth.listSessions({ accessToken }))).toBe('access_token_expired')
    expect(await codeOf(auth.logoutAll({ accessToken }))).toBe('access_token_expired')
  })
})

describe('PhoneAuth.revokeSession', () => {
  it('SES-1 ends one session of the user, by token or by id, and tells it once', async () => {
    const { auth, events, signIn, standing } = world()
    const [a, b, c] = [await signIn(), await signIn(), await signIn()]
    await auth.revokeSession({ accessToken: a.accessToken, sessionId: b.sessionId })
    expect(await standing([a, b, c])).toEqual([true, false, true])
    expect(await codeOf(auth.refresh({ refreshToken: b.refreshToken }))).toBe('invalid_refresh_token')
    await auth.revokeSession({ userId: a.user.id, sessionId: c.sessionId })
    await auth.revokeSession({ accessToken: a.accessToken, sessionId: a.sessionId })
    expect(await standing([a, b, c])).toEqual([false, false, false])
    expect(told(events, 'session_revoked')).toEqual(
      [b, c, a].map(({ sessionId }) => ({ type: 'session_revoked', sessionId, userId: a.user.id })),
    )
  })

  it('SES-1 ends nobody else’s session', async () => {
    const { auth, events, signIn, standing } = world()
    const mine = await signIn()
    const theirs = await signIn(OTHER_PHONE)
    for (const user of [{ accessToken: mine.accessToken }, { userId: mine.user.id }, { userId: 99 }]) {
      expect(await codeOf(auth.revokeSession({ ...user, sessionId: theirs.sessionId }))).toBe('session_not_found')
    }
    expect(await standing([mine, theirs])).toEqual([true, true])
    expect(await auth.refresh({ refreshToken: theirs.refreshToken })).toMatchObject({ sessionId: theirs.sessionId })
    expect(told(events, 'session_revoked')).toEqual([])
  })

  it('SES-1 refuses a session that has ended, and what names none', async () => {
    const { auth, clock, signIn } = world()
    const { user, sessionId } = await signIn()
    await auth.revokeSession({ userId: user.id, sessionId })
    const expired = await signIn()
    clock.advance(14 * 86_400)
    for (const id of [sessionId, expired.sessionId, 'nobody', '']) {
      expect(await codeOf(auth.revokeSession({ userId: user.id, sessionId: id })), id).toBe('session_not_found')
    }
    for (const id of [undefined, null, 5, {}, ['x']]) {
      expect(await codeOf(auth.revokeSession({ userId: user.id, sessionId: id as never }))).toBe('invalid_input')
    }
  })
})

describe('PhoneAuth.logoutAll', () => {
  it('SES-1 ends all sessions of the user, by token or by id, and nobody else’s', async () => {
    for (const by of ['token', 'id'] as const) {
      const { auth, events, signIn, standing } = world()
      const mine = [await signIn(), await signIn(), await signIn()] as const
      const theirs = await signIn(OTHER_PHONE)
      const user = by === 'id' ? { userId: mine[0].user.id } : { accessToken: mine[1].accessToken }
      expect(await auth.logoutAll(user)).toBe(3)
      expect(await standing([...mine, theirs])).toEqual([false, false, false, true])
      expect(await codeOf(auth.refresh({ refreshToken: mine[2].refreshToken }))).toBe('invalid_refresh_token')
      const revoked = told(events, 'session_revoked').map((event) => (event as { sessionId: string }).sessionId)
      expect(revoked.toSorted()).toEqual(mine.map(({ sessionId }) => sessionId).toSorted())
      expect(await auth.logoutAll({ userId: mine[0].user.id })).toBe(0)
      expect(await auth.logoutAll({ userId: 99 })).toBe(0)
    }
  })

  it('SES-1 keeps the current session if it is told to; by id there is none to keep', async () => {
    const { auth, events, signIn, standing } = world()
    const [a, b, c] = [await signIn(), await signIn(), await signIn()]
    expect(await auth.logoutAll({ accessToken: b.accessToken, keepCurrent: true })).toBe(2)
    expect(await standing([a, b, c])).toEqual([false, true, false])
    expect(told(events, 'session_revoked')).toHaveLength(2)
    expect(await auth.logoutAll({ accessToken: b.accessToken, keepCurrent: true })).toBe(0)
    const byId = { userId: b.user.id, keepCurrent: true } as never
    expect(await rejection(auth.logoutAll(byId))).toMatchObject({ code: 'invalid_input', field: 'keepCurrent' })
    expect(await standing([b])).toEqual([true])
  })
})

describe('session.max', () => {
  it('SES-1 a sign-in too many ends the session that was refreshed least lately', async () => {
    const { auth, clock, events, signIn, standing } = world({ session: { max: 3 } })
    const sessions = []
    for (let count = 0; count < 3; count += 1) {
      sessions.push(await signIn())
      clock.advance(60)
    }
    const [a, b, c] = sessions as [(typeof sessions)[0], (typeof sessions)[0], (typeof sessions)[0]]
    const other = await signIn(OTHER_PHONE)
    await auth.refresh({ refreshToken: a.refreshToken })
    clock.advance(60)
    const d = await signIn()
    expect(await standing([a, b, c, d, other])).toEqual([true, false, true, true, true])
    expect(await codeOf(auth.refresh({ refreshToken: b.refreshToken }))).toBe('invalid_refresh_token')
    clock.advance(60)
    const e = await signIn()
    expect(await standing([a, c, d, e])).toEqual([true, false, true, true])
    expect(told(events, 'session_revoked')).toEqual(
      [b, c].map(({ sessionId }) => ({ type: 'session_revoked', sessionId, userId: a.user.id })),
    )
  })

  it('SES-1 holds whichever stores there are, also for sign-ins within one moment', async () => {
    for (const makeStores of [memoryStores, separateStores]) {
      const { auth, events, signIn, standing } = world({ session: { max: 1 } }, makeStores)
      const sessions = []
      for (let count = 0; count < 4; count += 1) sessions.push(await signIn())
      expect(await standing(sessions)).toEqual([false, false, false, true])
      expect(await auth.listSessions({ userId: 1 })).toHaveLength(1)
      expect(told(events, 'session_revoked')).toHaveLength(3)
    }
  })

  it('SES-1 there is no limit unless one is set', async () => {
    const { auth, signIn } = world()
    for (let count = 0; count < 20; count += 1) await signIn()
    expect(await auth.listSessions({ userId: 1 })).toHaveLength(20)
  })
})

describe('the id of a session', () => {
  it('SES-1 is a new one at every sign-in, and a preset one is never adopted', async () => {
    const { auth, codeFor, signIn } = world()
    const seen = new Set<string>()
    const preset = (await signIn()).sessionId
    seen.add(preset)
    for (let count = 0; count < 5; count += 1) {
      const planted = { id: preset, sid: preset, sessionId: preset, session: { id: preset } }
      const { challengeId } = await auth.start({ phoneNumber: PHONE, ...planted } as never)
      const signedIn = await auth.verify({ challengeId, code: codeFor(), ...planted } as never)
      expect(signedIn.sessionId).toMatch(/^[A-Za-z0-9_-]{22}$/)
      expect((await auth.authenticate({ accessToken: signedIn.accessToken })).sessionId).toBe(signedIn.sessionId)
      expect(seen.has(signedIn.sessionId)).toBe(false)
      seen.add(signedIn.sessionId)
    }
  })

  it('SES-1 stays the same over refresh and step-up', async () => {
    const { auth, codeFor, signIn } = world()
    const { sessionId, accessToken, refreshToken } = await signIn()
    expect((await auth.refresh({ refreshToken })).sessionId).toBe(sessionId)
    const { challengeId } = await auth.startStepUp({ accessToken })
    expect((await auth.verifyStepUp({ accessToken, challengeId, code: codeFor() })).sessionId).toBe(sessionId)
  })
})
