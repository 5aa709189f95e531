import type { UserId } from '@phone-auth/core'
import { postgresStores } from '@phone-auth/postgres'
import type { Generated, Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/** The tables of the application, and the columns of Phone Auth that it reads. */
export interface Database {
  orders: { id: Generated<string>; user_id: string; total: number }
  phone_auth_users: { id: string; phone_number: string }
  phone_auth_profiles: { user_id: string; name: string | null }
}

const migrations: Record<string, Migration> = {
  '001_orders': {
    up: (db) =>
      db.schema
        .createTable('orders')
        .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        // When the user is deleted, so are the orders.
        .addColumn('user_id', 'bigint', (column) =>
          column.notNull().references('phone_auth_users.id').onDelete('cascade'),
        )
        .addColumn('total', 'integer', (column) => column.notNull())
        .execute(),
  },
}

/** Creates the tables of Phone Auth first, because those of the application refer to them. */
export async function migrate(db: Kysely<Database>, connectionString: string) {
  const stores = postgresStores({ connectionString })
  await stores.migrate()
  const provider = { getMigrations: async () => migrations }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
  return stores
}

/** Places an order for the user of an access token. */
export async function order(db: Kysely<Database>, userId: UserId, total: number) {
  await db
    .insertInto('orders')
    .values({ user_id: String(userId), total })
    .execute()
}

/** All orders, with the number and the name of each user. */
export async function orders(db: Kysely<Database>) {
  return db
    .selectFrom('orders')
    .innerJoin('phone_auth_users as user', 'user.id', 'orders.user_id')
    .innerJoin('phone_auth_profiles as profile', 'profile.user_id', 'user.id')
    .select(['orders.total', 'user.phone_number', 'profile.name'])
    .orderBy('orders.id')
    .execute()
}
