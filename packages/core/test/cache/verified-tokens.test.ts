import { describe, expect, it, vi } from 'vitest'
import { VerifiedTokens } from '../../src/cache/verified-tokens.ts'
import { rejection, setup } from '../setup.ts'

describe('a remembered access token', () => {
  it('TOK-3 is refused from the instant of its expiry, tolerance included', async () => {
    const { auth, clock, signIn } = setup()
    const { accessToken, expiresInSeconds } = await signIn()
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    clock.advance(expiresInSeconds + 4)
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    clock.advance(1)
    expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('access_token_expired')
    expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('access_token_expired')
  })

  it('TOK-4 is refused as soon as its session has ended, also in another process', async () => {
    const { auth, signIn, stores } = setup()
    const first = await signIn()
    await auth.authenticate({ accessToken: first.accessToken })
    await auth.logout({ accessToken: first.accessToken })
    const second = await signIn()
    await auth.authenticate({ accessToken: second.accessToken })
    // As another process does.
    await stores.sessionStore.revoke(second.sessionId)
    for (const { accessToken } of [first, second]) {
      expect((await rejection(auth.authenticate({ accessToken }))).code).toBe('invalid_access_token')
      expect((await rejection(auth.getProfile({ accessToken }))).code).toBe('invalid_access_token')
    }
  })

  it('verifies no signature, and gives each caller a separate result', async () => {
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

  it('must be identical: with one character more or less it is refused', async () => {
    const { auth, signIn } = setup()
    const { accessToken } = await signIn()
    for (const token of [`${accessToken} `, accessToken.slice(0, -1), `${accessToken}A`, accessToken.toUpperCase()]) {
      expect((await rejection(auth.authenticate({ accessToken: token }))).code).toBe('invalid_access_token')
    }
  })
})

describe('VerifiedTokens', () => {
  it('remembers at most 10 000 tokens and forgets the oldest first', () => {
    const tokens = new VerifiedTokens(0)
    const claims = { userId: 1, sessionId: 's', generation: 0, authenticatedAt: 0, expiresAt: 1000 }
    for (let index = 0; index <= 10_000; index += 1) tokens.keep(String(index), claims)
    const now = new Date(0)
    expect(tokens.find('0', now)).toBeUndefined()
    expect([tokens.find('1', now), tokens.find('10000', now)]).toEqual([claims, claims])
    tokens.forget('1')
    expect(tokens.find('1', now)).toBeUndefined()
  })
})
