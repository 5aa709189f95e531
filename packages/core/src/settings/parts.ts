import type { DeliveryOptions } from '../options/delivery.ts'
import type { PhoneAuthOptions } from '../options/options.ts'
import type { TokenOptions } from '../options/tokens.ts'
import type { Stores } from '../ports/joint-steps.ts'

type Parts = Stores & DeliveryOptions

// Every method of the ports.
const REQUIRED_PARTS = {
  otpStore: ['open', 'resend', 'redeem', 'recordDelivery', 'find', 'findLatest', 'discard', 'forget', 'purge'],
  userStore: ['signIn', 'findById', 'findByPhoneNumber', 'saveProfile', 'setActive', 'changePhoneNumber', 'delete'],
  sessionStore: [
    'insert',
    'rotate',
    'find',
    'markUsed',
    'list',
    'revoke',
    'reauthenticate',
    'revokeAll',
    'keepLatest',
    'purge',
  ],
} as const satisfies Partial<{ readonly [Name in keyof Stores]: readonly (keyof Stores[Name])[] }>

const PROVIDERS = { smsSender: ['send'], codeService: ['start', 'check'] } as const

/** Returns one sentence for each missing or incomplete store or sender. */
export function missingParts(options: Partial<Parts>): string[] {
  const required = Object.entries(REQUIRED_PARTS).flatMap(([name, methods]) => {
    const part = options[name as keyof typeof REQUIRED_PARTS]
    return part === undefined ? [`${name} is required.`] : lacking(name, part, methods)
  })
  const given = Object.entries(PROVIDERS).filter(([name]) => options[name as keyof typeof PROVIDERS] !== undefined)
  const providers = given.flatMap(([name, methods]) => lacking(name, options[name as keyof typeof PROVIDERS], methods))
  if (given.length === 0) providers.push('smsSender or codeService is required.')
  if (given.length === 2) providers.push('smsSender and codeService cannot be used together; remove one of them.')
  return [...required, ...providers]
}

const CALLBACKS = [
  'onEvent',
  'waitUntil',
  'now',
  'beforeSignIn',
  'afterProfileCompleted',
  'afterPhoneChanged',
  'ping',
  'close',
] as const satisfies readonly (keyof PhoneAuthOptions)[]

/** Returns one sentence for each option that must be a function and is not. */
export function callbackProblems(options: Partial<Record<(typeof CALLBACKS)[number], unknown>>): string[] {
  const isWrong = (value: unknown) => value !== undefined && typeof value !== 'function'
  return CALLBACKS.filter((name) => isWrong(options[name])).map((name) => `${name} must be a function.`)
}

function lacking(name: string, part: unknown, methods: readonly string[]): string[] {
  const missing = methods.filter((method) => typeof (part as Record<string, unknown> | null)?.[method] !== 'function')
  return missing.length === 0 ? [] : [`${name} must implement ${missing.join(', ')}.`]
}

/** The secret in the examples of the documentation. */
const EXAMPLE_SECRET = 'an example secret; yours comes from the environment'

/** A part of the options that must not be used in production, and why. */
export interface DevelopmentPart {
  readonly name: string
  readonly reason: string
}

/** Returns the parts that must not be used in production. */
export function developmentParts(options: Parts & Pick<TokenOptions, 'secret'>): DevelopmentPart[] {
  const { otpStore, userStore, sessionStore, smsSender, codeService, testNumbers, secret } = options
  const parts = Object.entries({ otpStore, userStore, sessionStore, smsSender, codeService })
  const marked = parts.flatMap(([name, part]) =>
    part?.developmentOnly === undefined ? [] : [{ name, reason: part.developmentOnly }],
  )
  const isExample = [secret].flat().includes(EXAMPLE_SECRET)
  return [
    ...marked,
    ...(testNumbers === undefined ? [] : [{ name: 'testNumbers', reason: 'anyone can sign in with them.' }]),
    ...(isExample
      ? [{ name: 'secret', reason: 'it is the example of the documentation, which anyone can read.' }]
      : []),
  ]
}
