import type { PhoneAuthOptions } from '../options/options.ts'

type Names<Options> = { readonly [Name in keyof Required<Options>]: true }

type Group<Name extends keyof PhoneAuthOptions> = Names<NonNullable<PhoneAuthOptions[Name]>>

const TOP_LEVEL: Names<PhoneAuthOptions> & { migrate: true } = {
  otpStore: true,
  userStore: true,
  sessionStore: true,
  jointSteps: true,
  ping: true,
  close: true,
  // The factories of SQL stores return it beside the stores.
  migrate: true,
  smsSender: true,
  codeService: true,
  messages: true,
  testNumbers: true,
  allowedRegions: true,
  defaultRegion: true,
  additionalRanges: true,
  registration: true,
  requireChallengeId: true,
  dormantAfter: true,
  code: true,
  limits: true,
  secret: true,
  accessToken: true,
  session: true,
  profile: true,
  beforeSignIn: true,
  afterProfileCompleted: true,
  afterPhoneChanged: true,
  onEvent: true,
  waitUntil: true,
  now: true,
  environment: true,
  unsafeAllowDevelopmentParts: true,
}

const messages: Group<'messages'> = {
  applicationName: true,
  host: true,
  locales: true,
  templates: true,
  androidAppHash: true,
  sendTimeout: true,
}

const code: Group<'code'> = {
  length: true,
  ttl: true,
  maxAttempts: true,
  maxAttemptsByNumber: true,
  maxSends: true,
  resend: true,
  hardened: true,
}

const limits: Group<'limits'> = {
  cooldown: true,
  sendsPerNumber: true,
  sendsPerNumberAndNetwork: true,
  sendsPerDevice: true,
  sendsPerUser: true,
  guessesPerNumber: true,
  guessesPerDevice: true,
  guessesInARow: true,
  startsPerAddress: true,
  startsPerNetwork: true,
  startsFromUnknown: true,
  failuresPerAddress: true,
  failuresPerNetwork: true,
  knownNetwork: true,
  knownDevice: true,
}

const accessToken: Group<'accessToken'> = { ttl: true, clockTolerance: true, issuer: true, audience: true, keys: true }

const session: Group<'session'> = {
  idle: true,
  absolute: true,
  reuseWindow: true,
  cacheAge: true,
  max: true,
  fresh: true,
}

const testNumbers: Group<'testNumbers'> = { codes: true, until: true }

const profile: Group<'profile'> = { schema: true, isComplete: true, check: true }

const GROUPS = { messages, code, limits, accessToken, session, testNumbers, profile }

/** Returns one sentence for each option that does not exist, because it would have no effect. */
export function unknownOptions(options: object): string[] {
  const groups = Object.entries(GROUPS).flatMap(([group, names]) =>
    unknownIn(`${group}.`, (options as Readonly<Record<string, unknown>>)[group], names),
  )
  return [...unknownIn('', options, TOP_LEVEL), ...groups]
}

function unknownIn(path: string, options: unknown, names: object): string[] {
  if (typeof options !== 'object' || options === null) return []
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(names, name))
    .map((name) => `${path}${name} is not an option; check its spelling.`)
}
