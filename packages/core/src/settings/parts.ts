import type { PhoneAuthOptions } from '../options.ts'
import type { Stores } from '../ports/joint-sign-in.ts'

type Parts = Stores & Pick<PhoneAuthOptions, 'smsSender' | 'environment' | 'unsafeAllowDevelopmentParts'>

// What core calls. The rest of the ports serves administration.
const REQUIRED_PARTS = {
  otpStore: ['open', 'resend', 'redeem', 'find', 'findLatest', 'purge'],
  userStore: ['signIn', 'findById', 'findByPhoneNumber', 'saveProfile'],
  sessionStore: ['insert', 'rotate', 'find', 'revoke', 'purge'],
  smsSender: ['send'],
} as const

/** Stores and senders that are not there, or not whole, one sentence each. */
export function missingParts(options: Partial<Parts>): string[] {
  return Object.entries(REQUIRED_PARTS).flatMap(([name, methods]) => {
    const part = options[name as keyof typeof REQUIRED_PARTS] as Record<string, unknown> | undefined
    const missing = methods.filter((method) => typeof part?.[method] !== 'function')
    if (missing.length === methods.length) return [`${name} is required.`]
    return missing.length === 0 ? [] : [`${name} lacks ${missing.join(', ')}.`]
  })
}

/** Stores and senders that must not serve where they are to, one sentence each. */
export function developmentParts(options: Parts): string[] {
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
