import { type RawBuilder, sql } from 'kysely'
import { COLUMNS, type Tables } from '../schema/tables.ts'

/** The columns of a table that statements read. */
export function columns(table: keyof Tables, of?: string): RawBuilder<unknown> {
  return sql.join(COLUMNS[table].map((column) => (of === undefined ? sql.ref(column) : sql.ref(`${of}.${column}`))))
}

/**
 * The columns of a joined table. Each name begins with the name under which the table was joined.
 */
export function prefixed(table: keyof Tables, of: string): RawBuilder<unknown> {
  const names = COLUMNS[table].map((column) => sql`${sql.ref(`${of}.${column}`)} as ${sql.ref(`${of}_${column}`)}`)
  return sql.join(names)
}

/** `insert into table (…) select …`. The caller adds `from`. */
export function insertSelect<Table extends keyof Tables>(
  table: Table,
  values: Readonly<Partial<Record<keyof Tables[Table] & string, RawBuilder<unknown>>>>,
  alias?: string,
): RawBuilder<unknown> {
  const names = Object.keys(values).map((column) => sql.ref(column))
  return sql`insert into ${sql.table(table)}${alias === undefined ? sql`` : sql` as ${sql.ref(alias)}`} (${sql.join(names)}) select ${sql.join(Object.values(values))}`
}
