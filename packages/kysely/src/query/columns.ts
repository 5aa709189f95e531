import { type RawBuilder, sql } from 'kysely'
import { COLUMNS, type Tables } from '../schema/tables.ts'

/** The columns of a table, as statements read them. */
export function columns(table: keyof Tables, of?: string): RawBuilder<unknown> {
  return sql.join(COLUMNS[table].map((column) => (of === undefined ? sql.ref(column) : sql.ref(`${of}.${column}`))))
}

/**
 * The columns of a table that was joined with others, each with the name that the table was joined
 * under before its own.
 */
export function prefixed(table: keyof Tables, of: string): RawBuilder<unknown> {
  const names = COLUMNS[table].map((column) => sql`${sql.ref(`${of}.${column}`)} as ${sql.ref(`${of}_${column}`)}`)
  return sql.join(names)
}

/** `insert into table (…) select …`, to which the caller adds where the values come from. */
export function insertSelect<Table extends keyof Tables>(
  table: Table,
  values: Readonly<Partial<Record<keyof Tables[Table] & string, RawBuilder<unknown>>>>,
  alias?: string,
): RawBuilder<unknown> {
  const names = Object.keys(values).map((column) => sql.ref(column))
  return sql`insert into ${sql.table(table)}${alias === undefined ? sql`` : sql` as ${sql.ref(alias)}`} (${sql.join(names)}) select ${sql.join(Object.values(values))}`
}
