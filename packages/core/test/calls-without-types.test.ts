import { describe, expect, it } from 'vitest'
import { isPhoneAuthError, PhoneAuth } from '../src/index.ts'
import { rejection, setup } from './setup.ts'

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

  it('rejects, and does not throw; startPurging throws', () => {
    const { auth } = setup()
    expect(auth.logout(undefined as never).catch(() => 'rejected')).toBeInstanceOf(Promise)
    expect(() => auth.startPurging(null as never)).toThrow('options must be an object.')
  })
})
