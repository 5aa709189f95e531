import type { PhoneNumber } from '@phone-auth/core'
import type {
  Attempt,
  Charge,
  Failure,
  Lane,
  NewChallenge,
  NewSession,
  OpenRequest,
  Success,
} from '@phone-auth/core/adapters'

// Constants, so that every run is the same. The phone numbers are reserved for fiction.

export const ALICE = '+14155550101' as PhoneNumber
export const BOB = '+14155550102' as PhoneNumber
export const CAROL = '+14155550103' as PhoneNumber

const hash = (label: string) => label.padEnd(43, '.')

export const RIGHT = hash('hash-of-the-right-code')
export const WRONG = hash('hash-of-a-wrong-code')

export const MAX_ATTEMPTS = 5
export const MAX_ATTEMPTS_BY_NUMBER = 3
export const TTL_SECONDS = 600

/** The subject of Alice's phone number. */
export const ALICE_SUBJECT = 'fingerprint-of-alice'

/** The lane that is open to everyone, with no charges. */
export const STRANGERS: Lane = { subject: null, knownSeconds: null, charges: [] }

/** A right code after which nothing becomes known. */
export const SUCCESS: Success = { known: [], forgotten: [], knownSeconds: 5000, maxDevices: 2, recordSeconds: 86_400 }

/** A challenge for Alice's phone number, identified by `label`. */
export function newChallenge(label: string, overrides: Partial<NewChallenge> = {}): NewChallenge {
  return {
    idHash: hash(`challenge-${label}`),
    purpose: 'sign_in',
    sessionId: null,
    channel: 'sms',
    phoneNumber: ALICE,
    seed: `seed-${label}`.padEnd(22, '.'),
    codeHash: RIGHT,
    keyId: 'key-1',
    format: { alphabet: 'digits', length: 6 },
    maxAttempts: MAX_ATTEMPTS,
    maxAttemptsByNumber: MAX_ATTEMPTS_BY_NUMBER,
    maxSends: 3,
    numberSubject: ALICE_SUBJECT,
    userSubject: null,
    network: null,
    ...overrides,
  }
}

export function openRequest(
  label: string,
  charges: readonly Charge[] = [],
  overrides: Partial<NewChallenge> = {},
): OpenRequest {
  return { challenge: newChallenge(label, overrides), ttlSeconds: TTL_SECONDS, charges, lanes: [STRANGERS] }
}

/** A charge with a limit in any hour. */
export function charge(subject: string, limit: number, overrides: Partial<Charge> = {}): Charge {
  const rates = [{ limit, windowSeconds: 3600 }]
  return { subject, kind: 'sends', cost: 1, rates, isReserved: false, grainSeconds: 0, ...overrides }
}

/** A reservation of all attempts, with a limit in any hour. */
export function reservation(subject: string, limit: number, overrides: Partial<Charge> = {}): Charge {
  return charge(subject, limit, { kind: 'guesses', cost: MAX_ATTEMPTS, isReserved: true, ...overrides })
}

/** The failures that a wrong code records, for an hour. */
export function failure(kind: Failure['kind'], ...subjects: readonly string[]): Failure {
  return { kind, subjects, rates: [{ limit: 1, windowSeconds: 3600 }], grainSeconds: 0 }
}

/** An attempt to redeem the challenge `label`, by default with the right code. */
export function attempt(label: string, overrides: Partial<Attempt> = {}): Attempt {
  return {
    idHash: newChallenge(label).idHash,
    purpose: 'sign_in',
    sessionId: null,
    by: 'challenge_id',
    codeHashes: [RIGHT],
    failures: [],
    success: SUCCESS,
    ...overrides,
  }
}

export const IDLE_SECONDS = 1000
export const ABSOLUTE_SECONDS = 2500

/** The hash of the nth refresh token of the session `label`. */
export function refreshTokenHash(label: string, n: number): string {
  return hash(`refresh-token-${label}-${n}`)
}

export function sessionId(label: string): string {
  return `session-${label}`.padEnd(22, '.')
}

export function newSession(label: string): NewSession {
  return {
    id: sessionId(label),
    refreshTokenHash: refreshTokenHash(label, 1),
    userAgent: 'A browser',
    ip: '203.0.113.7',
    absoluteSeconds: ABSOLUTE_SECONDS,
    idleSeconds: IDLE_SECONDS,
  }
}
