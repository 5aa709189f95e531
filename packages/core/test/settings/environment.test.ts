import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { createContext, runInContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isPhoneAuthError, PhoneAuth, type PhoneAuthEvent, type PhoneAuthOptions } from '../../src/index.ts'
import { setup } from '../setup.ts'

const EXAMPLE_SECRET = 'an example secret; yours comes from the environment'

const { options } = setup()
const printing = { developmentOnly: 'it prints codes.', send: async () => ({}) }
const durable = <Store extends object>(store: Store) =>
  new Proxy(store, { get: (target, name) => (name === 'developmentOnly' ? undefined : Reflect.get(target, name)) })
const sound = {
  ...options,
  otpStore: durable(options.otpStore),
  userStore: durable(options.userStore),
  sessionStore: durable(options.sessionStore),
}
const testNumbers = { codes: { '+14155550100': '123456' }, until: new Date('2027-01-01') }

let logged: string[]
beforeEach(() => {
  logged = []
  vi.spyOn(console, 'warn').mockImplementation((text: string) => logged.push(text))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** The reasons of the refusal, and the warnings of what was accepted. */
async function outcomeOf(change: Partial<PhoneAuthOptions>, nodeEnv: string | undefined) {
  vi.stubEnv('NODE_ENV', nodeEnv)
  const events: PhoneAuthEvent[] = []
  const reasons: string[] = []
  try {
    new PhoneAuth({ ...sound, onEvent: (event) => events.push(event), ...change } as PhoneAuthOptions)
  } catch (error) {
    if (!isPhoneAuthError(error) || error.code !== 'invalid_options') throw error
    reasons.push(...error.reasons)
  }
  await Promise.resolve()
  return { reasons, events }
}

const DEVELOPMENT_PARTS: readonly [string, Partial<PhoneAuthOptions>][] = [
  ['otpStore', { otpStore: options.otpStore }],
  ['userStore', { userStore: options.userStore }],
  ['sessionStore', { sessionStore: options.sessionStore }],
  ['smsSender', { smsSender: printing }],
  [
    'codeService',
    {
      smsSender: undefined,
      codeService: {
        developmentOnly: 'it is a fake.',
        start: async () => ({ handle: 'x' }),
        check: async () => 'wrong',
      },
    },
  ],
  ['testNumbers', { testNumbers, smsSender: printing }],
  ['secret', { secret: EXAMPLE_SECRET }],
  ['secret', { secret: ['nUq5zX0m9T2w7RkVbYc3sLdPjHgF8eAa', EXAMPLE_SECRET] }],
]

describe('the environment', () => {
  it.each([
    'production',
    'production ',
    'Production',
    'PRODUCTION\r',
    'prod',
    'staging',
    'live',
    'developmental',
    'test1',
    'undefined',
    '',
    ' ',
  ])('OTP-12 is production if NODE_ENV is %j: every part for development is refused by name', async (nodeEnv) => {
    expect((await outcomeOf({}, nodeEnv)).reasons).toEqual([])
    for (const [name, part] of DEVELOPMENT_PARTS) {
      const { reasons } = await outcomeOf(part, nodeEnv)
      const [reason = ''] = reasons.filter((each) => each.startsWith(`${name} must not be used in production`))
      // A surprising name is quoted, so that the reader finds the cause.
      const isObvious = nodeEnv.trim().toLowerCase() === 'production'
      expect(reason.includes(`(NODE_ENV is "${nodeEnv}", and`)).toBe(!isObvious)
      expect((await outcomeOf({ ...part, unsafeAllowDevelopmentParts: true }, nodeEnv)).reasons).toEqual([])
    }
    expect(logged).toEqual([])
  })

  it.each(['development', 'test', ' Development ', 'TEST'])(
    'OTP-12 accepts parts for development without a warning if NODE_ENV is %j',
    async (nodeEnv) => {
      for (const [, part] of DEVELOPMENT_PARTS) {
        expect(await outcomeOf(part, nodeEnv)).toEqual({ reasons: [], events: [] })
      }
      expect(logged).toEqual([])
    },
  )

  it('OTP-12 accepts parts for development with one warning, by event and in the log, if NODE_ENV is not set', async () => {
    for (const [name, part] of DEVELOPMENT_PARTS) {
      logged = []
      const { reasons, events } = await outcomeOf(part, undefined)
      expect(reasons).toEqual([])
      expect(events).toEqual([
        {
          type: 'configuration_warning',
          about: 'environment',
          explanation: expect.stringMatching(new RegExp(`^NODE_ENV is not set, .*\\n(- .*\\n)*- ${name}: `)),
          at: expect.any(Date),
        },
      ])
      expect(logged).toEqual([
        expect.stringMatching(new RegExp(`^Phone Auth: NODE_ENV is not set, .*\\n(- .*\\n)*- ${name}: `)),
      ])
      expect(logged.join()).not.toContain(EXAMPLE_SECRET)
    }
    logged = []
    const all = Object.assign({}, ...DEVELOPMENT_PARTS.map(([, part]) => part), {
      codeService: undefined,
      smsSender: printing,
    })
    expect((await outcomeOf(all, undefined)).events).toHaveLength(1)
    expect(logged.join().match(/^- \w+/gm)).toEqual(
      ['otpStore', 'userStore', 'sessionStore', 'smsSender', 'testNumbers', 'secret'].map((name) => `- ${name}`),
    )
  })

  it('OTP-12 needs no warning without parts for development, or if they are allowed explicitly', async () => {
    expect(await outcomeOf({}, undefined)).toEqual({ reasons: [], events: [] })
    for (const change of [{ unsafeAllowDevelopmentParts: true }, { environment: 'development' }] as const) {
      expect(await outcomeOf({ smsSender: printing, ...change }, undefined)).toEqual({ reasons: [], events: [] })
    }
    expect(logged).toEqual([])
  })

  it('OTP-12 is what the option says, and the option has three values', async () => {
    for (const environment of ['development', 'test'] as const) {
      expect((await outcomeOf({ smsSender: printing, environment }, 'production')).reasons).toEqual([])
    }
    expect((await outcomeOf({ smsSender: printing, environment: 'production' }, 'test')).reasons).toHaveLength(1)
    for (const environment of ['prod', 'Development', ' test', '', null, 5, 'staging']) {
      const { reasons } = await outcomeOf({ environment: environment as never }, 'test')
      expect(reasons, String(environment)).toEqual([
        'environment must be "production", "development" or "test"; without it, NODE_ENV decides.',
      ])
    }
  })

  it('reports after the constructor, so that the listener can use its result', async () => {
    vi.stubEnv('NODE_ENV', undefined)
    const used = await new Promise((resolve) => {
      const auth: PhoneAuth = new PhoneAuth({ ...sound, smsSender: printing, onEvent: () => resolve(auth.profile) })
    })
    expect(used).toBeDefined()
  })

  // Bundlers replace the text `process.env.NODE_ENV` by the environment of the build.
  it.each([
    ['"production"', {}, 'production'],
    ['"development"', { process: { env: { NODE_ENV: 'production' } } }, 'development'],
    ['process.env.NODE_ENV', { process: { env: { NODE_ENV: 'production' } } }, 'production'],
    ['process.env.NODE_ENV', { process: { env: {} } }, 'unknown'],
    ['process.env.NODE_ENV', { process: {} }, 'unknown'],
    ['process.env.NODE_ENV', {}, 'unknown'],
  ])('OTP-12 is judged by what a bundle has inlined: %s with the globals %j is %s', (inlined, globals, expected) => {
    const source = readFileSync(new URL('../../src/settings/environment.ts', import.meta.url), 'utf8')
    const bundle = stripTypeScriptTypes(source)
      .replaceAll('process.env.NODE_ENV', inlined)
      .replace(/^export /gm, '')
    expect(runInContext(`${bundle}; environmentOf(undefined)`, createContext({ ...globals }))).toBe(expected)
  })
})
