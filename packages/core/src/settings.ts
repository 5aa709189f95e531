import { durationSeconds } from './budget/duration.ts'
import { cooldownRates, type LimitPolicy, type Rate, withoutDominated } from './budget/policy.ts'
import { InvalidOptionsError } from './errors.ts'
import { type SmsTextOptions, smsTextProblems } from './message/sms-text.ts'
import type { PhoneAuthOptions, Rates } from './options.ts'
import { isRegion, type PhoneNumberRules } from './phone-number/phone-number.ts'
import type { Stores } from './ports/joint-sign-in.ts'
import type { Registration } from './ports/user-store.ts'
import type { AccessTokenPolicy } from './token/access-token.ts'
import { MIN_SECRET_BYTES } from './token/keys.ts'

/** The options, checked, with every default filled in and every duration in seconds. */
export interface Settings {
  readonly secrets: readonly string[]
  readonly phoneNumber: PhoneNumberRules
  readonly registration: Registration
  readonly requireChallengeId: boolean
  readonly text: SmsTextOptions
  readonly code: {
    readonly length: number
    readonly ttlSeconds: number
    readonly maxAttempts: number
    readonly maxAttemptsByNumber: number
    readonly maxSends: number
    readonly resend: 'repeat' | 'rotate'
  }
  readonly limits: LimitPolicy
  readonly accessToken: AccessTokenPolicy
  readonly session: {
    readonly idleSeconds: number
    readonly absoluteSeconds: number
    readonly reuseWindowSeconds: number
  }
}

const DAY = 86_400

// NIST SP 800-63B-4 section 3.2.2: no more than 100 failed attempts.
const MAX_GUESSES_PER_MONTH = 100

/** Checks the options. @throws {@link InvalidOptionsError} listing every reason why they cannot serve. */
export function resolveSettings<Profile extends object>(options: PhoneAuthOptions<Profile>): Settings {
  const reasons: string[] = []
  const demand = (holds: boolean, reason: string) => {
    if (!holds) reasons.push(reason)
  }
  const whole = (name: string, value: unknown, min: number, max: number): number => {
    demand(
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
      `${name} must be a whole number from ${min} to ${max}.`,
    )
    return Number(value)
  }
  const seconds = (name: string, value: unknown, min: number, max: number): number => {
    const parsed = durationSeconds(value)
    demand(
      parsed !== null && parsed >= min && parsed <= max,
      `${name} must be a duration such as "30s", "10m", "24h" or "30d", from ${min} to ${max} seconds.`,
    )
    return parsed ?? min
  }
  const rates = (name: string, value: Rates): Rate[] => {
    const list = Object.entries(value)
      .map(([window, limit]) => ({
        limit: whole(`limits.${name}["${window}"]`, limit, 1, 1_000_000),
        windowSeconds: seconds(`The window "${window}" of limits.${name}`, window, 1, 366 * DAY),
      }))
      .sort((a, b) => a.windowSeconds - b.windowSeconds)
    demand(
      list.every(({ limit }, index) => index === 0 || limit >= (list[index - 1]?.limit ?? 0)),
      `limits.${name} contradicts itself: a longer window admits fewer than a shorter one.`,
    )
    demand(
      new Set(list.map(({ windowSeconds }) => windowSeconds)).size === list.length,
      `limits.${name} names one window twice.`,
    )
    return list
  }

  const { code = {}, limits = {}, accessToken = {}, session = {} } = options
  reasons.push(...missingParts(options))
  const secrets: readonly string[] = [options.secret ?? []].flat()
  demand(
    secrets.length > 0,
    'secret is required: at least 32 random bytes, for instance from `openssl rand -base64 48`.',
  )
  for (const secret of secrets) demand(isStrongSecret(secret), SECRET_REASON)
  demand(new Set(secrets).size === secrets.length, 'secret lists the same secret twice.')

  const allowedRegions = options.allowedRegions ?? []
  demand(
    allowedRegions.length > 0,
    'allowedRegions is required: the ISO 3166 regions you accept numbers of, such as ["IN", "US"].',
  )
  for (const region of [...allowedRegions, ...(options.defaultRegion === undefined ? [] : [options.defaultRegion])]) {
    demand(
      isRegion(region),
      `"${region}" is not an ISO 3166 region with telephone numbers; write "GB", not "UK" or "+44".`,
    )
  }

  const text: SmsTextOptions = { applicationName: options.applicationName ?? 'Phone Auth', host: options.host ?? null }
  reasons.push(...smsTextProblems(text))

  const length = whole('code.length', code.length ?? 6, 6, 10)
  const ttlSeconds = seconds('code.ttl', code.ttl ?? '10m', 30, 600)
  const maxAttempts = whole('code.maxAttempts', code.maxAttempts ?? 5, 1, 10)
  const maxAttemptsByNumber = whole(
    'code.maxAttemptsByNumber',
    code.maxAttemptsByNumber ?? Math.min(3, maxAttempts - 1),
    0,
    Math.max(maxAttempts - 1, 0),
  )
  const maxSends = whole('code.maxSends', code.maxSends ?? 3, 1, 10)
  const resend = code.resend ?? 'repeat'
  demand(resend === 'repeat' || resend === 'rotate', 'code.resend must be "repeat" or "rotate".')

  const registration = options.registration ?? 'open'
  demand(registration === 'open' || registration === 'closed', 'registration must be "open" or "closed".')

  const waits = limits.cooldown ?? ['30s', '60s', '120s', '300s']
  const cooldown = cooldownRates(waits.map((wait, index) => seconds(`limits.cooldown[${index}]`, wait, 1, DAY)))
  const sendsPerNumber = rates('sendsPerNumber', limits.sendsPerNumber ?? { '15m': 3, '1h': 5, '24h': 10 })
  const liveChallenges = [
    { limit: whole('limits.liveChallenges', limits.liveChallenges ?? 5, 1, 1000), windowSeconds: ttlSeconds },
  ]
  const guessesPerNumber = rates('guessesPerNumber', limits.guessesPerNumber ?? { '1h': 15, '24h': 30, '30d': 100 })
  demand(
    guessesPerNumber.every(({ limit }) => limit >= maxAttempts),
    'limits.guessesPerNumber must leave room for the attempts of one challenge (code.maxAttempts).',
  )
  demand(
    guessesPerNumber.some(({ limit, windowSeconds }) => limit <= MAX_GUESSES_PER_MONTH && windowSeconds >= 30 * DAY),
    `limits.guessesPerNumber must allow at most ${MAX_GUESSES_PER_MONTH} guesses in some window of 30 days or more.`,
  )

  const settings: Settings = {
    secrets,
    phoneNumber: { allowedRegions: new Set(allowedRegions), defaultRegion: options.defaultRegion },
    registration,
    requireChallengeId: options.requireChallengeId ?? false,
    text,
    code: { length, ttlSeconds, maxAttempts, maxAttemptsByNumber, maxSends, resend },
    limits: {
      cooldown: withoutDominated(cooldown, sendsPerNumber),
      sendsPerNumber,
      sendsPerNumberAndNetwork: rates(
        'sendsPerNumberAndNetwork',
        limits.sendsPerNumberAndNetwork ?? { '1h': 3, '24h': 5 },
      ),
      liveChallenges: withoutDominated(liveChallenges, sendsPerNumber),
      guessesPerNumber,
      startsPerAddress: rates('startsPerAddress', limits.startsPerAddress ?? { '1h': 150 }),
      startsPerNetwork: rates('startsPerNetwork', limits.startsPerNetwork ?? { '1h': 600 }),
      startsFromUnknown: rates('startsFromUnknown', limits.startsFromUnknown ?? { '1h': 60 }),
      failuresPerAddress: rates('failuresPerAddress', limits.failuresPerAddress ?? { '10m': 30, '1h': 60 }),
      failuresPerNetwork: rates('failuresPerNetwork', limits.failuresPerNetwork ?? { '1h': 200 }),
    },
    accessToken: {
      issuer: options.accessToken?.issuer ?? 'phone-auth',
      audience: options.accessToken?.audience ?? 'phone-auth',
      ttlSeconds: seconds('accessToken.ttl', accessToken.ttl ?? '30m', 1, 3600),
      clockToleranceSeconds: seconds('accessToken.clockTolerance', accessToken.clockTolerance ?? '5s', 0, 60),
    },
    session: {
      idleSeconds: seconds('session.idle', session.idle ?? '14d', 60, 366 * DAY),
      absoluteSeconds: seconds('session.absolute', session.absolute ?? '30d', 60, 366 * DAY),
      reuseWindowSeconds: seconds('session.reuseWindow', session.reuseWindow ?? '10s', 0, 30),
    },
  }
  reasons.push(...developmentParts(options))
  if (reasons.length > 0) throw new InvalidOptionsError(reasons)
  return settings
}

