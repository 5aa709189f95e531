import Database from 'better-sqlite3'
import { Pool } from 'pg'

/** Counts the statements that a database has received. */
export interface Counter {
  statements: number
}

/** A pool of ten connections, the number that each contender would open by default. */
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
