import { describe, expect, it } from 'vitest'
import type { UserReference } from '../../src/index.ts'
import { codeOf, rejection, setup } from '../setup.ts'

/** A signed-in user, and every method that accepts a user by access token or by id. */
async function world() {
  const { auth, signIn } = setup()
  const signedIn = await signIn()
  const byUser = (user: UserReference): readonly (() => Promise<unknown>)[] => [
    () => auth.listSessions(user),
    () => auth.revokeSession({ ...user, sessionId: signedIn.sessionId }),
    () => auth.logoutAll(user),
    () => auth.getProfile(user),
    () => auth.completeProfile({ ...user, profile: { name: 'Ada', email: 'ada@example.com' } }),
    () => auth.updateProfile({ ...user, profile: { bio: 'Mathematician' } }),
    () => auth.deleteUser(user),
  ]
  const byToken = (accessToken: string): readonly (() => Promise<unknown>)[] => [
    () => auth.authenticate({ accessToken }),
    () => auth.authenticate({ accessToken, checkSession: false }),
    () => auth.requireFresh({ accessToken }),
    () => auth.listSessions({ accessToken }),
    () => auth.getProfile({ accessToken }),
    () => auth.updateProfile({ accessToken, profile: { bio: 'Mathematician' } }),
    () => auth.startStepUp({ accessToken }),
    () => auth.logout({ accessToken }),
  ]
  const isSignedIn = () =>
    auth.authenticate({ accessToken: signedIn.accessToken }).then(
      () => true,
      () => false,
    )
  return { auth, signedIn, byUser, byToken, isSignedIn }
}

describe('a user, by access token or by id', () => {
  it('rejects both and neither, and the error says so', async () => {
    const { signedIn, byUser, isSignedIn } = await world()
    const { accessToken, user } = signedIn
    const both = { accessToken, userId: user.id } as never
    for (const call of byUser(both)) {
      const error = await rejection(call())
      expect(error).toMatchObject({ code: 'invalid_input', field: 'userId' })
      expect(error.message).toBe('userId must be left out if an accessToken is given.')
    }
    for (const neither of [{}, { userId: undefined }] as never[]) {
      for (const call of byUser(neither)) {
        const error = await rejection(call())
        expect(error).toMatchObject({ code: 'invalid_input', field: 'accessToken' })
        expect(error.message).toBe('accessToken must be given, or a userId instead.')
      }
    }
    expect(await isSignedIn()).toBe(true)
  })

  it('rejects an id beside a token that the client did not send', async () => {
    const { signedIn, byUser, isSignedIn } = await world()
    const spread = { userId: signedIn.user.id, accessToken: undefined } as never
    for (const call of byUser(spread)) {
      expect(await rejection(call())).toMatchObject({ code: 'invalid_input', field: 'userId' })
    }
    expect(await isSignedIn()).toBe(true)
  })

  it('rejects a bare token or id, and values that are not objects', async () => {
    const { auth, signedIn, isSignedIn } = await world()
    for (const user of [signedIn.accessToken, signedIn.user.id, undefined, null, true] as never[]) {
      for (const call of [
        auth.logoutAll(user),
        auth.listSessions(user),
        auth.deleteUser(user),
        auth.getProfile(user),
      ]) {
        expect(await codeOf(call)).toBe('invalid_input')
      }
    }
    expect(await isSignedIn()).toBe(true)
  })

  it('rejects an id that is neither a string nor a number, before a store is called', async () => {
    const { auth, byUser, isSignedIn } = await world()
    for (const userId of [null, true, {}, ['1'], { $ne: null }] as never[]) {
      for (const call of [
        ...byUser({ userId }),
        () => auth.activateUser({ userId }),
        () => auth.deactivateUser({ userId }),
      ]) {
        expect(await rejection(call())).toMatchObject({ code: 'invalid_input', field: 'userId' })
      }
    }
    expect(await isSignedIn()).toBe(true)
  })

  it('uses userId as an id, even if it looks like a token', async () => {
    const { auth, signedIn, isSignedIn } = await world()
    const userId = signedIn.accessToken
    expect(await auth.listSessions({ userId })).toEqual([])
    expect(await auth.logoutAll({ userId })).toBe(0)
    expect(await codeOf(auth.getProfile({ userId }))).toBe('user_not_found')
    expect(await isSignedIn()).toBe(true)
  })

  it('rejects a missing or malformed access token with invalid_access_token', async () => {
    const { byUser } = await world()
    for (const accessToken of [undefined, null, 5, {}, ['x'], ''] as never[]) {
      for (const call of byUser({ accessToken })) expect(await codeOf(call())).toBe('invalid_access_token')
    }
  })
})

describe('an access token with "Bearer " in front of it', () => {
  it('is accepted by every method, in upper and lower case', async () => {
    for (const prefix of ['Bearer ', 'bearer ', 'BEARER  ']) {
      const { signedIn, byToken } = await world()
      for (const call of byToken(`${prefix}${signedIn.accessToken}`)) await call()
    }
  })

  it('is the same token: after a logout it is refused in both spellings', async () => {
    const { auth, signedIn } = await world()
    const { accessToken } = signedIn
    await auth.authenticate({ accessToken })
    await auth.logout({ accessToken: `Bearer ${accessToken}` })
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    expect(await codeOf(auth.authenticate({ accessToken: `Bearer ${accessToken}` }))).toBe('invalid_access_token')
  })

  it('is refused with any other prefix', async () => {
    const { auth, signedIn } = await world()
    for (const prefix of ['Bearer', 'Basic ', 'Bearer Bearer ', ' Bearer ', ' ', 'Token ']) {
      const accessToken = `${prefix}${signedIn.accessToken}`
      expect(await codeOf(auth.authenticate({ accessToken })), prefix).toBe('invalid_access_token')
    }
    for (const accessToken of ['Bearer', 'Bearer ', '']) {
      expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    }
  })

  it('is accepted only for access tokens, not for refresh tokens', async () => {
    const { auth, signedIn } = await world()
    const refreshToken = `Bearer ${signedIn.refreshToken}`
    expect(await codeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    await auth.refresh({ refreshToken: signedIn.refreshToken })
  })
})
