import {
  type Attempt,
  attemptsLeft,
  type PhoneNumber,
  type RedeemOutcome,
  type Registration,
  type RotateOutcome,
  type Rotation,
  type SignInOutcome,
  type SignInRequest,
} from '@phone-auth/core'
import { accountOf, challengeOf, type JoinedRow, part, sessionOf } from '../rows.ts'
import { attemptInput, findChallenge, openInput, resendInput } from '../statements/challenges.ts'
import { sessionInput } from '../statements/sessions.ts'
import type { Database, Steps } from '../steps.ts'
import { chargesInput, fullAfter, giveBack, takenOf } from './postgres-budgets.ts'
import {
  openStatement,
  redeemStatement,
  resendStatement,
  rotateStatement,
  signInStatement,
  signInUserStatement,
} from './postgres-statements.ts'

/** The steps as one statement each: a round trip is what a sign-in costs. */
export function postgresSteps({ run }: Database): Steps {
  const steps: Steps = {
    open: async (request) => {
      const { charges } = request
      for (;;) {
        const row = await one(run(openStatement, { ...openInput(request), ...chargesInput(charges) }))
        if (row.is_admitted) {
          const challenge = challengeOf(part('challenges', 'challenge', row))
          return { outcome: 'opened', challenge, full: fullAfter(charges, row) }
        }
        if (!row.is_wanted) return { outcome: 'limited', full: fullAfter(charges, row), at: row.now }
        await run(giveBack, takenOf(charges, row))
      }
    },

    resend: async (request) => {
      const { charges } = request
      for (;;) {
        const row = await one(run(resendStatement, { ...resendInput(request), ...chargesInput(charges) }))
        if (row.is_admitted) {
          const challenge = challengeOf(part('challenges', 'challenge', row))
          return { outcome: 'resent', challenge, full: fullAfter(charges, row), at: row.now }
        }
        if (row.found_id_hash === null) return { outcome: 'gone' }
        const found = challengeOf(part('challenges', 'found', row))
        if (attemptsLeft(found, 'challenge_id') <= 0) return { outcome: 'spent' }
        if (found.sends >= found.maxSends) return { outcome: 'no_sends_left' }
        if (!row.is_wanted) return { outcome: 'limited', full: fullAfter(charges, row), at: row.now }
        await run(giveBack, takenOf(charges, row))
      }
    },

    redeem: async (attempt) => redeemOutcome(attempt, await one(run(redeemStatement, attemptInput(attempt)))),

    signInUser: async (phoneNumber: PhoneNumber, registration: Registration) => {
      const [row] = (await run(signInUserStatement, { phoneNumber, registration })).rows
      return row === undefined ? null : { ...accountOf(row), isNew: row.account_is_new === true }
    },

    signIn: async ({ attempt, registration, session }: SignInRequest): Promise<SignInOutcome> => {
      const row = await one(run(signInStatement, { ...attemptInput(attempt), ...sessionInput(session), registration }))
      const redeemed = await redeemOutcome(attempt, row)
      if (redeemed.outcome !== 'redeemed') return redeemed
      const { challenge } = redeemed
      if (row.account_id === null) return { outcome: 'unregistered', challenge }
      const { user, profile } = accountOf(row)
      if (row.session_id === null) return { outcome: 'inactive', challenge, user }
      const inserted = sessionOf(part('sessions', 'session', row))
      return {
        outcome: 'signed_in',
        challenge,
        user,
        profile,
        isNewUser: row.account_is_new === true,
        session: inserted,
      }
    },

    rotate: async (rotation: Rotation): Promise<RotateOutcome> => {
      const [row] = (await run(rotateStatement, rotation)).rows
      if (row === undefined) return { outcome: 'gone' }
      return { outcome: row.outcome, session: sessionOf(row) }
    },
  }

  async function redeemOutcome(attempt: Attempt, row: JoinedRow): Promise<RedeemOutcome> {
    if (row.challenge_id_hash === null) return { outcome: 'gone' }
    const challenge = challengeOf(part('challenges', 'challenge', row))
    const attemptsRemaining = attemptsLeft(challenge, attempt.by)
    if (row.is_claimed === true) {
      return challenge.consumedAt === null
        ? { outcome: 'wrong', challenge, attemptsRemaining }
        : { outcome: 'redeemed', challenge }
    }
    if (attemptsRemaining <= 0) return { outcome: 'spent', challenge }
    // It was open with attempts left before this statement waited for those that used them up.
    const [now] = (await run(findChallenge, attempt)).rows
    return now === undefined ? { outcome: 'gone' } : { outcome: 'spent', challenge: challengeOf(now) }
  }

  return steps
}

async function one<Row>(result: Promise<{ rows: Row[] }>): Promise<Row> {
  return (await result).rows[0] as Row
}
