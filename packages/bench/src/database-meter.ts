import { readdirSync, readFileSync } from 'node:fs'
import { Client } from 'pg'

/** What a database has used. */
export interface DatabaseUse {
  /** Processor time of all processes of the server; `null` if they are not visible here. */
  readonly cpuMicros: number | null
  /** Bytes of the write-ahead log, without images of pages if the server can tell them apart. */
  readonly walBytes: number
  /** Bytes of the page images: a page's first change after a checkpoint logs all of it. */
  readonly imageBytes: number | null
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** Updates that did not have to change any index (heap-only tuples). */
  readonly hotUpdated: number
  /** Pages that statements have looked at. */
  readonly buffers: number
  /** Transactions that were undone: statements that failed, whether they ran again or not. */
  readonly rollbacks: number
}

/** Measures what the database of one contender uses between two moments. */
export interface DatabaseMeter {
  /** Begins a sample, after a checkpoint. */
  begin(): Promise<void>
  /** Ends the sample. `flush` makes the contender's connections report their statistics. */
  end(flush: () => Promise<void>): Promise<DatabaseUse>
  /** Does what autovacuum would do. */
  vacuum(): Promise<void>
  close(): Promise<void>
}

type Counts<Name extends string> = Readonly<Record<Name, number>>

interface Counters {
  readonly cpuMicros: number | null
  readonly lsn: string
  readonly ofDatabase: Counts<'buffers' | 'rollbacks'>
  readonly ofTables: Counts<'inserted' | 'updated' | 'deleted' | 'hotUpdated'>
}

// Functions instead of the view, which would itself look at pages.
const OF_DATABASE = `
  select pg_stat_get_db_blocks_fetched($1)::float8 as buffers, pg_stat_get_db_xact_rollback($1)::float8 as rollbacks`

const OF_TABLES = `
  select coalesce(sum(n_tup_ins), 0)::float8 as inserted, coalesce(sum(n_tup_upd), 0)::float8 as updated,
    coalesce(sum(n_tup_del), 0)::float8 as deleted, coalesce(sum(n_tup_hot_upd), 0)::float8 as "hotUpdated"
  from pg_stat_user_tables`

/**
 * Opens a meter with a separate connection. Its statements run outside the sample: processor time
 * and log position are read last at the beginning and first at the end, and the pages it looks at
 * are reported before the one and after the other.
 */
export async function databaseMeter(url: string): Promise<DatabaseMeter> {
  const client = new Client({ connectionString: url })
  // If the run fails, its databases are dropped, which ends this connection.
  client.on('error', () => undefined)
  await client.connect()
  const row = async <Row>(text: string, values: unknown[] = []): Promise<Row> =>
    (await client.query({ name: text.trim().slice(0, 60), text, values })).rows[0]
  const { pid, oid } = await row<{ pid: number; oid: number }>(
    'select pg_backend_pid() as pid, oid from pg_database where datname = current_database()',
  )
  const postmaster = postmasterOf(pid, new URL(url).pathname.slice(1))
  const canReadLog = await client.query('create extension if not exists pg_walinspect').then(
    () => true,
    () => false,
  )
  const cpuMicros = () => (postmaster === null ? null : processorMicros(postmaster))
  const lsn = async () => (await row<{ lsn: string }>('select pg_current_wal_insert_lsn() as lsn')).lsn
  const logged = async (begun: string, ended: string): Promise<Pick<DatabaseUse, 'walBytes' | 'imageBytes'>> => {
    const { bytes } = await row<{ bytes: number }>('select pg_wal_lsn_diff($2, $1)::float8 as bytes', [begun, ended])
    if (!canReadLog || bytes === 0) return { walBytes: bytes, imageBytes: canReadLog ? 0 : null }
    // Only what is on the disk can be read. A flushed message takes everything before it along.
    await row("select pg_logical_emit_message(false, 'bench', '', true)")
    const { images } = await row<{ images: number }>(
      'select coalesce(sum(fpi_size), 0)::float8 as images from pg_get_wal_stats($1, $2)',
      [begun, ended],
    )
    return { walBytes: bytes - images, imageBytes: images }
  }
  let begun: Counters | undefined
  return {
    begin: async () => {
      await client.query('checkpoint')
      const ofTables = await row<Counters['ofTables']>(OF_TABLES)
      await row('select pg_stat_force_next_flush()')
      const ofDatabase = await row<Counters['ofDatabase']>(OF_DATABASE, [oid])
      begun = { ofTables, ofDatabase, lsn: await lsn(), cpuMicros: cpuMicros() }
    },
    end: async (flush) => {
      if (begun === undefined) throw new Error('No sample has begun.')
      const cpu = cpuMicros()
      const ended = await lsn()
      await flush()
      const ofDatabase = await row<Counters['ofDatabase']>(OF_DATABASE, [oid])
      const ofTables = await row<Counters['ofTables']>(OF_TABLES)
      return {
        cpuMicros: cpu === null || begun.cpuMicros === null ? null : cpu - begun.cpuMicros,
        ...(await logged(begun.lsn, ended)),
        ...difference(begun.ofTables, ofTables),
        ...difference(begun.ofDatabase, ofDatabase),
      }
    },
    vacuum: async () => {
      await client.query('vacuum analyze')
    },
    close: () => client.end(),
  }
}

function difference<Name extends string>(begun: Counts<Name>, ended: Counts<Name>): Counts<Name> {
  const names = Object.keys(begun) as Name[]
  return Object.fromEntries(names.map((name) => [name, ended[name] - begun[name]])) as Counts<Name>
}

/** The parent of all processes of the server; `null` if they are not visible here. */
function postmasterOf(pid: number, database: string): number | null {
  try {
    // Another process may have this id here if the server runs elsewhere.
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(database)) return null
    return statOf(pid).parent
  } catch {
    return null
  }
}

/**
 * The processor time of the postmaster and its children. Of those that run, it is the scheduler's
 * time in nanoseconds; of those that have ended, what the kernel added to the postmaster's in
 * hundredths of a second.
 */
function processorMicros(postmaster: number): number {
  let micros = statOf(postmaster).endedChildrenMicros
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    try {
      if (pid === postmaster || statOf(pid).parent === postmaster) micros += runMicros(pid)
    } catch {
      // The process has ended.
    }
  }
  return micros
}

function runMicros(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    // A kernel without this file.
    return statOf(pid).micros
  }
}

const MICROS_PER_TICK = 10_000

function statOf(pid: number) {
  // Fields have the numbers of proc_pid_stat(5); the third is the first after the name.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const field = (number: number) => fields[number - 3] ?? 0
  return {
    parent: field(4),
    micros: (field(14) + field(15)) * MICROS_PER_TICK,
    endedChildrenMicros: (field(16) + field(17)) * MICROS_PER_TICK,
  }
}
