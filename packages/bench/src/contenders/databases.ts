import Database from 'better-sqlite3'
import { Pool } from 'pg'

/** The statements that a database was sent. */
export interface Counter {
  statements: number
}

/** A pool of ten connections, which is what each contender would open by itself. */
export function countedPool(connectionString: string, counter: Counter): Pool {
  const pool = new Pool({ connectionString, max: 10 })
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
 * A file as durable and as fast for each contender: with a write-ahead log, synchronised at every
 * commit.
 */
export function openFile(file: string): Database.Database {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return database
}
