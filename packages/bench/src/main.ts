import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { startPostgres } from '../../postgres/test/server.ts'
import { DATABASES, type DatabaseName, type DatabaseUrl } from './contender.ts'
import { measureRows } from './rows.ts'
import { MOUNTS, measureSignIns, type Size } from './sign-ins.ts'
import { rowsTable, signInTables, tokensTable } from './tables.ts'
import { measureTokens } from './tokens.ts'

const USAGE = `npm run bench -- [options]

  --only sign-ins,tokens,rows   what to measure; everything unless told
  --database sqlite,postgresql  where; on both unless told
  --mount in-process,HTTP       how the contenders are called; both unless told
  --rounds N                    rounds of each contender (5)
  --calls N                     calls of an operation in a round (500)
  --concurrency N               calls at a time (8)
  --rows 10000,100000,1000000   sizes of the tables for the cost curve

PostgreSQL is the one at BENCH_DATABASE_URL, or one that is started for the run.`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'sign-ins,tokens,rows' },
    database: { type: 'string', default: DATABASES.join(',') },
    mount: { type: 'string', default: 'in-process,HTTP' },
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '500' },
    concurrency: { type: 'string', default: '8' },
    rows: { type: 'string', default: '10000,100000,1000000' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}

const parts = values.only.split(',')
const databases = DATABASES.filter((database) => values.database.split(',').includes(database))
const size: Size = {
  rounds: Number(values.rounds),
  callsPerRound: Number(values.calls),
  concurrency: Number(values.concurrency),
}
const progress = (text: string) => process.stderr.write(`${text}\n`)

const folder = mkdtempSync(join(tmpdir(), 'phone-auth-bench-'))
const given = process.env.BENCH_DATABASE_URL
// As a server is that people's accounts are on: nothing is acknowledged before it is on the disk.
const server = given === undefined ? await startPostgres() : { url: given, stop: async () => undefined }
let opened = 0

async function newDatabase(database: DatabaseName): Promise<DatabaseUrl> {
  opened += 1
  if (database === 'sqlite') return `sqlite:${join(folder, `${opened}.db`)}`
  const name = `phone_auth_bench_${process.pid}_${opened}`
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return Object.assign(new URL(server.url), { pathname: `/${name}` }).href as DatabaseUrl
}

try {
  console.log(
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}\n`,
  )
  if (parts.includes('tokens')) console.log(tokensTable(await measureTokens()))
  if (parts.includes('sign-ins')) {
    const mounts = MOUNTS.filter((mount) => values.mount.split(',').includes(mount))
    for (const database of databases) {
      for (const mount of mounts) {
        console.log(signInTables(await measureSignIns(database, mount, size, newDatabase, progress)))
      }
    }
  }
  if (parts.includes('rows')) {
    for (const database of databases) {
      console.log(
        rowsTable(
          database,
          await measureRows(database, values.rows.split(',').map(Number), size, newDatabase, progress),
        ),
      )
    }
  }
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}
