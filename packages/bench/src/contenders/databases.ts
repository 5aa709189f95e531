import Database from 'better-sqlite3'
import { Pool } from 'pg'

/** Counts the statements that a database has received. */
export interface Counter {
  statements: number
}

const pools: Pool[] = []

/**
 * A pool of ten connections, the number that each contender would open by default. They stay open
 * while other contenders take their turn, so that no operation pays for connecting.
 */
export function countedPool(connectionString: string, counter: Counter): Pool {
  const pool = new Pool({ connectionString, max: 10, idleTimeoutMillis: 0 })
  pools.push(pool)
  // If the run fails, its databases are dropped, which ends these connections.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...input: unknown[]) => unknown
    client.query = ((...input: unknown[]) => {
      counter.statements += 1
      return query(...input)
    }) as typeof client.query
  })
  return pool
}

/**
 * Makes every connection of this process report its statistics. PostgreSQL would otherwise do it up
 * to ten seconds later.
 */
export async function flushStatistics(): Promise<void> {
  for (const pool of pools) {
    const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()))
    for (const client of clients) await client.query('select pg_stat_force_next_flush()')
    for (const client of clients) client.release()
  }
}

/**
 * A SQLite file with the same settings for each contender: a write-ahead log that is synchronised
 * at every commit.
 */
export function openFile(file: string): Database.Database {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return database
}
