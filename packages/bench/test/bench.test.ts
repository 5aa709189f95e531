import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type {} from '@phone-auth/test-servers/postgres'
import { expect, inject, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

it('measures every operation of every contender, and counts their statements', async () => {
  const options = '--only sign-ins,rows --database postgresql --mount HTTP --rounds 1 --calls 4 --rows 2000,4000'
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@phone-auth/source', MAIN, ...options.split(' ')],
    { env: { ...process.env, BENCH_DATABASE_URL: inject('postgresUrl') } },
  )
  const statements = (contender: string) =>
    [...stdout.matchAll(new RegExp(`: ${contender} +\\|(?:[^|]+\\|){4} +([0-9.]+) `, 'g'))].map((match) =>
      Number(match[1]),
    )
  // send, sign-up, login, profile, logout
  expect(statements('phone-auth')).toEqual([1, 1, 1, 1, 1])
  expect(statements('floor')).toEqual([1, 1, 1, 1, 1])
  expect(statements('better-auth')).toHaveLength(5)
  expect(stdout).toMatch(/\| p50 µs +\| 2,000 rows \| 4,000 rows \| growth \|/)
  expect(stdout).not.toMatch(/NaN/)
})
