import type { PhoneNumber } from '@phone-auth/core'
import type { Attempt, Charge, Lane, NewChallenge } from '@phone-auth/core/adapters'
import { PHONE } from '@phone-auth/sql-tests'

/** The lane that is open to everyone, with no charges. */
export const STRANGERS: Lane = { subject: null, knownSeconds: null, charges: [] }

/** A charge with a limit in any minute. */
export const charge = (subject: string, limit: number): Charge => ({
  subject,
  kind: 'sends',
  cost: 1,
  rates: [{ limit, windowSeconds: 60 }],
  isReserved: false,
  grainSeconds: 0,
})

/** A challenge. The hash of its code is `right`. */
export const challenge = (idHash: string): NewChallenge => ({
  idHash,
  purpose: 'sign_in',
  sessionId: null,
  channel: 'sms',
  phoneNumber: PHONE as PhoneNumber,
  seed: 's',
  codeHash: 'right',
  keyId: 'k',
  format: { alphabet: 'digits', length: 6 },
  maxAttempts: 5,
  maxAttemptsByNumber: 3,
  maxSends: 3,
  numberSubject: 'number',
  userSubject: null,
  network: null,
})

/** The right code for a challenge. */
export const attempt = (idHash: string): Attempt => ({
  idHash,
  purpose: 'sign_in',
  sessionId: null,
  by: 'challenge_id',
  codeHashes: ['right'],
  failures: [],
  success: { known: [], forgotten: [], knownSeconds: 60, maxDevices: 10, recordSeconds: 60 },
})
