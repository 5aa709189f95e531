import type { PhoneNumber, User, UserId } from '@phone-auth/core'
import {
  type PhoneChangeOutcome,
  type ProfileFields,
  type ProfilePatch,
  patched,
  type Registration,
  type UserStore,
  type UserWithProfile,
} from '@phone-auth/core/adapters'
import type { DialectSteps, SqlDialect } from '../query/dialect.ts'
import { type Database, first, one, type Run } from '../query/run.ts'
import {
  activateUser,
  deactivateUser,
  selectUserById,
  selectUserByPhoneNumber,
  selectUserForUpdate,
  updateProfile,
} from '../query/users.ts'
import { columnsOf, joinedUserOf, profileOf, rowId, userOf } from '../schema/rows.ts'
import { changeNumber, deleteUserRows, orTaken } from './user-changes.ts'

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
    const row = await first(this.#database.run(selectUserById, { id: rowId(id) }))
    return row === undefined ? null : joinedUserOf(row)
  }

  async findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null> {
    const row = await first(this.#database.run(selectUserByPhoneNumber, { phoneNumber }))
    return row === undefined ? null : joinedUserOf(row)
  }

  saveProfile(
    userId: UserId,
    patch: ProfilePatch,
  ): Promise<(UserWithProfile & { readonly previousFields: ProfileFields }) | null> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      const row = await first(run(selectUserForUpdate, { id }))
      if (row === undefined) return null
      const { user, profile } = joinedUserOf(row)
      const saved = await one(run(updateProfile, { userId: id, ...columnsOf(patched(profile.fields, patch)) }))
      return { user, profile: profileOf(saved), previousFields: profile.fields }
    })
  }

  async setActive(userId: UserId, isActive: boolean): Promise<User | null> {
    const row = await first(this.#database.run(isActive ? activateUser : deactivateUser, { id: rowId(userId) }))
    return row === undefined ? null : userOf(row)
  }

  async changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<PhoneChangeOutcome> {
    const step = (run: Run) => changeNumber(run, rowId(userId), phoneNumber)
    return orTaken(this.#dialect, this.#database.atomically(step))
  }

  delete(userId: UserId): Promise<boolean> {
    return this.#database.atomically(async (run) => {
      const id = rowId(userId)
      // A sign-in at the same time either waits, or came first and its session is deleted, too.
      if ((await run(deactivateUser, { id })).rows.length === 0) return false
      await deleteUserRows(run, id)
      return true
    })
  }
}
