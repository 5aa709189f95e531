import { type HardenedCodes, hardenedFormat } from '../challenge/code-format.ts'
import { utf8 } from '../crypto/bytes.ts'
import { InvalidOptionsError } from '../errors/index.ts'
import type { AccessTokenKeySet } from '../keys/key-set.ts'
import { keySetProblems } from '../keys/key-set-problems.ts'
import { MIN_SECRET_BYTES } from '../keys/secret-keys.ts'
import type { LimitPolicy } from '../limits/policy.ts'
import { type SmsTextOptions, smsTextProblems, templatesOf } from '../message/sms-text.ts'
import type { DeliveryOptions } from '../options/delivery.ts'
import type { OperationOptions } from '../options/operation.ts'
import type { PhoneAuthOptions } from '../options/options.ts'
import type { CodeOptions } from '../options/sign-in.ts'
import type { PhoneNumberRules } from '../phone-number/phone-number.ts'
import type { TestNumbers } from '../phone-number/test-numbers.ts'
import type { Registration } from '../ports/user-store.ts'
import type { ProfileSchema } from '../profile/profile.ts'
import { profileSchemaProblems } from '../profile/schema-problems.ts'
import { DAY_SECONDS } from '../time/duration.ts'
import type { AccessTokenPolicy } from '../token/access-token.ts'
import { codeLengthProblems } from './code-length.ts'
import { environmentOf, isEnvironment, productionReason } from './environment.ts'
import { resolveLimits } from './limit-policy.ts'
import { OptionChecks, YEAR_SECONDS } from './option-checks.ts'
import { callbackProblems, type DevelopmentPart, developmentParts, missingParts } from './parts.ts'
import { resolvePhoneNumbers } from './phone-numbers.ts'
import { resolveTestNumbers } from './test-numbers.ts'
import { unknownOptions } from './unknown-options.ts'

/** The checked options, with all defaults, and with durations in seconds. */
export interface Settings {
  readonly secrets: readonly string[]
  /** The keys of access tokens; `null` if they are derived from the secrets. */
  readonly keySet: AccessTokenKeySet | null
  readonly phoneNumber: PhoneNumberRules
  readonly registration: Registration
  readonly requireChallengeId: boolean
  readonly text: SmsTextOptions
  /** The languages of the messages, the default first. Empty if a code service chooses. */
  readonly locales: readonly string[]
  readonly sendTimeoutMs: number
  readonly testNumbers: TestNumbers
  /** The parts for development that are in use although nothing says that this is no production. */
  readonly doubtfulParts: readonly DevelopmentPart[]
  readonly code: {
    readonly length: number
    readonly ttlSeconds: number
    readonly maxAttempts: number
    readonly maxAttemptsByNumber: number
    readonly maxSends: number
    readonly resend: 'repeat' | 'rotate'
    readonly hardened: HardenedCodes
  }
  readonly limits: LimitPolicy
  readonly dormantAfterSeconds: number
  readonly accessToken: AccessTokenPolicy
  readonly session: {
    readonly idleSeconds: number
    readonly absoluteSeconds: number
    readonly reuseWindowSeconds: number
    readonly cacheAgeSeconds: number
    readonly maxSessions: number | null
    readonly freshSeconds: number
  }
}

/**
 * Checks the options and adds the defaults.
 *
 * @throws {@link InvalidOptionsError} listing every problem.
 */
export function resolveSettings<Schema extends ProfileSchema>(options: PhoneAuthOptions<Schema>): Settings {
  const checks = new OptionChecks()
  const { accessToken = {}, session = {} } = options
  checks.reasons.push(...unknownOptions(options), ...missingParts(options), ...callbackProblems(options))
  const doubtfulParts = resolveParts(checks, options)
  const code = resolveCode(checks, options.code ?? {})
  if (options.profile !== undefined) checks.reasons.push(...profileSchemaProblems(options.profile.schema))
  const phoneNumber = resolvePhoneNumbers(checks, options)
  const settings: Settings = {
    secrets: resolveSecrets(checks, options.secret),
    keySet: accessToken.keys === undefined ? null : resolveKeySet(checks, accessToken.keys),
    phoneNumber,
    registration: checks.oneOf('registration', options.registration ?? 'open', 'open', 'closed'),
    requireChallengeId: options.requireChallengeId ?? false,
    ...resolveText(checks, options, code, phoneNumber.allowedRegions),
    sendTimeoutMs: 1000 * checks.seconds('messages.sendTimeout', options.messages?.sendTimeout ?? '10s', 1, 10),
    testNumbers: resolveTestNumbers(checks, options, code.length, phoneNumber),
    doubtfulParts,
    code,
    dormantAfterSeconds: checks.seconds('dormantAfter', options.dormantAfter ?? '90d', DAY_SECONDS, YEAR_SECONDS),
    limits: resolveLimits(checks, options.limits ?? {}, code),
    accessToken: {
      issuer: accessToken.issuer ?? 'phone-auth',
      audience: accessToken.audience ?? 'phone-auth',
      ttlSeconds: checks.seconds('accessToken.ttl', accessToken.ttl ?? '30m', 1, 3600),
      clockToleranceSeconds: checks.seconds('accessToken.clockTolerance', accessToken.clockTolerance ?? '5s', 0, 60),
    },
    session: {
      idleSeconds: checks.seconds('session.idle', session.idle ?? '14d', 60, YEAR_SECONDS),
      absoluteSeconds: checks.seconds('session.absolute', session.absolute ?? '30d', 60, YEAR_SECONDS),
      reuseWindowSeconds: checks.seconds('session.reuseWindow', session.reuseWindow ?? '10s', 0, 30),
      cacheAgeSeconds: checks.seconds('session.cacheAge', session.cacheAge ?? '0s', 0, 300),
      maxSessions: session.max === undefined ? null : checks.whole('session.max', session.max, 1, 1000),
      freshSeconds: checks.seconds('session.fresh', session.fresh ?? '10m', 1, DAY_SECONDS),
    },
  }
  if (checks.reasons.length > 0) throw new InvalidOptionsError(checks.reasons)
  return settings
}

