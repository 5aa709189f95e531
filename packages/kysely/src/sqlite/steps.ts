import type { PhoneNumber } from '@phone-auth/core'
import {
  type Attempt,
  attemptsLeft,
  type RedeemOutcome,
  type Registration,
  reservationsOf,
  type SignInSteps,
  signInByStep,
} from '@phone-auth/core/adapters'
import {
  attemptInput,
  challengeInput,
  insertChallenge,
  resendInput,
  selectOpenChallengeByHash,
  updateChallengeOnAttempt,
  updateSendsReturning,
} from '../query/challenges.ts'
import type { DialectSteps } from '../query/dialect.ts'
import { type Database, first, one, type Run } from '../query/run.ts'
import {
  exchangeAgain,
  insertSession,
  revokeSessionById,
  rotateSession,
  selectLiveSessionById,
  sessionInput,
} from '../query/sessions.ts'
import { insertProfile, insertUser, selectProfile, updateUserOnSignIn } from '../query/users.ts'
import { challengeOf, rowId, sessionOf, userWithProfileOf } from '../schema/rows.ts'
import type { UserRow } from '../schema/tables.ts'
import { chargeAll, chargeLane, fail, succeed } from './budgets.ts'

/**
 * The steps as transactions of small statements. There are no round trips, so the number of
 * statements costs little, and the rules stay in TypeScript.
 */
export function sqliteSteps({ atomically }: Database): DialectSteps {
  return {
    open: (request) =>
      atomically(async (run, now) => {
        const { isAdmitted, full, lane, charges } = await chargeLane(run, request, now)
        if (!isAdmitted) return { outcome: 'limited', full, at: now }
        const opened = { lane: lane.subject, reservations: JSON.stringify(reservationsOf(charges)) }
        const row = await one(run(insertChallenge, { ...challengeInput(request), ...opened }))
        return { outcome: 'opened', challenge: challengeOf(row), full }
      }),

    resend: (request) =>
      atomically(async (run, now) => {
        const row = await first(run(selectOpenChallengeByHash, request))
        if (row === undefined) return { outcome: 'gone' }
        if (attemptsLeft(challengeOf(row), 'challenge_id') <= 0) return { outcome: 'spent' }
        if (row.sends >= row.max_sends) return { outcome: 'no_sends_left' }
        const { isAdmitted, full } = await chargeAll(run, request.charges, now, challengeOf(row).expiresAt)
        if (!isAdmitted) return { outcome: 'limited', full, at: now }
        const resent = await one(run(updateSendsReturning, resendInput(request)))
        return { outcome: 'resent', challenge: challengeOf(resent), full, at: now }
      }),

    redeem: (attempt) => atomically((run, now) => redeem(run, now, attempt)),

    signInUser: (phoneNumber, registration) => atomically((run) => signInUser(run, phoneNumber, registration)),

    signIn: (request) =>
      atomically((run, now) => {
        const steps: SignInSteps = {
          redeem: (attempt) => redeem(run, now, attempt),
          signInUser: ({ phoneNumber }, registration) => signInUser(run, phoneNumber, registration),
          insertSession: async (userId, session) =>
            sessionOf(await one(run(insertSession, { ...sessionInput(session), userId: rowId(userId) }))),
        }
        return signInByStep(steps, request)
      }),

    rotate: (rotation) =>
      atomically(async (run, now) => {
        const live = await first(run(selectLiveSessionById, { id: rotation.sessionId }))
        if (live === undefined) return { outcome: 'gone' }
        if (rotation.refreshTokenHash === live.refresh_token_hash) {
          return { outcome: 'rotated', session: sessionOf(await one(run(rotateSession, rotation))) }
        }
        const session = sessionOf(live)
        const windowMs = rotation.reuseWindowSeconds * 1000
        if (rotation.refreshTokenHash === live.previous_refresh_token_hash && windowMs > 0) {
          if (now.getTime() < session.lastUsedAt.getTime() + windowMs) return { outcome: 'repeated', session }
          if (!session.isGenerationUsed) {
            return { outcome: 'repeated', session: sessionOf(await one(run(exchangeAgain, rotation))) }
          }
        }
        await run(revokeSessionById, { id: live.id })
        return { outcome: 'reused', session }
      }),
  }
}

async function redeem(run: Run, now: Date, attempt: Attempt): Promise<RedeemOutcome> {
  const row = await first(run(updateChallengeOnAttempt, attemptInput(attempt)))
  if (row === undefined) {
    const open = await first(run(selectOpenChallengeByHash, attempt))
    const isAnothers = open?.purpose !== attempt.purpose || open.session_id !== attempt.sessionId
    return open === undefined || isAnothers ? { outcome: 'gone' } : { outcome: 'spent', challenge: challengeOf(open) }
  }
  const challenge = challengeOf(row)
  if (challenge.consumedAt !== null) {
    await succeed(run, row, attempt, now)
    return { outcome: 'redeemed', challenge }
  }
  await fail(run, row, attempt, now)
  return { outcome: 'wrong', challenge }
}

async function signInUser(run: Run, phoneNumber: PhoneNumber, registration: Registration) {
  const known = await first(run(updateUserOnSignIn, { phoneNumber }))
  if (known === undefined && registration === 'closed') return null
  const user: UserRow = known ?? (await one(run(insertUser, { phoneNumber })))
  const userId = Number(user.id)
  // A user that the application has imported has no profile before the first sign-in.
  const profile = (await first(run(selectProfile, { userId }))) ?? (await one(run(insertProfile, { userId })))
  return { ...userWithProfileOf(user, profile), isNew: known === undefined }
}
