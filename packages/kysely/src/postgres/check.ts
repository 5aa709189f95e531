import { type Kysely, sql } from 'kysely'
import { checkDriver, type DriverSample, SAMPLE_ID, SAMPLE_MS, SAMPLE_OBJECT } from '../schema/check-driver.ts'
import { DatabaseSetupError } from '../schema/setup-error.ts'
import type { Tables } from '../schema/tables.ts'

interface SettingsRow extends DriverSample {
  readonly another_object: unknown
  readonly server_encoding: string
  readonly client_encoding: string
}

/**
 * Checks that the database stores every character, and that the driver returns values as the stores
 * read them.
 *
 * @throws {@link DatabaseSetupError} if not.
 */
export async function checkPostgres(db: Kysely<Tables>): Promise<void> {
  const object = sql.lit(JSON.stringify(SAMPLE_OBJECT))
  const {
    rows: [row],
  } = await sql<SettingsRow>`
    select current_setting('server_encoding') as server_encoding, current_setting('client_encoding') as client_encoding,
      true as is_true, false as is_false, 7 as a_number, ${sql.lit(SAMPLE_ID)}::bigint as an_id,
      to_timestamp(${sql.lit(SAMPLE_MS / 1000)}) as an_instant, 'text' as a_text,
      ${object}::json as an_object, ${object}::jsonb as another_object`.execute(db)
  checkDriver(row)
  checkDriver({ ...row, an_object: row?.another_object })
  const { server_encoding: server, client_encoding: client } = row as SettingsRow
  if (server !== 'UTF8') {
    throw new DatabaseSetupError(
      'encoding',
      `The database has the encoding ${server} and cannot store every name. Create a database with the encoding UTF8: create database … template template0 encoding 'UTF8'.`,
      true,
    )
  }
  if (client !== 'UTF8') {
    throw new DatabaseSetupError(
      'encoding',
      `client_encoding is ${client}, but the driver reads and writes UTF8. Remove the setting from the connection, the role or the database.`,
      true,
    )
  }
}
