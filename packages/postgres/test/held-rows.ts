import { Client } from 'pg'
import { setup } from './auth.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'

// Makes calls wait for the lock of a row until all of them wait there.

export const CALLERS = 12

/** Runs `calls` so that all of them have begun before `change` is committed. */
async function withStaleSnapshots<Result>(
  application: string,
  change: string,
  calls: readonly (() => Promise<Result>)[],
): Promise<Result[]> {
  const blocker = new Client({ connectionString: postgresUrl })
  await blocker.connect()
  try {
    await blocker.query(`begin; ${change}`)
    const results = Promise.all(calls.map((call) => call()))
    await untilWaiting(application, calls.length)
    await blocker.query('commit')
    return await results
  } finally {
    await blocker.end()
  }
}

/** Resolves when that many calls wait for a lock. */
async function untilWaiting(application: string, count: number): Promise<void> {
  const waiting = `select count(*)::int as n from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'`
  while ((await raw<{ n: number }>(waiting, [application]))[0]?.n !== count);
}

/**
 * Stores on a new schema, and `race`, which runs calls that begin before their rows are changed and
 * end after it.
 */
export async function world(settings = '') {
  const schema = newSchema()
  const connectionString = `${postgresUrl}?application_name=${schema}${settings}`
  const made = setup({ schema, connectionString, maxConnections: CALLERS })
  await made.stores.migrate()
  const race = <Result>(change: string, call: (index: number) => Promise<Result>, callers = CALLERS) =>
    withStaleSnapshots(
      schema,
      change,
      Array.from({ length: callers }, (_, index) => () => call(index)),
    )
  const table = (name: string) => `${schema}.phone_auth_${name}`
  return { ...made, race, table, untilWaiting: (count: number) => untilWaiting(schema, count) }
}

/** A session to insert. */
export const session = (id: string) => ({
  id,
  refreshTokenHash: 'token-1',
  userAgent: null,
  ip: null,
  absoluteSeconds: 600,
  idleSeconds: 60,
})
