import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { describe, expect, it } from 'vitest'
import { postgres } from '../src/index.ts'
import * as compoundStatements from '../src/postgres/compound-statements.ts'
import { functions } from '../src/postgres/functions/index.ts'
import { type Statement, statementBinder } from '../src/query/statement.ts'
import { tableNames } from '../src/schema/table-names.ts'
import type { Tables } from '../src/schema/tables.ts'
import { laidOut } from './sql-layout.ts'

const STEPS = {
  'OtpStore.open': compoundStatements.openStatement,
  'OtpStore.resend': compoundStatements.resendStatement,
  'OtpStore.redeem': compoundStatements.redeemStatement,
  'UserStore.signIn': compoundStatements.signInUserStatement,
  'JointSteps.signIn': compoundStatements.signInStatement,
  'SessionStore.rotate': compoundStatements.rotateStatement,
}

const HEAD = `-- The steps that are one statement each on PostgreSQL, and the functions that they call, with the
-- default table prefix. The lines above a statement name the input of each placeholder.
-- postgres-statements.test.ts writes this file: after a change, run the test with --update and read
-- the difference.`

// Compiles for PostgreSQL and connects to nothing.
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (instance) => new PostgresIntrospector(instance),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  plugins: [tableNames({ prefix: 'phone_auth_', schema: null })],
})
const bind = statementBinder(db, postgres, null)

/** An input in which each value is its name. */
const names: object = new Proxy({}, { get: (_, name) => name })

/** The text of a statement, and the input that each placeholder takes. */
function compiled(statement: unknown): { sql: string; inputs: readonly unknown[] } {
  const { sql, parameters } = bind(statement as Statement<object, unknown>, names, new Date(0))
  return { sql, inputs: parameters }
}

const withoutSpace = (sql: string) => sql.replace(/\s/g, '')

describe('the statements of PostgreSQL', () => {
  it('are the same as in postgres-statements.sql', async () => {
    expect(new Set(Object.values(STEPS))).toEqual(new Set(Object.values(compoundStatements)))
    const texts = Object.entries(STEPS).map(([step, statement]) => {
      const { sql, inputs } = compiled(statement)
      const placeholders = inputs.map((input, index) => `--   $${index + 1} ${input}`)
      return [`-- ${step}`, ...placeholders, `${laidOut(sql)};`].join('\n')
    })
    const created = functions(db, postgres).map((statement) => `${statement.compile(db).sql.trim()};`)
    await expect(`${[HEAD, ...texts, ...created].join('\n\n')}\n`).toMatchFileSnapshot('./postgres-statements.sql')
  })

  it.each(Object.entries(STEPS))('the layout of %s changes only white space', (_, statement) => {
    const { sql } = compiled(statement)
    expect(withoutSpace(laidOut(sql))).toBe(withoutSpace(sql))
  })
})
