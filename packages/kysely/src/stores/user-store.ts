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
import { OvertakenError } from '../database.ts'
import type { SqlDialect } from '../dialect.ts'
import { columnsOf, joinedUserOf, profileOf, rowId } from '../rows.ts'
import { discardChallenges } from '../statements/challenges.ts'
import { deleteSessionsOf, reauthenticateSession, revokeSessionsOf, sessionExists } from '../statements/sessions.ts'
import {
  activate,
  deactivate,
  deleteProfile,
  deleteUser,
  findOwner,
  findPhoneNumber,
  findUserById,
  findUserByPhoneNumber,
  lockUser,
  saveProfile,
  setPhoneNumber,
} from '../statements/users.ts'
import type { Database, Run, Steps } from '../steps.ts'
import type { ProfileRow } from '../tables.ts'

export class KyselyUserStore implements UserStore {
  readonly #database: Database
  readonly #dialect: SqlDialect
  readonly #steps: Steps

  constructor(database: Database, dialect: SqlDialect, steps: Steps) {
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
    const [row] = (await this.#database.run(findUserById, { id: rowId(id) })).rows
    return row === undefined ? null : joinedUserOf(row)
  }

  async findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null> {
    const [row] = (await this.#database.run(findUserByPhoneNumber, { phoneNumber })).rows
    return row === undefined ? null : joinedUserOf(row)
  }

  saveProfile(userId: UserId, patch: ProfilePatch): Promise<UserWithProfile | null> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const [row] = (await run(lockUser, { id })).rows
      if (row === undefined) return null
      const { user, profile } = joinedUserOf(row)
      const saved = await run(saveProfile, { userId: id, ...columnsOf(patched(profile.fields, patch)) })
      return { user, profile: profileOf(saved.rows[0] as ProfileRow) }
    })
  }

  setActive(userId: UserId, isActive: boolean): Promise<boolean> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const { rows } = await run(isActive ? activate : deactivate, { id })
      // A statement of its own: it sees the sessions of sign-ins that the one before has waited for.
      if (!isActive) await run(revokeSessionsOf, { userId: id, exceptId: null })
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
        const previous = (await run(findPhoneNumber, { id })).rows[0]?.phone_number
        if (previous === undefined) return { outcome: 'not_found' }
        const [owner] = (await run(findOwner, { phoneNumber })).rows
        if (owner !== undefined && Number(owner.id) !== id) return { outcome: 'taken' }
        // Challenges before the user, as a sign-in takes them: otherwise each could wait for what the other holds. The number is read before
        // that without a lock, and must still be the user's afterwards.
        await run(discardChallenges, { phoneNumbers: JSON.stringify([previous, phoneNumber]) })
        const { rows } = await run(setPhoneNumber, { id, previous, phoneNumber })
        if (rows.length === 0) throw new OvertakenError()
        await requireSession(run, exceptSessionId)
        // Last: it sees the sessions of sign-ins that the statements before have waited for.
        await run(revokeSessionsOf, { userId: id, exceptId: exceptSessionId })
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
      const phoneNumber = (await run(findPhoneNumber, { id })).rows[0]?.phone_number
      if (phoneNumber === undefined) return false
      // Challenges before the user, as for a change of number.
      await run(discardChallenges, { phoneNumbers: JSON.stringify([phoneNumber]) })
      // Nobody signs in from here on. The rest is not left to ON DELETE CASCADE alone: SQLite heeds it only on connections that asked for it.
      const { rows } = await run(deactivate, { id })
      if (rows[0]?.phone_number !== phoneNumber) throw new OvertakenError()
      await requireSession(run, sessionId)
      await run(deleteSessionsOf, { userId: id })
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
  if (id === null || (await run(reauthenticateSession, { id })).rows.length > 0) return
  if ((await run(sessionExists, { id })).rows.length > 0) throw new SessionEndedError()
}
