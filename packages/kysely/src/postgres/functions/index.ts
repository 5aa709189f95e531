import type { Kysely, RawBuilder } from 'kysely'
import type { SqlVocabulary } from '../../query/vocabulary.ts'
import type { Tables } from '../../schema/tables.ts'
import { CHARGE, COUNTED, FAIL, MERGED, SUCCEED } from './budgets.ts'
import { signInFunctions } from './sign-in.ts'

// The statements call these functions, which are created with the tables. Each statement in a
// function sees what was committed before it began, so that a function can wait for a lock and then
// read. A single statement cannot: it sees what was committed before its wait. A function also
// prepares only the statements that it comes to.

/** The statements that create the functions. */
export function functions(db: Kysely<Tables>, dialect: SqlVocabulary): RawBuilder<unknown>[] {
  return [MERGED, COUNTED, CHARGE, FAIL, SUCCEED, ...signInFunctions(db, dialect)]
}

/** Creates the functions. */
export async function createFunctions(db: Kysely<Tables>, dialect: SqlVocabulary): Promise<void> {
  for (const statement of functions(db, dialect)) await statement.execute(db)
}
