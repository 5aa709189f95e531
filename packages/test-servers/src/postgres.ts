import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

// The PostgreSQL of the tests: the server at TEST_DATABASE_URL, or one from npm that is started for
// the run.

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

const SERVER_PROCESS = fileURLToPath(new URL('./postgres-process.ts', import.meta.url))

/** Starts a server in a new folder on a free port. It ends when this process ends. */
export async function startPostgres(
  initdbOptions: readonly string[] = [],
): Promise<{ url: string; stop: () => Promise<void> }> {
  // Detached, so that a signal to this process's group leaves it time to clean up.
  const process = fork(SERVER_PROCESS, initdbOptions, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const exited = new Promise<void>((resolve) => process.once('exit', () => resolve()))
  let reason = ''
  process.stderr?.setEncoding('utf8').on('data', (text) => {
    reason += text
  })
  const url = await new Promise<string>((resolve, reject) => {
    process.once('message', (message) => resolve(String(message)))
    process.once('close', (code) => reject(new Error(`PostgreSQL did not start (exit code ${code}).\n${reason}`)))
  })
  return {
    url,
    stop: () => {
      process.disconnect()
      return exited
    },
  }
}

/** The test runner calls this before the first test, and the returned function after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL
  // No test simulates a power failure, so commits need not reach the disk.
  const server =
    given === undefined ? await startPostgres(['-c', 'fsync=off']) : { url: given, stop: async () => undefined }
  project.provide('postgresUrl', server.url)
  return server.stop
}