const SECRET_REASON = `secret must have at least ${MIN_SECRET_BYTES} bytes and not be a repeated pattern; make one with \`openssl rand -base64 48\`.`

function isStrongSecret(secret: unknown): boolean {
  if (typeof secret !== 'string' || new TextEncoder().encode(secret).length < MIN_SECRET_BYTES) return false
  // "change-me-change-me-…" and "aaaa…" repeat a short unit; the shortest unit of a random secret is the whole of it.
  const repeats = /^(.{1,16}?)\1+.{0,15}$/s.test(secret)
  return !repeats && new Set(secret).size >= 8
}

const REQUIRED_PARTS = {
  otpStore: ['open', 'resend', 'redeem', 'find', 'findLatest', 'purge'],
  userStore: ['signIn', 'findById', 'findByPhoneNumber', 'saveProfile'],
  sessionStore: ['insert', 'rotate', 'find', 'revoke', 'purge'],
  smsSender: ['send'],
} as const

function missingParts(options: Partial<Parts>): string[] {
  return Object.entries(REQUIRED_PARTS).flatMap(([name, methods]) => {
    const part = options[name as keyof typeof REQUIRED_PARTS] as Record<string, unknown> | undefined
    const missing = methods.filter((method) => typeof part?.[method] !== 'function')
    if (missing.length === methods.length) return [`${name} is required.`]
    return missing.length === 0 ? [] : [`${name} lacks ${missing.join(', ')}.`]
  })
}

type Parts = Stores & Pick<PhoneAuthOptions, 'smsSender' | 'environment' | 'unsafeAllowDevelopmentParts'>

function developmentParts(options: Parts): string[] {
  const environment = options.environment ?? (nodeEnvironment() === 'production' ? 'production' : 'development')
  if (environment !== 'production' || options.unsafeAllowDevelopmentParts === true) return []
  const parts = {
    otpStore: options.otpStore,
    userStore: options.userStore,
    sessionStore: options.sessionStore,
    smsSender: options.smsSender,
  }
  return Object.entries(parts).flatMap(([name, part]) =>
    part?.developmentOnly === undefined ? [] : [`${name} must not serve in production: ${part.developmentOnly}`],
  )
}

function nodeEnvironment(): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.NODE_ENV
}
