import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations.ts'
import type { Tables } from './schema.ts'

/** Thrown when the database's schema was made by a newer version of this package than the one that is running. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError'

  constructor(unknown: readonly string[]) {
    super(
      `The database was migrated by a newer version of @phone-auth/kysely (${unknown.join(', ')}). Update this one.`,
    )
  }
}

/**
 * Brings the schema up to date; must run in an atomic step, so that of processes that start at once one migrates and the others find it done.
 *
 * @throws {@link SchemaTooNewError} if the schema is ahead of this version.
 */
export async function migrate(connection: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db: connection,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'phone_auth_migrations',
    migrationLockTableName: 'phone_auth_migrations_lock',
    // One transaction spans the whole run.
    disableTransactions: true,
  })
  const unknown = await appliedButUnknown(connection)
  if (unknown.length > 0) throw new SchemaTooNewError(unknown)
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}

async function appliedButUnknown(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables()
  if (!tables.some(({ name }) => name === 'phone_auth_migrations')) return []
  const applied = await (db as Kysely<unknown> as Kysely<{ phone_auth_migrations: { name: string } }>)
    .selectFrom('phone_auth_migrations')
    .select('name')
    .execute()
  return applied.map(({ name }) => name).filter((name) => !(name in migrations))
}
