import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { ColumnTypes } from './schema-dialect.ts'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** One change of the schema. */
export type Migration = (db: Kysely<Tables>, types: ColumnTypes, names: TableNames) => Promise<void>

/**
 * Every change of the schema, in order. Migrations only go forward and only add, so that the
 * previous version keeps working beside the next one. A migration that breaks this must have
 * `breaking` in its name. A released migration is never edited.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_initial': async ({ schema }, types, { prefix }) => {
    // The id of a deleted user must never be given to another user.
    const id = (column: ColumnDefinitionBuilder) =>
      types.id === 'integer' ? column.primaryKey().autoIncrement() : column.primaryKey().generatedByDefaultAsIdentity()
    const required = (column: ColumnDefinitionBuilder) => column.notNull()
    const atMost = (length: number, name: string) => (column: ColumnDefinitionBuilder) =>
      column.check(sql`length(${sql.ref(name)}) <= ${sql.lit(length)}`)
    const json = (name: string) => (column: ColumnDefinitionBuilder) =>
      types.json === 'text' ? column.notNull().check(sql`json_valid(${sql.ref(name)})`) : column.notNull()

    await schema
      .createTable('users')
      .addColumn('id', types.id, id)
      .addColumn('phone_number', 'varchar(16)', (column) =>
        column.notNull().unique().check(sql`phone_number like '+%'`),
      )
      .addColumn('is_active', types.flag, (column) =>
        column.notNull().defaultTo(sql`true`).check(sql`is_active in (true, false)`),
      )
      .addColumn('verified_at', types.instant)
      .addColumn('created_at', types.instant, required)
      .addColumn('last_signed_in_at', types.instant)
      .execute()
    await schema
      .createTable('profiles')
      .addColumn('id', types.id, id)
      .addColumn('user_id', types.id, (column) => column.notNull().unique().references('users.id').onDelete('cascade'))
      .addColumn('name', 'varchar(100)', atMost(100, 'name'))
      .addColumn('email', 'varchar(254)', atMost(254, 'email'))
      .addColumn('bio', 'varchar(500)', atMost(500, 'bio'))
      .addColumn('location', 'varchar(100)', atMost(100, 'location'))
      .addColumn('birth_date', 'varchar(10)', atMost(10, 'birth_date'))
      .addColumn('avatar', 'varchar(2048)', atMost(2048, 'avatar'))
      .addColumn('extra', types.json, json('extra'))
      .addColumn('created_at', types.instant, required)
      .addColumn('updated_at', types.instant, required)
      .execute()
    await schema
      .createTable('challenges')
      .addColumn('id_hash', 'varchar(43)', (column) => column.primaryKey())
      .addColumn('purpose', 'varchar(32)', required)
      .addColumn('session_id', 'text')
      .addColumn('channel', 'varchar(16)', required)
      .addColumn('phone_number', 'varchar(16)', required)
      .addColumn('seed', 'varchar(22)', required)
      .addColumn('code_hash', 'varchar(43)', required)
      .addColumn('key_id', 'varchar(16)', required)
      .addColumn('code_alphabet', 'varchar(16)', required)
      .addColumn('code_length', 'integer', required)
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('max_attempts', 'integer', required)
      .addColumn('attempts_by_number', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('max_attempts_by_number', 'integer', required)
      .addColumn('sends', 'integer', required)
      .addColumn('max_sends', 'integer', required)
      .addColumn('handle', 'varchar(255)')
      .addColumn('settlements', types.json, json('settlements'))
      .addColumn('created_at', types.instant, required)
      .addColumn('expires_at', types.instant, required)
      .addColumn('consumed_at', types.instant)
      .addCheckConstraint(`${prefix}challenges_attempts`, sql`attempts between 0 and max_attempts`)
      .addCheckConstraint(`${prefix}challenges_sends`, sql`sends between 1 and max_sends`)
      .execute()
    // No index contains a column that an attempt changes, so counting an attempt writes to no
    // index.
    await schema
      .createIndex(`${prefix}challenges_by_number`)
      .on('challenges')
      .columns(['phone_number', 'purpose', 'created_at'])
      .execute()
    await schema.createIndex(`${prefix}challenges_by_expiry`).on('challenges').column('expires_at').execute()
    await schema
      .createTable('budgets')
      .addColumn('key', 'varchar(160)', (column) => column.primaryKey())
      .addColumn('used', 'integer', required)
      .addColumn('started_at', types.instant, required)
      .addColumn('ends_at', types.instant, required)
      .execute()
    await schema.createIndex(`${prefix}budgets_by_end`).on('budgets').column('ends_at').execute()
    await schema
      .createTable('sessions')
      .addColumn('id', 'varchar(22)', (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('refresh_token_hash', 'varchar(43)', required)
      .addColumn('previous_refresh_token_hash', 'varchar(43)')
      .addColumn('user_agent', 'varchar(256)')
      .addColumn('ip', 'varchar(64)')
      .addColumn('created_at', types.instant, required)
      .addColumn('last_used_at', types.instant, required)
      .addColumn('expires_at', types.instant, required)
      .addColumn('absolute_expires_at', types.instant, required)
      .addColumn('revoked_at', types.instant)
      .addCheckConstraint(`${prefix}sessions_end`, sql`expires_at <= absolute_expires_at`)
      .execute()
    await schema.createIndex(`${prefix}sessions_by_user`).on('sessions').column('user_id').execute()
    await schema.createIndex(`${prefix}sessions_by_end`).on('sessions').column('absolute_expires_at').execute()
  },
  '0002_delivery': async ({ schema }) => {
    // SQLite adds one column at a time.
    await schema
      .alterTable('challenges')
      .addColumn('delivery', 'text', (column) => column.notNull().defaultTo('unknown'))
      .execute()
    await schema
      .alterTable('challenges')
      .addColumn('delivery_rank', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  },
  '0003_sessions': async ({ schema }, types) => {
    await schema.alterTable('sessions').addColumn('authenticated_at', types.instant).execute()
    await schema.alterTable('users').addColumn('previously_verified_at', types.instant).execute()
  },
}
