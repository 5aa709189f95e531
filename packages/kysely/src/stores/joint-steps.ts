import type { UserId } from '@phone-auth/core'
import type {
  ChangePhoneNumberOutcome,
  ChangePhoneNumberRequest,
  DeactivatedUser,
  DeleteUserOutcome,
  DeleteUserRequest,
  JointSteps,
  SignedIn,
  SignInOutcome,
  SignInRequest,
  Stores,
} from '@phone-auth/core/adapters'
import { consumeOpenChallenges } from '../query/challenges.ts'
import type { DialectSteps, SqlDialect } from '../query/dialect.ts'
import { type Database, first, type Run } from '../query/run.ts'
import { revokeSessionsByUser, updateAuthenticatedAt } from '../query/sessions.ts'
import { deactivateUser, selectPhoneNumber, selectSessionWithUser } from '../query/users.ts'
import { joinedUserOf, part, rowId, sessionOf, userOf } from '../schema/rows.ts'
import { OvertakenError } from './database.ts'
import { changeNumber, deleteUserRows, orTaken } from './user-changes.ts'

/**
 * The steps over users, sessions and challenges together.
 *
 * Each step locks challenges first, then the user, then the sessions. A sign-in uses the same
 * order, so no two steps wait for each other. The sessions come last, so that the step sees the
 * sessions of sign-ins that it has waited for.
 */
export class KyselyJointSteps implements JointSteps {
  readonly over: Stores
  readonly #database: Database
  readonly #dialect: SqlDialect
  readonly #steps: DialectSteps

  constructor(over: Stores, database: Database, dialect: SqlDialect, steps: DialectSteps) {
    this.over = over
    this.#database = database
    this.#dialect = dialect
    this.#steps = steps
  }

  signIn(request: SignInRequest): Promise<SignInOutcome> {
    return this.#steps.signIn(request)
  }

  async findSignedIn(sessionId: string): Promise<SignedIn | null> {
    const row = await first(this.#database.run(selectSessionWithUser, { id: sessionId }))
    return row === undefined ? null : { ...joinedUserOf(row), session: sessionOf(part('sessions', 'session', row)) }
  }

  async changePhoneNumber(request: ChangePhoneNumberRequest): Promise<ChangePhoneNumberOutcome> {
    const { phoneNumber, sessionId } = request
    const id = rowId(request.userId)
    const change = this.#database.atomically(async (run): Promise<ChangePhoneNumberOutcome> => {
      const outcome = await changeNumber(run, id, phoneNumber, (previous) => discard(run, [previous, phoneNumber]))
      if (outcome.outcome !== 'changed') return outcome
      await requireSession(run, sessionId)
      return { ...outcome, endedSessionIds: await revokeSessions(run, id, sessionId) }
    })
    return orTaken(this.#dialect, orSessionEnded(change))
  }

  async deleteUser({ userId, sessionId }: DeleteUserRequest): Promise<DeleteUserOutcome> {
    const id = rowId(userId)
    const deletion = this.#database.atomically(async (run): Promise<DeleteUserOutcome> => {
      const phoneNumber = (await first(run(selectPhoneNumber, { id })))?.phone_number
      if (phoneNumber === undefined) return { outcome: 'not_found', endedSessionIds: [] }
      await discard(run, [phoneNumber])
      // From here on the user cannot sign in. The number was read without a lock and must still be
      // the user's.
      const user = await first(run(deactivateUser, { id }))
      if (user?.phone_number !== phoneNumber) throw new OvertakenError()
      if (sessionId !== null) await requireSession(run, sessionId)
      return { outcome: 'deleted', user: userOf(user), endedSessionIds: await deleteUserRows(run, id) }
    })
    return orSessionEnded(deletion)
  }

  deactivateUser(userId: UserId): Promise<DeactivatedUser | null> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const user = await first(run(deactivateUser, { id }))
      return user === undefined ? null : { user: userOf(user), endedSessionIds: await revokeSessions(run, id, null) }
    })
  }
}

function discard(run: Run, phoneNumbers: readonly string[]): Promise<unknown> {
  return run(consumeOpenChallenges, { phoneNumbers: JSON.stringify(phoneNumbers) })
}

async function revokeSessions(run: Run, userId: number, exceptId: string | null): Promise<string[]> {
  const { rows } = await run(revokeSessionsByUser, { userId, exceptId })
  return rows.map(({ id }) => id)
}

/** Undoes the step in which it is thrown. */
class SessionEndedError extends Error {}

// A write, so that a call that ends the session at the same time either waits for this step or
// comes first.
async function requireSession(run: Run, id: string): Promise<void> {
  if ((await run(updateAuthenticatedAt, { id })).rows.length === 0) throw new SessionEndedError()
}

async function orSessionEnded<Outcome>(step: Promise<Outcome>): Promise<Outcome | { outcome: 'session_ended' }> {
  try {
    return await step
  } catch (error) {
    if (error instanceof SessionEndedError) return { outcome: 'session_ended' }
    throw error
  }
}
