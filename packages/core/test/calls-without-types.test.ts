import { describe, expect, it } from 'vitest'
import { isPhoneAuthError, PhoneAuth } from '../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, setup } from './setup.ts'

const WITHOUT_OPTIONS: readonly string[] = ['constructor', 'jwks', 'ping', 'close']
const OPTIONAL: readonly string[] = ['purge', 'startPurging']

type Call = (options: unknown) => unknown

/** Every method with options, and a function that calls it and rejects if the method throws. */
function methods(): [string, (options: unknown) => Promise<unknown>][] {
  const { auth } = setup()
  return Object.getOwnPropertyNames(PhoneAuth.prototype)
    .filter((name) => !WITHOUT_OPTIONS.includes(name))
    .map((name) => [name, async (options) => (auth as unknown as Record<string, Call>)[name]?.(options)])
}

describe('a call from code without types', () => {
  it('is rejected by every method with a typed error if it passes no object', async () => {
    expect(methods().length).toBeGreaterThan(20)
    for (const [name, call] of methods()) {
      for (const options of [undefined, null, 5, 'x', true, [], () => undefined]) {
        if (options === undefined && OPTIONAL.includes(name)) continue
        expect(await rejection(call(options)), `${name}(${String(options)})`).toMatchObject({
          code: 'invalid_input',
          field: 'options',
          message: 'options must be an object.',
        })
      }
    }
  })

  it('is rejected by every method with a typed error if the object lacks what the method needs', async () => {
    for (const [name, call] of methods().filter(([method]) => !OPTIONAL.includes(method))) {
      for (const options of [{}, Object.create(null), { accessToken: null }, { challengeId: 5, code: 5 }]) {
        const error = await rejection(call(options))
        expect(isPhoneAuthError(error), `${name}: ${error}`).toBe(true)
      }
    }
  })

  it('may pass anything as the source and the client of a request', async () => {
    const odd = [null, 5, 5n, true, {}, ['1.2.3.4'], Symbol('x')] as never[]
    for (const value of odd) {
      const { auth, clock, codeFor, stores } = setup({ limits: noLimits })
      const facts = { ip: value, userAgent: value }
      const { challengeId } = await auth.start({ phoneNumber: PHONE, ...facts })
      clock.advance(30)
      await auth.resend({ challengeId, ...facts })
      const { accessToken, user } = await auth.verify({ challengeId, code: codeFor(), ...facts })
      expect(await stores.sessionStore.list(user.id)).toMatchObject([{ ip: null, userAgent: null }])
      clock.advance(30)
      const stepUp = await auth.startStepUp({ accessToken, ...facts })
      await auth.verifyStepUp({ accessToken, challengeId: stepUp.challengeId, code: codeFor(), ...facts })
      const change = { accessToken, phoneNumber: OTHER_PHONE, isReauthenticated: true, ...facts }
      const changing = await auth.startPhoneChange(change)
      const code = codeFor(OTHER_PHONE)
      await auth.verifyPhoneChange({ accessToken, challengeId: changing.challengeId, code, ...facts })
    }
  })

  it('is rejected with a typed error if maxAgeSeconds is not a number', async () => {
    const { auth, signIn } = setup()
    const { accessToken } = await signIn()
    for (const maxAgeSeconds of ['5', '5\r\n', 5n, Symbol('x'), {}, null, Number.NaN, 0] as never[]) {
      const error = await rejection(auth.requireFresh({ accessToken, maxAgeSeconds }))
      expect(error).toMatchObject({ code: 'invalid_input', field: 'maxAgeSeconds' })
    }
  })

  it('rejects, and does not throw; startPurging throws', () => {
    const { auth } = setup()
    expect(auth.logout(undefined as never).catch(() => 'rejected')).toBeInstanceOf(Promise)
    expect(() => auth.startPurging(null as never)).toThrow('options must be an object.')
  })
})
