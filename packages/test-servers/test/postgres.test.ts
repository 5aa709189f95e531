import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startPostgres } from '../src/postgres.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phone-auth-tmpdir-'))
  vi.stubEnv('TMPDIR', folder)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

it.each([
  ['every user', 0o755],
  ['only its owner', 0o700],
])('starts where %s can enter the temporary folder, and leaves nothing there', async (_users, mode) => {
  chmodSync(folder, mode)
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
  await server.stop()
  expect(readdirSync(folder)).toEqual([])
})

it('reports why initdb failed, and leaves nothing in the temporary folder', async () => {
  chmodSync(folder, 0o755)
  await expect(startPostgres(['-c', 'fsync=perhaps'])).rejects.toThrow(/"fsync" requires a Boolean value/)
  expect(readdirSync(folder)).toEqual([])
})

it('reports why the server did not start, and leaves nothing in the temporary folder', async () => {
  chmodSync(folder, 0o755)
  const missing = join(folder, 'missing.conf')
  await expect(startPostgres(['-c', `hba_file=${missing}`])).rejects.toThrow(`could not open file "${missing}"`)
  expect(readdirSync(folder)).toEqual([])
})