function resolveParts(
  checks: OptionChecks,
  options: Parameters<typeof developmentParts>[0] & OperationOptions,
): readonly DevelopmentPart[] {
  checks.demand(
    isEnvironment(options.environment),
    'environment must be "production", "development" or "test"; without it, NODE_ENV decides.',
  )
  const environment = environmentOf(options.environment)
  if (environment === 'development' || options.unsafeAllowDevelopmentParts === true) return []
  const parts = developmentParts(options)
  if (environment === 'unknown') return parts
  const because = productionReason(options.environment)
  checks.reasons.push(...parts.map(({ name, reason }) => `${name} must not be used in production${because}: ${reason}`))
  return []
}

function resolveText(
  checks: OptionChecks,
  options: DeliveryOptions,
  code: Settings['code'],
  regions: ReadonlySet<string>,
): Pick<Settings, 'text' | 'locales'> {
  const { messages = {} } = options
  const {
    applicationName = 'Phone Auth',
    host = null,
    locales = ['en'],
    androidAppHash = null,
    templates = {},
  } = messages
  if (options.codeService !== undefined) {
    const given = [messages.applicationName, messages.host, messages.templates, messages.androidAppHash]
    checks.demand(
      given.every((option) => option === undefined),
      'messages.applicationName, messages.host, messages.templates and messages.androidAppHash cannot be used with a codeService, which writes the messages; remove them.',
    )
    return { text: { applicationName, host, androidAppHash, templates: new Map() }, locales: messages.locales ?? [] }
  }
  const choice = { locales, templates }
  const text: SmsTextOptions = { applicationName, host, androidAppHash, templates: templatesOf(choice) }
  const hardened = new Set([...regions].map((region) => hardenedFormat(code.hardened, region)))
  checks.reasons.push(...smsTextProblems(text, choice, code.length, [...hardened]))
  checks.reasons.push(...codeLengthProblems(options.smsSender, regions, code))
  return { text, locales }
}

function resolveCode(checks: OptionChecks, code: CodeOptions): Settings['code'] {
  const maxAttempts = checks.whole('code.maxAttempts', code.maxAttempts ?? 5, 1, 10)
  const byNumber = code.maxAttemptsByNumber ?? Math.min(3, maxAttempts - 1)
  return {
    length: checks.whole('code.length', code.length ?? 6, 6, 10),
    ttlSeconds: checks.seconds('code.ttl', code.ttl ?? '10m', 30, 600),
    maxAttempts,
    maxAttemptsByNumber: checks.whole('code.maxAttemptsByNumber', byNumber, 0, Math.max(maxAttempts - 1, 0)),
    maxSends: checks.whole('code.maxSends', code.maxSends ?? 3, 1, 10),
    resend: checks.oneOf('code.resend', code.resend ?? 'repeat', 'repeat', 'rotate'),
    hardened: checks.oneOf('code.hardened', code.hardened ?? 'auto', 'auto', 'alphanumeric', 'digits'),
  }
}

function resolveSecrets(checks: OptionChecks, secret: string | readonly string[] | undefined): readonly string[] {
  const secrets: readonly string[] = [secret ?? []].flat()
  checks.demand(
    secrets.length > 0,
    'secret is required and must have at least 32 random bytes; create one with `openssl rand -base64 48`.',
  )
  checks.demand(
    secrets.every(isStrongSecret),
    `secret must have at least ${MIN_SECRET_BYTES} bytes and not be a repeated pattern; create one with \`openssl rand -base64 48\`.`,
  )
  checks.demand(new Set(secrets).size === secrets.length, 'secret lists the same secret twice; remove one of them.')
  return secrets
}

function resolveKeySet(checks: OptionChecks, keySet: AccessTokenKeySet): AccessTokenKeySet | null {
  const problems = keySetProblems(keySet)
  checks.reasons.push(...problems)
  // A copy, so that later changes to the option have no effect.
  return problems.length > 0 ? null : { keys: keySet.keys.map((key) => ({ ...key })) }
}

function isStrongSecret(secret: unknown): boolean {
  if (typeof secret !== 'string' || utf8(secret).length < MIN_SECRET_BYTES) return false
  // "change-me-change-me-…" and "aaaa…" repeat a short unit; a random secret does not.
  const repeats = /^(.{1,16}?)\1+.{0,15}$/s.test(secret)
  return !repeats && new Set(secret).size >= 8
}
