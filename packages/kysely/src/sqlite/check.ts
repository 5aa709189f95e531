import { type Kysely, sql } from 'kysely'
import { checkDriver, type DriverSample, SAMPLE_ID, SAMPLE_MS } from '../schema/check-driver.ts'
import type { Tables } from '../schema/tables.ts'

/**
 * Checks that the driver returns values as the stores read them.
 *
 * @throws {@link DatabaseSetupError} if not.
 */
export async function checkSqlite(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<DriverSample>`
    select true as is_true, false as is_false, 7 as a_number, ${sql.lit(SAMPLE_ID)} as an_id,
      ${sql.lit(SAMPLE_MS)} as an_instant, 'text' as a_text`.execute(db)
  checkDriver(rows[0])
}
