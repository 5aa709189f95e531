import { type Kysely, sql } from 'kysely'
import { migrations } from './migrations.ts'
import type { Connect, SchemaDialect } from './schema-dialect.ts'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

// Migrations only add, so a version may run on a schema that a newer one has added to, as it must
// while servers are replaced one by one; unless the newer one says otherwise in the migration's
// name.
const BREAKING = 'breaking'

/**
 * Thrown when the database's schema was made by a newer version of this package that this one
 * cannot work beside.
 */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError'

  constructor(unknown: readonly string[]) {
    super(
      `The database was migrated by a newer version of @phone-auth/kysely (${unknown.join(', ')}). Update this one.`,
    )
  }
}

/** Thrown when the database lacks tables or migrations that the stores were told not to make. */
export class SchemaMissingError extends Error {
  override readonly name = 'SchemaMissingError'

  /** @internal */
  constructor({ prefix, schema }: TableNames, missing: readonly string[]) {
    const where = schema === null ? 'The database' : `The schema "${schema}" of the database`
    super(
      `${where} lacks migrations of the tables ${prefix}… (${missing.join(', ')}). Call migrate() once with a role that may create tables, or set autoMigrate.`,
    )
  }
}

/**
 * Brings the schema up to date, one process at a time. @throws {@link SchemaTooNewError} if it is
 * ahead of this version.
 */
export async function applyMigrations(connect: Connect, dialect: SchemaDialect, names: TableNames): Promise<void> {
  // Most starts find nothing to do, and need neither a lock nor the right to create tables.
  if ((await pendingMigrations(connect, dialect, names)).length === 0) return
  await connect((connection) =>
    dialect.atomically(connection, async (db) => {
      await dialect.prepareSchema(db, names)
      const table = migrationTable(names)
      await sql`create table if not exists ${table} (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
        db,
      )
      for (const name of await unapplied(db, names)) {
        await migrations[name]?.(db, dialect.types, names)
        await sql`insert into ${table} (name, timestamp) values (${name}, ${new Date().toISOString()})`.execute(db)
      }
    }),
  )
}

/**
 * The migrations that the database lacks. @throws {@link SchemaTooNewError} if it is ahead of this
 * version.
 */
export async function pendingMigrations(
  connect: Connect,
  dialect: SchemaDialect,
  names: TableNames,
): Promise<readonly string[]> {
  try {
    return await connect((connection) => unapplied(connection, names))
  } catch (error) {
    if (dialect.isMissing(error)) return Object.keys(migrations)
    throw error
  }
}

async function unapplied(db: Kysely<Tables>, names: TableNames): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from ${migrationTable(names)}`.execute(db)
  const applied = new Set(rows.map(({ name }) => name))
  const unknown = [...applied].filter((name) => !(name in migrations))
  const incompatible = unknown.filter((name) => name.includes(BREAKING))
  if (incompatible.length > 0) throw new SchemaTooNewError(incompatible)
  return Object.keys(migrations).filter((name) => !applied.has(name))
}

function migrationTable({ prefix, schema }: TableNames) {
  const name = `${prefix}migrations`
  return schema === null ? sql.id(name) : sql.id(schema, name)
}
