import { describe, expect, it, vi } from 'vitest'
import { VerifiedTokens } from '../../src/cache/verified-tokens.ts'
import { rejection, setup } from '../setup.ts'

describe('an access token that was seen before', () => {
  it('TOK-3 is refused from the instant on at which it expires, tolerance included', async () => {
    const { auth, clock, signIn } = setup()
    const { accessToken, expiresInSeconds } = await signIn()
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    clock.advance(expiresInSeconds + 4)
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    clock.advance(1)
    expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('access_token_expired')
    expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('access_token_expired')
  })

  it('TOK-4 is refused as soon as its session is over, however it ended', async () => {
    const { auth, signIn, stores } = setup()
    const first = await signIn()
    await auth.authenticate({ accessToken: first.accessToken })
    await auth.logout({ accessToken: first.accessToken })
    const second = await signIn()
    await auth.authenticate({ accessToken: second.accessToken })
    // As another process would.
    await stores.sessionStore.revoke(second.sessionId)
    for (const { accessToken } of [first, second]) {
      expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('invalid_access_token')
      expect((await rejection(auth.getProfile({ accessToken }))).code).toBe('invalid_access_token')
    }
  })

  it('costs no signature, and gives each caller a result of its own', async () => {
    const { auth, signIn } = setup()
    const { accessToken } = await signIn()
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const result = await auth.authenticate({ accessToken })
    result.expiresAt.setTime(0)
    expect((await auth.authenticate({ accessToken })).expiresAt.getTime()).toBeGreaterThan(0)
    expect(verify).not.toHaveBeenCalled()
    await setup().auth.authenticate({ accessToken, checkSession: false })
    expect(verify).toHaveBeenCalledOnce()
    verify.mockRestore()
  })

  it('must be the very same: one character more or less, and it is verified anew', async () => {
    const { auth, signIn } = setup()
    const { accessToken } = await signIn()
    for (const token of [`${accessToken} `, accessToken.slice(0, -1), `${accessToken}A`, accessToken.toUpperCase()]) {
      expect((await rejection(auth.authenticate({ accessToken: token }))).code).toBe('invalid_access_token')
    }
  })
})

describe('VerifiedTokens', () => {
  it('remembers so many and no more: the oldest goes first', () => {
    const tokens = new VerifiedTokens(0)
    const claims = { userId: 1, sessionId: 's', authenticatedAt: 0, expiresAt: 1000 }
    for (let index = 0; index <= 10_000; index += 1) tokens.keep(String(index), claims)
    const now = new Date(0)
    expect(tokens.find('0', now)).toBeUndefined()
    expect([tokens.find('1', now), tokens.find('10000', now)]).toEqual([claims, claims])
    tokens.forget('1')
    expect(tokens.find('1', now)).toBeUndefined()
  })
})
