import type { Account, PhoneNumber, ProfilePatch, Registration, UserId, UserStore } from '@phone-auth/core'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { accountOf, columnsOf, fieldsOf } from './rows.ts'
import type { Tables, UserRow } from './schema.ts'

export class KyselyUserStore implements UserStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(Account & { readonly isNew: boolean }) | null> {
    return this.#database.atomically((db, now) => signInUser(db, now, phoneNumber, registration))
  }

  findById(id: UserId): Promise<Account | null> {
    return this.#database.run((db) => findAccount(db, 'id', id))
  }

  findByPhoneNumber(phoneNumber: PhoneNumber): Promise<Account | null> {
    return this.#database.run((db) => findAccount(db, 'phone_number', phoneNumber))
  }

  saveProfile(userId: UserId, patch: ProfilePatch): Promise<Account | null> {
    return this.#database.atomically(async (db, now) => {
      const user = await findUser(db, 'id', userId)
      if (user === undefined) return null
      const before = await findProfile(db, user.id)
      const merged = { ...(before === undefined ? {} : fieldsOf(before)), ...patch }
      const fields = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
      const values = { ...columnsOf(fields), updated_at: now.getTime() }
      const profile = await db
        .insertInto('phone_auth_profiles')
        .values({ user_id: user.id, created_at: now.getTime(), ...values })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
        .returningAll()
        .executeTakeFirstOrThrow()
      return accountOf(user, profile)
    })
  }

  setActive(userId: UserId, isActive: boolean): Promise<boolean> {
    return this.#database.run(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('phone_auth_users')
        .set({ is_active: isActive ? 1 : 0 })
        .where('id', '=', Number(userId))
        .executeTakeFirst()
      return numUpdatedRows > 0n
    })
  }

  changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<'changed' | 'taken' | 'not_found'> {
    return this.#database.atomically(async (db, now) => {
      const user = await findUser(db, 'id', userId)
      if (user === undefined) return 'not_found'
      const owner = await findUser(db, 'phone_number', phoneNumber)
      if (owner !== undefined && owner.id !== user.id) return 'taken'
      await db
        .updateTable('phone_auth_users')
        .set({ phone_number: phoneNumber, verified_at: now.getTime() })
        .where('id', '=', user.id)
        .execute()
      return 'changed'
    })
  }

  delete(userId: UserId): Promise<boolean> {
    return this.#database.run(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom('phone_auth_users')
        .where('id', '=', Number(userId))
        .executeTakeFirst()
      return numDeletedRows > 0n
    })
  }
}

/** {@link UserStore.signIn} within an atomic step that may go on. */
export async function signInUser(
  db: Kysely<Tables>,
  now: Date,
  phoneNumber: PhoneNumber,
  registration: Registration,
): Promise<(Account & { readonly isNew: boolean }) | null> {
  const known = await findAccount(db, 'phone_number', phoneNumber)
  if (known === null && registration === 'closed') return null
  if (known !== null && !known.user.isActive) return { ...known, isNew: false }
  const noted = { verified_at: now.getTime(), last_signed_in_at: now.getTime() }
  const user = await db
    .insertInto('phone_auth_users')
    .values({ phone_number: phoneNumber, is_active: 1, created_at: now.getTime(), ...noted })
    .onConflict((conflict) => conflict.column('phone_number').doUpdateSet(noted))
    .returningAll()
    .executeTakeFirstOrThrow()
  return { user: accountOf(user, undefined).user, profile: known?.profile ?? null, isNew: known === null }
}

async function findAccount(db: Kysely<Tables>, column: 'id' | 'phone_number', value: UserId): Promise<Account | null> {
  const user = await findUser(db, column, value)
  return user === undefined ? null : accountOf(user, await findProfile(db, user.id))
}

async function findUser(
  db: Kysely<Tables>,
  column: 'id' | 'phone_number',
  value: UserId,
): Promise<UserRow | undefined> {
  return db.selectFrom('phone_auth_users').selectAll().where(column, '=', value).executeTakeFirst()
}

async function findProfile(db: Kysely<Tables>, userId: number) {
  return db.selectFrom('phone_auth_profiles').selectAll().where('user_id', '=', userId).executeTakeFirst()
}
