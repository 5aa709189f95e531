import type { PhoneNumber } from '@phone-auth/core'
import type { Attempt, NewChallenge } from '@phone-auth/core/adapters'
import { PHONE } from '@phone-auth/sql-tests'

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
})

/** The right code for a challenge. */
export const attempt = (idHash: string): Attempt => ({
  idHash,
  purpose: 'sign_in',
  sessionId: null,
  by: 'challenge_id',
  codeHashes: ['right'],
  failureCharges: [],
})
