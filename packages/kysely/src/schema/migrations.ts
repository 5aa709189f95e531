import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { SchemaDialect } from './schema-dialect.ts'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

/** One change of the schema. */
export type Migration = (db: Kysely<Tables>, dialect: SchemaDialect, names: TableNames) => Promise<void>

/**
 * Every change of the schema, in order. Migrations only go forward and only add, so that the
 * previous version keeps working beside the next one. A migration that breaks this must have
 * `breaking` in its name. A released migration is never edited.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_initial': async (db, { types, storage, createFunctions, purgeIndex }, names) => {
    const { schema } = db
    const { prefix } = names
    const isSqlite = types.id === 'integer'
    // The id of a deleted user must never be given to another user.
    const id = (column: ColumnDefinitionBuilder) =>
      isSqlite ? column.primaryKey().autoIncrement() : column.primaryKey().generatedByDefaultAsIdentity()
    const required = (column: ColumnDefinitionBuilder) => column.notNull()
    // PostgreSQL checks the types of columns itself.
    const flag = (name: string) => (column: ColumnDefinitionBuilder) =>
      isSqlite ? column.notNull().check(sql`${sql.ref(name)} in (true, false)`) : column.notNull()
    const atMost = (length: number, name: string) => (column: ColumnDefinitionBuilder) =>
      isSqlite ? column.check(sql`length(${sql.ref(name)}) <= ${sql.lit(length)}`) : column
    const json = (name: string) => (column: ColumnDefinitionBuilder) =>
      isSqlite ? column.notNull().check(sql`json_valid(${sql.ref(name)})`) : column.notNull()
    const key = types.key

    await schema
      .createTable('users')
      .modifyEnd(storage('users'))
      .addColumn('id', types.id, id)
      .addColumn('phone_number', key, (column) => column.notNull().unique().check(sql`phone_number like '+%'`))
      .addColumn('is_active', types.flag, (column) => flag('is_active')(column).defaultTo(sql`true`))
      .addColumn('verified_at', types.instant)
      .addColumn('previously_verified_at', types.instant)
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
      .modifyEnd(storage('challenges'))
      .addColumn('id_hash', key, (column) => column.primaryKey())
      .addColumn('purpose', 'text', required)
      .addColumn('session_id', 'text')
      .addColumn('channel', 'text', required)
      .addColumn('phone_number', key, required)
      .addColumn('seed', 'text', required)
      .addColumn('code_hash', 'text', required)
      .addColumn('key_id', 'text', required)
      .addColumn('code_alphabet', 'text', required)
      .addColumn('code_length', 'integer', required)
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('max_attempts', 'integer', required)
      .addColumn('attempts_by_number', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('max_attempts_by_number', 'integer', required)
      .addColumn('attempts_by_stranger', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('sends', 'integer', required)
      .addColumn('max_sends', 'integer', required)
      .addColumn('number_subject', 'text', required)
      .addColumn('user_subject', 'text')
      .addColumn('network', 'text')
      .addColumn('lane', 'text')
      .addColumn('reservations', isSqlite ? 'text' : 'json', json('reservations'))
      .addColumn('delivery', 'text', (column) => column.notNull().defaultTo('unknown'))
      .addColumn('delivery_rank', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('handle', 'text')
      .addColumn('created_at', types.instant, required)
      .addColumn('expires_at', types.instant, required)
      .addColumn('consumed_at', types.instant)
      // PostgreSQL reads the text of each constraint again in each statement, so there is only one.
      .addCheckConstraint(`${prefix}challenges_attempts`, sql`attempts <= max_attempts`)
      .execute()
    // No index contains a column that an attempt changes, so counting an attempt writes to no
    // index.
    await schema.createIndex(`${prefix}challenges_by_number`).on('challenges').column('phone_number').execute()
    await purgeIndex(schema.createIndex(`${prefix}challenges_by_expiry`).on('challenges'), 'expires_at').execute()
    await schema
      .createTable('budgets')
      .modifyEnd(storage('budgets'))
      .addColumn('subject', key, (column) => column.primaryKey())
      .addColumn('succeeded_at', types.instant)
      .addColumn('entries', types.entries, json('entries'))
      .addColumn('ends_at', types.instant, required)
      .execute()
    // `ends_at` is the end of a day, so it seldom changes, and most charges write to no index.
    await schema.createIndex(`${prefix}budgets_by_end`).on('budgets').column('ends_at').execute()
    await schema
      .createTable('sessions')
      .modifyEnd(storage('sessions'))
      .addColumn('id', key, (column) => column.primaryKey())
      .addColumn('user_id', types.id, (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('refresh_token_hash', 'text', required)
      .addColumn('previous_refresh_token_hash', 'text')
      .addColumn('user_agent', 'varchar(256)')
      .addColumn('ip', 'varchar(64)')
      .addColumn('created_at', types.instant, required)
      .addColumn('authenticated_at', types.instant)
      .addColumn('last_used_at', types.instant, required)
      .addColumn('expires_at', types.instant, required)
      .addColumn('absolute_expires_at', types.instant, required)
      .addColumn('revoked_at', types.instant)
      .addColumn('generation', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('oldest_generation', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('used_generation', 'integer')
      .execute()
    await schema.createIndex(`${prefix}sessions_by_user`).on('sessions').column('user_id').execute()
    await purgeIndex(schema.createIndex(`${prefix}sessions_by_end`).on('sessions'), 'absolute_expires_at').execute()
    await createFunctions(db, names)
  },
}
