import {
  type PhoneNumber,
  type ProfilePatch,
  patched,
  type Registration,
  type UserId,
  type UserStore,
  type UserWithProfile,
} from '@phone-auth/core'
import type { SqlDialect } from '../dialect.ts'
import { columnsOf, joinedUserOf, profileOf, rowId } from '../rows.ts'
import { deleteSessionsOf, revokeSessionsOf } from '../statements/sessions.ts'
import {
  activate,
  deactivate,
  deleteProfile,
  deleteUser,
  findUserById,
  findUserByPhoneNumber,
  lockUser,
  saveProfile,
  setPhoneNumber,
  userExists,
} from '../statements/users.ts'
import type { Database, Steps } from '../steps.ts'
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

  async changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<'changed' | 'taken' | 'not_found'> {
    const id = rowId(userId)
    try {
      const { rows } = await this.#database.run(setPhoneNumber, { id, phoneNumber })
      if (rows.length > 0) return 'changed'
    } catch (error) {
      // Whoever signed up with it at the same time was first.
      if (!this.#dialect.isTaken(error)) throw error
    }
    const { rows } = await this.#database.run(userExists, { id })
    return rows.length > 0 ? 'taken' : 'not_found'
  }

  delete(userId: UserId): Promise<boolean> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      // Nobody signs in from here on. The rest is not left to ON DELETE CASCADE alone: SQLite heeds it only on connections that asked for it.
      await run(deactivate, { id })
      await run(deleteSessionsOf, { userId: id })
      await run(deleteProfile, { userId: id })
      const { rows } = await run(deleteUser, { id })
      return rows.length > 0
    })
  }
}
