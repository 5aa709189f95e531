import { describe, expect, it } from 'vitest'
import {
  attemptsLeft,
  type Challenge,
  DELIVERIES,
  deliveryRank,
  isByNumber,
  isOpen,
  unusedAttempts,
} from '../../src/challenge/challenge.ts'
import { HARDENED_FORMATS } from '../../src/challenge/code-format.ts'
import type { PhoneNumber } from '../../src/phone-number/phone-number.ts'
import { PHONE, START } from '../setup.ts'

const later = (seconds: number) => new Date(START.getTime() + seconds * 1000)

const challenge: Challenge = {
  idHash: 'id',
  purpose: 'sign_in',
  sessionId: null,
  channel: 'sms',
  phoneNumber: PHONE as PhoneNumber,
  seed: 'seed',
  codeHash: 'hash',
  keyId: 'key',
  format: HARDENED_FORMATS.digits,
  maxAttempts: 5,
  maxAttemptsByNumber: 3,
  maxSends: 3,
  numberSubject: 'number',
  userSubject: null,
  network: null,
  attempts: 0,
  attemptsByNumber: 0,
  attemptsByStranger: 0,
  sends: 1,
  lane: null,
  delivery: 'unknown',
  handle: null,
  createdAt: START,
  expiresAt: later(600),
  consumedAt: null,
}

describe('a challenge', () => {
  it('OTP-2 OTP-3 is open until it is consumed or expires', () => {
    expect(isOpen(challenge, START)).toBe(true)
    expect(isOpen(challenge, later(599.999))).toBe(true)
    expect(isOpen(challenge, later(600))).toBe(false)
    expect(isOpen({ ...challenge, consumedAt: START }, START)).toBe(false)
  })

  it('LIM-1 returns the attempts that were not wrong when the right code comes', () => {
    const unused = [1, 2, 5].map((attempts) => unusedAttempts({ maxAttempts: 5, attempts }))
    expect(unused).toEqual([5, 4, 1])
  })

  it('OTP-5 distinguishes callers that have only the number', () => {
    expect(['phone_number' as const, 'stranger' as const].map(isByNumber)).toEqual([true, true])
    expect(['challenge_id' as const, 'code_service' as const].map(isByNumber)).toEqual([false, false])
  })

  const afterAttempts = [
    { used: [0, 0, 0], left: { challenge_id: 5, phone_number: 3, stranger: 1 } },
    { used: [4, 0, 0], left: { challenge_id: 1, phone_number: 1, stranger: 1 } },
    { used: [5, 0, 0], left: { challenge_id: 0, phone_number: 0, stranger: 0 } },
    { used: [2, 2, 0], left: { challenge_id: 3, phone_number: 1, stranger: 1 } },
    { used: [3, 3, 0], left: { challenge_id: 2, phone_number: 0, stranger: 0 } },
    { used: [1, 1, 1], left: { challenge_id: 4, phone_number: 2, stranger: 0 } },
    { used: [4, 2, 1], left: { challenge_id: 1, phone_number: 1, stranger: 0 } },
  ] as const
  it.each(afterAttempts)('OTP-5 OTP-8 after $used attempts by all, by number and by strangers has $left', (row) => {
    const [attempts, attemptsByNumber, attemptsByStranger] = row.used
    const used = { ...challenge, attempts, attemptsByNumber, attemptsByStranger }
    const left = (['challenge_id', 'phone_number', 'stranger'] as const).map((by) => [by, attemptsLeft(used, by)])
    expect(Object.fromEntries(left)).toEqual(row.left)
  })

  it('ranks delivery reports by message, and then by how far the message is', () => {
    expect(DELIVERIES).toEqual(['unknown', 'queued', 'sent', 'failed', 'delivered'])
    const ranks = [1, 2].flatMap((send) => DELIVERIES.map((delivery) => deliveryRank({ send, delivery })))
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    expect(new Set([0, ...ranks]).size).toBe(11)
    expect(Math.min(...ranks)).toBeGreaterThan(0)
  })
})
