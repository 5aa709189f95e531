import type { PhoneNumber } from '@phone-auth/core'
import {
  attemptsLeft,
  type RedeemOutcome,
  type Registration,
  type RotateOutcome,
  type Rotation,
  type SignInOutcome,
  type SignInRequest,
} from '@phone-auth/core/adapters'
import { attemptInput, challengeInput, resendInput } from '../query/challenges.ts'
import type { DialectSteps } from '../query/dialect.ts'
import { type Database, first, one } from '../query/run.ts'
import { sessionInput } from '../query/sessions.ts'
import { challengeOf, instantOf, sessionOf, userWithProfileOf } from '../schema/rows.ts'
import { chargesInput, fullOf, outcomeInput } from './budgets.ts'
import {
  openStatement,
  type RedeemedRow,
  redeemStatement,
  resendStatement,
  rotateStatement,
  signInStatement,
  signInUserStatement,
} from './compound-statements.ts'

/** The steps as one statement each, because every round trip adds to the cost of a sign-in. */
export function postgresSteps({ run }: Database): DialectSteps {
  return {
    open: async (request) => {
      const { challenge, charges, lanes, ttlSeconds } = request
      const input = chargesInput(charges, lanes, ttlSeconds)
      const row = await one(run(openStatement, { ...challengeInput(request), ...input }))
      const lane = lanes[(row.used_lane ?? 0) - 1]
      const full = fullOf(row, input, [...charges, ...(lane?.charges ?? [])], ttlSeconds)
      const at = instantOf(row.now_at)
      if (row.expires_at === null) return { outcome: 'limited', full, at }
      const counts = { attempts: 0, attemptsByNumber: 0, attemptsByStranger: 0, sends: 1 }
      const message = { delivery: 'unknown', handle: null } as const
      const instants = { createdAt: at, expiresAt: instantOf(row.expires_at), consumedAt: null }
      const opened = { ...challenge, ...counts, ...message, ...instants, lane: lane?.subject ?? null }
      return { outcome: 'opened', challenge: opened, full }
    },

    resend: async (request) => {
      const input = chargesInput(request.charges)
      const row = await one(run(resendStatement, { ...resendInput(request), ...input }))
      if (row.found === null) return { outcome: 'gone' }
      const found = challengeOf(row.found)
      if (attemptsLeft(found, 'challenge_id') <= 0) return { outcome: 'spent' }
      if (found.sends >= found.maxSends) return { outcome: 'no_sends_left' }
      const full = fullOf(row, input, request.charges)
      const at = instantOf(row.now_at)
      if (row.resent === null) return { outcome: 'limited', full, at }
      return { outcome: 'resent', challenge: challengeOf(row.resent), full, at }
    },

    redeem: async (attempt) =>
      redeemOutcome(await one(run(redeemStatement, { ...attemptInput(attempt), ...outcomeInput(attempt) }))),

    signInUser: async (phoneNumber: PhoneNumber, registration: Registration) => {
      const row = await one(run(signInUserStatement, { phoneNumber, registration }))
      if (row.account === null || row.profile === null) return null
      return { ...userWithProfileOf(row.account, row.profile), isNew: row.is_new }
    },

    signIn: async ({ attempt, registration, session }: SignInRequest): Promise<SignInOutcome> => {
      const input = { ...attemptInput(attempt), ...outcomeInput(attempt), ...sessionInput(session), registration }
      const row = await one(run(signInStatement, input))
      const redeemed = redeemOutcome(row)
      if (redeemed.outcome !== 'redeemed') return redeemed
      const { challenge } = redeemed
      if (row.account === null || row.profile === null) return { outcome: 'unregistered', challenge }
      const { user, profile } = userWithProfileOf(row.account, row.profile)
      if (row.session === null) return { outcome: 'inactive', challenge, user }
      const inserted = sessionOf(row.session)
      return {
        outcome: 'signed_in',
        challenge,
        user,
        profile,
        isNewUser: row.is_new,
        session: inserted,
      }
    },

    rotate: async (rotation: Rotation): Promise<RotateOutcome> => {
      const row = await first(run(rotateStatement, rotation))
      if (row === undefined) return { outcome: 'gone' }
      return { outcome: row.outcome, session: sessionOf(row) }
    },
  }
}

function redeemOutcome({ challenge: row, is_claimed: isClaimed }: RedeemedRow): RedeemOutcome {
  if (row === null) return { outcome: 'gone' }
  const challenge = challengeOf(row)
  if (!isClaimed) return { outcome: 'spent', challenge }
  return challenge.consumedAt === null ? { outcome: 'wrong', challenge } : { outcome: 'redeemed', challenge }
}
