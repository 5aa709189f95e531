import Database from 'better-sqlite3'
import { Client } from 'pg'
import { type DatabaseName, type DatabaseUrl, OPERATIONS, type Operation } from './contender.ts'
import { percentile } from './load.ts'
import { roundName, runRound, type Size, startRacer, WARM_UPS } from './sign-ins.ts'

/** The cost of operations on tables of one size. */
export interface RowsMeasure {
  readonly rows: number
  readonly p50Micros: Readonly<Record<Operation, number>>
}

/** Measures this library on tables of several sizes, which take turns round by round. */
export async function measureRows(
  database: DatabaseName,
  sizes: readonly number[],
  { rounds, callsPerRound }: Size,
  newDatabase: (database: DatabaseName) => Promise<DatabaseUrl>,
  progress: (text: string) => void,
): Promise<RowsMeasure[]> {
  // A single caller, because tables affect how long the work takes, not how long it waits.
  const size: Size = { rounds, callsPerRound, concurrency: 1 }
  const racers = []
  for (const rows of sizes) {
    progress(`${database}: filling tables with ${rows} rows each`)
    const url = await newDatabase(database)
    const racer = await startRacer('phone-auth', url)
    await fill(url, rows)
    racers.push({ rows, racer, latencies: new Map<Operation, number[]>() })
  }
  for (let round = 0; round < WARM_UPS + rounds; round += 1) {
    progress(`${database}, rows: ${roundName(round, rounds)}`)
    for (const { racer, latencies } of racers) {
      for (const [operation, sample] of await runRound(racer, 'in-process', size, round)) {
        if (round >= WARM_UPS) latencies.set(operation, [...(latencies.get(operation) ?? []), ...sample.latencies])
      }
    }
  }
  for (const { racer } of racers) await racer.close()
  return racers.map(({ rows, latencies }) => {
    const p50 = OPERATIONS.map((operation) => [operation, percentile(latencies.get(operation) ?? [], 0.5)])
    return { rows, p50Micros: Object.fromEntries(p50) as Record<Operation, number> }
  })
}

/**
 * Inserts users, each with a profile, a session and an expired challenge, and as many budget
 * windows.
 */
async function fill(url: DatabaseUrl, rows: number): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const file = new Database(url.slice('sqlite:'.length))
    const now = Date.now()
    const instants = { now: String(now), past: String(now - 60_000), future: String(now + 86_400_000) }
    const numbers = `with recursive n(n) as (select 1 union all select n + 1 from n where n < ${rows}) select`
    for (const statement of statements({ ...instants, from: 'n', numbers, entries: 'entries', values: "'[]'" }))
      file.exec(statement)
    file.exec('analyze; pragma wal_checkpoint(truncate)')
    file.close()
    return
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  const instants = { now: 'now()', past: "now() - interval '1 min'", future: "now() + interval '1 d'" }
  const from = `generate_series(1, ${rows}) as n`
  for (const statement of statements({ ...instants, from, numbers: 'select', ...EMPTY_ARRAYS }))
    await client.query(statement)
  await client.query('vacuum analyze')
  await client.end()
}

const EMPTY_ARRAYS = { entries: 'entries', values: "'{}'" }

interface Expressions {
  readonly now: string
  readonly past: string
  readonly future: string
  readonly numbers: string
  readonly from: string
  /** The columns of a budget's entries, and their values. */
  readonly entries: string
  readonly values: string
}

function statements({ now, past, future, numbers, from, entries, values }: Expressions): string[] {
  return [
    `insert into phone_auth_users (id, phone_number, created_at) ${numbers} 10000000 + n, '+9' || n, ${now} from ${from}`,
    `insert into phone_auth_profiles (user_id, extra, created_at, updated_at) ${numbers} 10000000 + n, '{}', ${now}, ${now} from ${from}`,
    `insert into phone_auth_sessions (id, user_id, refresh_token_hash, created_at, last_used_at, expires_at, absolute_expires_at)
      ${numbers} 'session-' || n, 10000000 + n, 'hash', ${now}, ${now}, ${future}, ${future} from ${from}`,
    `insert into phone_auth_challenges (id_hash, purpose, channel, phone_number, seed, code_hash, key_id, code_alphabet, code_length,
      max_attempts, max_attempts_by_number, sends, max_sends, number_subject, reservations, created_at, expires_at)
      ${numbers} 'challenge-' || n, 'sign_in', 'sms', '+9' || n, 'seed', 'hash', 'key', 'digits', 6, 5, 3, 1, 3, 'number', '[]', ${past}, ${past}
      from ${from}`,
    `insert into phone_auth_budgets (subject, ${entries}, ends_at) ${numbers} 'subject-' || n, ${values}, ${future} from ${from}`,
  ]
}
