import { type Kysely, sql } from 'kysely'
import { migrations } from './migrations.ts'
import type { Connect, SchemaDialect } from './schema-dialect.ts'
import type { TableNames } from './table-names.ts'
import type { Tables } from './tables.ts'

// Migrations only add. So a version also works on a schema that a newer version has added to, which
// happens while servers are replaced one by one. A migration with this word in its name is the
// exception.
const BREAKING = 'breaking'

/**
 * Thrown when a newer version of this package has changed the schema in a way that this version
 * cannot work with.
 */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError'
  /** The same call fails until this package is updated. */
  readonly isPermanent = true

  constructor(unknown: readonly string[]) {
    super(
      `A newer version of @phone-auth/kysely has changed the database (${unknown.join(', ')}). Update this version.`,
    )
  }
}

/** Thrown when the database lacks tables or migrations and `autoMigrate` is off. */
export class SchemaMissingError extends Error {
  override readonly name = 'SchemaMissingError'
  /** The same call fails until the tables are created. */
  readonly isPermanent = true

  /** @internal */
  constructor({ prefix, schema }: TableNames, missing: readonly string[]) {
    const where = schema === null ? 'The database' : `The schema "${schema}" of the database`
    super(
      `${where} lacks migrations of the tables ${prefix}… (${missing.join(', ')}). Call migrate() once with a role that may create tables, or set autoMigrate to true.`,
    )
  }
}

/**
 * Brings the schema up to date, one process at a time.
 *
 * @throws {@link DatabaseSetupError} if the database or its driver cannot be used.
 * @throws {@link SchemaTooNewError} if the schema has a breaking migration of a newer version.
 */
export async function applyMigrations(connect: Connect, dialect: SchemaDialect, names: TableNames): Promise<void> {
  // Most starts find nothing to do. They need neither a lock nor the right to create tables.
  if ((await pendingMigrations(connect, dialect, names)).length === 0) return
  await connect((connection) =>
    dialect.atomically(connection, async (db) => {
      await dialect.prepareSchema(db, names)
      const table = migrationTable(names)
      await sql`create table if not exists ${table} (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
        db,
      )
      for (const name of await unapplied(db, names)) {
        await migrations[name]?.(db, dialect, names)
        await sql`insert into ${table} (name, timestamp) values (${name}, ${new Date().toISOString()})`.execute(db)
      }
    }),
  )
}

/**
 * The migrations that the database lacks.
 *
 * @throws {@link DatabaseSetupError} if the database or its driver cannot be used.
 * @throws {@link SchemaTooNewError} if the schema has a breaking migration of a newer version.
 */
export async function pendingMigrations(
  connect: Connect,
  dialect: SchemaDialect,
  names: TableNames,
): Promise<readonly string[]> {
  try {
    return await connect(async (connection) => {
      await dialect.check(connection)
      return unapplied(connection, names)
    })
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
