import {
  type PhoneNumber,
  type ProfilePatch,
  patched,
  type Registration,
  type UserId,
  type UserStore,
  type UserWithProfile,
} from '@phone-auth/core'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import { columnsOf, fieldsOf, userWithProfileOf } from './rows.ts'
import type { ProfileRow, Tables, UserRow } from './schema.ts'
import { revokeLive } from './session-store.ts'

type SignedInUser = UserWithProfile & { readonly isNew: boolean }

export class KyselyUserStore implements UserStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  signIn(phoneNumber: PhoneNumber, registration: Registration): Promise<SignedInUser | null> {
    return this.#database.atomically((db, now) => signInUser(db, now, phoneNumber, registration))
  }

  findById(id: UserId): Promise<UserWithProfile | null> {
    return this.#database.read((db) => findWithProfile(db, 'id', Number(id)))
  }

  findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null> {
    return this.#database.read((db) => findWithProfile(db, 'phone_number', phoneNumber))
  }

  saveProfile(userId: UserId, patch: ProfilePatch): Promise<UserWithProfile | null> {
    return this.#database.atomically(async (db, now) => {
      const user = await findUser(db, 'id', Number(userId))
      if (user === undefined) return null
      const fields = patched(fieldsOf(await findProfile(db, user.id)), patch)
      const profile = await db
        .updateTable('phone_auth_profiles')
        .set({ ...columnsOf(fields), updated_at: now.getTime() })
        .where('user_id', '=', user.id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return userWithProfileOf(user, profile)
    })
  }

  setActive(userId: UserId, isActive: boolean): Promise<boolean> {
    return this.#database.atomically(async (db, now) => {
      const { numUpdatedRows } = await db
        .updateTable('phone_auth_users')
        .set({ is_active: isActive ? 1 : 0 })
        .where('id', '=', Number(userId))
        .executeTakeFirst()
      if (!isActive) await revokeLive(db, now).where('user_id', '=', Number(userId)).execute()
      return numUpdatedRows > 0n
    })
  }

  changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<'changed' | 'taken' | 'not_found'> {
    return this.#database.atomically(async (db, now) => {
      const user = await findUser(db, 'id', Number(userId))
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
    return this.#database.atomically(async (db) => {
      // Not left to ON DELETE CASCADE alone: SQLite heeds it only on connections that asked for it.
      for (const table of ['phone_auth_sessions', 'phone_auth_profiles'] as const) {
        await db.deleteFrom(table).where('user_id', '=', Number(userId)).execute()
      }
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
): Promise<SignedInUser | null> {
  const known = await findUser(db, 'phone_number', phoneNumber)
  if (known === undefined) return registration === 'closed' ? null : createUser(db, now, phoneNumber)
  const profile = await findProfile(db, known.id)
  if (known.is_active === 0) return { ...userWithProfileOf(known, profile), isNew: false }
  const user = await db
    .updateTable('phone_auth_users')
    .set({ verified_at: now.getTime(), last_signed_in_at: now.getTime() })
    .where('id', '=', known.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { ...userWithProfileOf(user, profile), isNew: false }
}

async function createUser(db: Kysely<Tables>, now: Date, phoneNumber: PhoneNumber): Promise<SignedInUser> {
  const instant = now.getTime()
  const user = await db
    .insertInto('phone_auth_users')
    .values({
      phone_number: phoneNumber,
      is_active: 1,
      verified_at: instant,
      created_at: instant,
      last_signed_in_at: instant,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const profile = await db
    .insertInto('phone_auth_profiles')
    .values({ user_id: user.id, ...columnsOf({}), created_at: instant, updated_at: instant })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { ...userWithProfileOf(user, profile), isNew: true }
}

async function findWithProfile(
  db: Kysely<Tables>,
  column: 'id' | 'phone_number',
  value: number | string,
): Promise<UserWithProfile | null> {
  const row = await db
    .selectFrom('phone_auth_users as user')
    .innerJoin('phone_auth_profiles as profile', 'profile.user_id', 'user.id')
    .selectAll('profile')
    .select(['user.phone_number', 'user.is_active', 'user.verified_at', 'user.last_signed_in_at'])
    .select('user.created_at as user_created_at')
    .where(`user.${column}`, '=', value)
    .executeTakeFirst()
  return row === undefined ? null : userWithProfileOf({ ...row, id: row.user_id, created_at: row.user_created_at }, row)
}

async function findUser(
  db: Kysely<Tables>,
  column: 'id' | 'phone_number',
  value: number | string,
): Promise<UserRow | undefined> {
  return db.selectFrom('phone_auth_users').selectAll().where(column, '=', value).executeTakeFirst()
}

async function findProfile(db: Kysely<Tables>, userId: number): Promise<ProfileRow> {
  return db.selectFrom('phone_auth_profiles').selectAll().where('user_id', '=', userId).executeTakeFirstOrThrow()
}
