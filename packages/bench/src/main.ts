import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@phone-auth/test-servers/postgres'
import { Client } from 'pg'
import { DATABASES, type DatabaseName, type DatabaseUrl } from './contender.ts'
import { measureNetworks } from './networks.ts'
import { measureRates } from './rates.ts'
import { measureRows } from './rows.ts'
import { MOUNTS, measureSignIns, type Size } from './sign-ins.ts'
import { networksTable, ratesTable, rowsTable, signInTables, tokensTable } from './tables.ts'
import { measureTokens } from './tokens.ts'

const USAGE = `npm run bench -- [options]

  --only sign-ins,tokens,rows,networks,rates
                                what to measure (everything)
  --database sqlite,postgresql  sign-ins, rows: databases (both)
  --mount in-process,HTTP       sign-ins: how the contenders are called (both)
  --rounds N                    rounds of each contender (5)
  --calls N                     calls of an operation in a round (1000)
  --concurrency N               sign-ins: calls at a time (8)
  --rows 10000,100000,1000000   rows: sizes of the tables. 10000000 is possible, but takes many
                                minutes and gigabytes
  --rates 100,200,400,800,1600  rates: sends per second
  --seconds N                   rates: how long each rate lasts (10)

Defaults are in brackets. networks (64 callers in many networks and in one) and rates (latencies at
fixed rates) are measured over HTTP on PostgreSQL.

PostgreSQL is the server at BENCH_DATABASE_URL, or one that is started for the run. A server of
yours must be version 17 or newer, and its user a superuser.`

const PARTS = ['sign-ins', 'tokens', 'rows', 'networks', 'rates'] as const

const { parts, databases, mounts, rows, rates, seconds, size } = readOptions()

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: PARTS.join(',') },
        database: { type: 'string', default: DATABASES.join(',') },
        mount: { type: 'string', default: MOUNTS.join(',') },
        rounds: { type: 'string', default: '5' },
        calls: { type: 'string', default: '1000' },
        concurrency: { type: 'string', default: '8' },
        rows: { type: 'string', default: '10000,100000,1000000' },
        rates: { type: 'string', default: '100,200,400,800,1600' },
        seconds: { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const size: Size = {
      rounds: wholeNumber('rounds', values.rounds),
      callsPerRound: wholeNumber('calls', values.calls),
      concurrency: wholeNumber('concurrency', values.concurrency),
    }
    return {
      parts: among('only', PARTS, values.only),
      databases: among('database', DATABASES, values.database),
      mounts: among('mount', MOUNTS, values.mount),
      rows: values.rows.split(',').map((text) => wholeNumber('rows', text)),
      rates: values.rates.split(',').map((text) => wholeNumber('rates', text)),
      seconds: wholeNumber('seconds', values.seconds),
      size,
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(1)
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9][0-9]{0,7}$/.test(text))
    throw new RangeError(`--${option}: "${text}" is not a whole number from 1 to 99999999.`)
  return Number(text)
}

function among<Name extends string>(option: string, names: readonly Name[], text: string): Name[] {
  const unknown = text.split(',').find((name) => !(names as readonly string[]).includes(name))
  if (unknown !== undefined) throw new RangeError(`--${option}: "${unknown}" is not one of ${names.join(', ')}.`)
  return names.filter((name) => text.split(',').includes(name))
}

const progress = (text: string) => process.stderr.write(`${text}\n`)

const folder = mkdtempSync(join(tmpdir(), 'phone-auth-bench-'))
const given = process.env.BENCH_DATABASE_URL
const needsPostgres = parts.some(
  (part) => part === 'networks' || part === 'rates' || (part !== 'tokens' && databases.includes('postgresql')),
)
// With the settings of production: a commit is acknowledged only when it is on the disk. Only
// autovacuum is off, because it would work during some samples and not during others. The benchmark
// vacuums once, after the first warm-up.
const server =
  given === undefined && needsPostgres
    ? await startPostgres(['-c', 'autovacuum=off'])
    : { url: given ?? '', stop: async () => undefined }
const created: string[] = []
let opened = 0

async function newDatabase(database: DatabaseName): Promise<DatabaseUrl> {
  opened += 1
  if (database === 'sqlite') return `sqlite:${join(folder, `${opened}.db`)}`
  const name = `phone_auth_bench_${process.pid}_${opened}`
  await administer(`create database ${name}`)
  created.push(name)
  return Object.assign(new URL(server.url), { pathname: `/${name}` }).href as DatabaseUrl
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(statement)
  await client.end()
}

try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}\n`,
  )
  if (parts.includes('tokens')) console.log(tokensTable(await measureTokens()))
  if (parts.includes('sign-ins')) {
    for (const database of databases) {
      for (const mount of mounts) {
        console.log(signInTables(await measureSignIns(database, mount, size, newDatabase, progress)))
      }
    }
  }
  if (parts.includes('rows')) {
    for (const database of databases) {
      console.log(rowsTable(database, await measureRows(database, rows, size, newDatabase, progress)))
    }
  }
  const newPostgres = () => newDatabase('postgresql')
  if (parts.includes('networks')) console.log(networksTable(await measureNetworks(size, newPostgres, progress)))
  if (parts.includes('rates')) console.log(ratesTable(await measureRates(rates, seconds, newPostgres, progress)))
} finally {
  for (const name of created) await administer(`drop database if exists ${name} with (force)`)
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
