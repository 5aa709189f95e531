import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Every change the schema went through, in order. Forward only and additive, so that the version before keeps working beside the
 * one after; a migration that was released is never edited.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_initial': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('phone_auth_users')
        // AUTOINCREMENT, because the id of a deleted user must never name another one.
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('phone_number', 'varchar(16)', (column) => column.notNull().unique())
        .addColumn('is_active', 'integer', (column) => column.notNull().defaultTo(1).check(sql`is_active in (0, 1)`))
        .addColumn('verified_at', 'integer')
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('last_signed_in_at', 'integer')
        .execute()
      await db.schema
        .createTable('phone_auth_profiles')
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('user_id', 'integer', (column) =>
          column.notNull().unique().references('phone_auth_users.id').onDelete('cascade'),
        )
        .addColumn('name', 'varchar(100)', (column) => column.check(sql`length(name) <= 100`))
        .addColumn('email', 'varchar(254)', (column) => column.check(sql`length(email) <= 254`))
        .addColumn('bio', 'varchar(500)', (column) => column.check(sql`length(bio) <= 500`))
        .addColumn('location', 'varchar(100)', (column) => column.check(sql`length(location) <= 100`))
        .addColumn('birth_date', 'varchar(10)', (column) => column.check(sql`length(birth_date) <= 10`))
        .addColumn('avatar', 'varchar(2048)', (column) => column.check(sql`length(avatar) <= 2048`))
        .addColumn('extra', 'text', (column) => column.notNull().check(sql`json_valid(extra)`))
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('updated_at', 'integer', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('phone_auth_challenges')
        .addColumn('id_hash', 'varchar(43)', (column) => column.primaryKey())
        .addColumn('purpose', 'varchar(32)', (column) => column.notNull())
        .addColumn('subject', 'text')
        .addColumn('channel', 'varchar(16)', (column) => column.notNull())
        .addColumn('phone_number', 'varchar(16)', (column) => column.notNull())
        .addColumn('seed', 'varchar(22)', (column) => column.notNull())
        .addColumn('code_hash', 'varchar(43)', (column) => column.notNull())
        .addColumn('key_id', 'varchar(16)', (column) => column.notNull())
        .addColumn('code_alphabet', 'varchar(16)', (column) => column.notNull())
        .addColumn('code_length', 'integer', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('max_attempts', 'integer', (column) => column.notNull())
        .addColumn('attempts_by_number', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('max_attempts_by_number', 'integer', (column) => column.notNull())
        .addColumn('sends', 'integer', (column) => column.notNull())
        .addColumn('max_sends', 'integer', (column) => column.notNull())
        .addColumn('settlements', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer', (column) => column.notNull())
        .addColumn('consumed_at', 'integer')
        .addCheckConstraint('phone_auth_challenges_attempts', sql`attempts between 0 and max_attempts`)
        .addCheckConstraint('phone_auth_challenges_sends', sql`sends between 1 and max_sends`)
        .execute()
      // None of these holds a column that an attempt changes: counting attempts must not cost index writes.
      await db.schema
        .createIndex('phone_auth_challenges_by_number')
        .on('phone_auth_challenges')
        .columns(['phone_number', 'purpose', 'created_at'])
        .execute()
      await db.schema
        .createIndex('phone_auth_challenges_by_expiry')
        .on('phone_auth_challenges')
        .column('expires_at')
        .execute()
      await db.schema
        .createTable('phone_auth_budgets')
        .addColumn('key', 'varchar(160)', (column) => column.primaryKey())
        .addColumn('used', 'integer', (column) => column.notNull())
        .addColumn('started_at', 'integer', (column) => column.notNull())
        .addColumn('ends_at', 'integer', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('phone_auth_budgets_by_end').on('phone_auth_budgets').column('ends_at').execute()
      await db.schema
        .createTable('phone_auth_sessions')
        .addColumn('id', 'varchar(22)', (column) => column.primaryKey())
        .addColumn('user_id', 'integer', (column) =>
          column.notNull().references('phone_auth_users.id').onDelete('cascade'),
        )
        .addColumn('refresh_token_hash', 'varchar(43)', (column) => column.notNull())
        .addColumn('previous_refresh_token_hash', 'varchar(43)')
        .addColumn('user_agent', 'varchar(256)')
        .addColumn('ip', 'varchar(64)')
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('last_used_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer', (column) => column.notNull())
        .addColumn('absolute_expires_at', 'integer', (column) => column.notNull())
        .addColumn('revoked_at', 'integer')
        .execute()
      await db.schema.createIndex('phone_auth_sessions_by_user').on('phone_auth_sessions').column('user_id').execute()
      await db.schema
        .createIndex('phone_auth_sessions_by_end')
        .on('phone_auth_sessions')
        .column('absolute_expires_at')
        .execute()
    },
  },
}
