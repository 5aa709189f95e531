import { randomBytes } from 'node:crypto'
import type { Subject } from '@phone-auth/sql-tests'
import type {} from '@phone-auth/test-servers/postgres'
import { Client } from 'pg'
import { afterAll, inject } from 'vitest'

const run = `test_${randomBytes(4).toString('hex')}`
const schemas: string[] = []

/** The server that the tests run against. */
export const postgresUrl = inject('postgresUrl')

/** The name of a schema that does not exist yet and is dropped after the tests. */
export function newSchema(): string {
  const schema = `${run}_${schemas.length + 1}`
  schemas.push(schema)
  return schema
}

/** Runs statements on a new connection. */
export async function raw<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: postgresUrl })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

afterAll(async () => {
  for (const schema of schemas) await raw(`set lock_timeout = '5s'; drop schema if exists ${schema} cascade`)
})

/** The server and the schema that a target names. */
export interface Target {
  readonly connectionString: string
  readonly schema: string
}

export const postgresSubject: Subject = {
  name: 'PostgreSQL',
  child: new URL('./child.ts', import.meta.url),
  newTarget: () => JSON.stringify({ connectionString: postgresUrl, schema: newSchema() } satisfies Target),
}
