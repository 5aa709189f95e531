import {
  type PhoneChangeOutcome,
  type PhoneNumber,
  type ProfilePatch,
  patched,
  type Registration,
  type UserId,
  type UserStore,
  type UserWithProfile,
} from '@phone-auth/core'
import { consumeOpenChallenges } from '../query/challenges.ts'
import type { DialectSteps, SqlDialect } from '../query/dialect.ts'
import type { Database, Run } from '../query/run.ts'
import {
  deleteSessionsByUser,
  revokeSessionsByUser,
  selectSessionId,
  updateAuthenticatedAt,
} from '../query/sessions.ts'
import {
  activateUser,
  deactivateUser,
  deleteProfile,
  deleteUser,
  selectPhoneNumber,
  selectUserById,
  selectUserByPhoneNumber,
  selectUserForUpdate,
  selectUserId,
  updatePhoneNumber,
  updateProfile,
} from '../query/users.ts'
import { columnsOf, joinedUserOf, profileOf, rowId } from '../schema/rows.ts'
import type { ProfileRow } from '../schema/tables.ts'
import { OvertakenError } from './database.ts'

export class KyselyUserStore implements UserStore {
  readonly #database: Database
  readonly #dialect: SqlDialect
  readonly #steps: DialectSteps

  constructor(database: Database, dialect: SqlDialect, steps: DialectSteps) {
    this.#database = database
    this.#dialect = dialect
    this.#steps = steps
  }

  signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(UserWithProfile & { readonly isNew: boolean }) | null> {
    return this.#steps.signInUser(phoneNumber, registration)
  }

  async findById(id: UserId): Promise<UserWithProfile | null> {
    const [row] = (await this.#database.run(selectUserById, { id: rowId(id) })).rows
    return row === undefined ? null : joinedUserOf(row)
  }

  async findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null> {
    const [row] = (await this.#database.run(selectUserByPhoneNumber, { phoneNumber })).rows
    return row === undefined ? null : joinedUserOf(row)
  }

  saveProfile(userId: UserId, patch: ProfilePatch): Promise<UserWithProfile | null> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const [row] = (await run(selectUserForUpdate, { id })).rows
      if (row === undefined) return null
      const { user, profile } = joinedUserOf(row)
      const saved = await run(updateProfile, { userId: id, ...columnsOf(patched(profile.fields, patch)) })
      return { user, profile: profileOf(saved.rows[0] as ProfileRow) }
    })
  }

  setActive(userId: UserId, isActive: boolean): Promise<boolean> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const { rows } = await run(isActive ? activateUser : deactivateUser, { id })
      // A statement of its own: it sees the sessions of sign-ins that the one before has waited for.
      if (!isActive) await run(revokeSessionsByUser, { userId: id, exceptId: null })
      return rows.length > 0
    })
  }

  async changePhoneNumber(
    userId: UserId,
    phoneNumber: PhoneNumber,
    exceptSessionId: string | null,
  ): Promise<PhoneChangeOutcome> {
    try {
      return await this.#database.atomically(async (run) => {
        const id = rowId(userId)
        const previous = (await run(selectPhoneNumber, { id })).rows[0]?.phone_number
        if (previous === undefined) return { outcome: 'not_found' }
        const [owner] = (await run(selectUserId, { phoneNumber })).rows
        if (owner !== undefined && Number(owner.id) !== id) return { outcome: 'taken' }
        // Challenges before the user, as a sign-in takes them: otherwise each could wait for what the other holds. The number is read before
        // that without a lock, and must still be the user's afterwards.
        await run(consumeOpenChallenges, { phoneNumbers: JSON.stringify([previous, phoneNumber]) })
        const { rows } = await run(updatePhoneNumber, { id, previous, phoneNumber })
        if (rows.length === 0) throw new OvertakenError()
        await requireSession(run, exceptSessionId)
        // Last: it sees the sessions of sign-ins that the statements before have waited for.
        await run(revokeSessionsByUser, { userId: id, exceptId: exceptSessionId })
        return { outcome: 'changed', previousPhoneNumber: previous as PhoneNumber }
      })
    } catch (error) {
      if (error instanceof SessionEndedError) return { outcome: 'session_ended' }
      // Whoever signed up with it at the same time was first.
      if (this.#dialect.isTaken(error)) return { outcome: 'taken' }
      throw error
    }
  }

  async delete(userId: UserId, sessionId: string | null = null): Promise<boolean> {
    try {
      return await this.#delete(rowId(userId), sessionId)
    } catch (error) {
      if (error instanceof SessionEndedError) return false
      throw error
    }
  }

  #delete(id: number, sessionId: string | null): Promise<boolean> {
    return this.#database.atomically(async (run) => {
      const phoneNumber = (await run(selectPhoneNumber, { id })).rows[0]?.phone_number
      if (phoneNumber === undefined) return false
      // Challenges before the user, as for a change of number.
      await run(consumeOpenChallenges, { phoneNumbers: JSON.stringify([phoneNumber]) })
      // Nobody signs in from here on. The rest is not left to ON DELETE CASCADE alone: SQLite heeds it only on connections that asked for it.
      const { rows } = await run(deactivateUser, { id })
      if (rows[0]?.phone_number !== phoneNumber) throw new OvertakenError()
      await requireSession(run, sessionId)
      await run(deleteSessionsByUser, { userId: id })
      await run(deleteProfile, { userId: id })
      await run(deleteUser, { id })
      return true
    })
  }
}

// Undoes the step that it is thrown within.
class SessionEndedError extends Error {}

// By a write: whoever ends the session at the same time waits until the step is done, or was first. One that was never here is somebody else's to
// look after.
async function requireSession(run: Run, id: string | null): Promise<void> {
  if (id === null || (await run(updateAuthenticatedAt, { id })).rows.length > 0) return
  if ((await run(selectSessionId, { id })).rows.length > 0) throw new SessionEndedError()
}
