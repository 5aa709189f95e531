import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type {} from '@phone-auth/test-servers/postgres'
import { expect, inject, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

async function bench(options: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@phone-auth/source', MAIN, ...options.split(' ')],
    { env: { ...process.env, BENCH_DATABASE_URL: inject('postgresUrl') } },
  )
  expect(stdout).not.toMatch(/NaN/)
  return stdout
}

/** The cells of one column for a contender, in the order of the operations. */
function column(table: string, head: string, contender: string): string[] {
  const lines = table.split('\n').filter((line) => line.startsWith('|'))
  const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()))
  const index = rows[0]?.indexOf(head) ?? -1
  return rows.filter(([, name]) => name?.endsWith(`: ${contender}`)).map((cells) => cells[index] ?? '')
}

it('measures every operation of every contender, and counts what the database does', async () => {
  const stdout = await bench('--only sign-ins --database postgresql --mount HTTP --rounds 1 --calls 4')
  // send, sign-up, send again, login, profile, logout
  expect(column(stdout, 'statements', 'phone-auth')).toEqual(['1', '1', '1', '1', '1', '1'])
  expect(column(stdout, 'statements', 'floor')).toEqual(['1', '1', '1', '1', '1', '1'])
  expect(column(stdout, 'statements', 'better-auth')).toEqual(['1', '9', '1', '9', '2', '5'])
  // Two more for its limits: one reads the row, one changes it.
  expect(column(stdout, 'statements', 'better-auth-limited')).toEqual(['3', '11', '3', '11', '4', '7'])
  expect(column(stdout, 'rows written', 'floor')).toEqual(['4', '6', '4', '5', '0', '1'])
  expect(column(stdout, 'HOT', 'floor')).toEqual(['–', '100 %', '100 %', '100 %', '–', '100 %'])
  for (const bytes of column(stdout, 'WAL bytes', 'phone-auth').slice(0, 4)) {
    expect(Number(bytes.replace(',', ''))).toBeGreaterThan(500)
  }
})

it('measures the growth of tables, many callers in one network, and fixed rates', async () => {
  const sizes = '--database postgresql --rounds 1 --calls 20 --rows 2000,4000 --rates 50 --seconds 1'
  const stdout = await bench(`--only rows,networks,rates ${sizes}`)
  expect(stdout).toMatch(/\| p50 µs +\| 2,000 rows \| 4,000 rows \| growth \|/)
  expect(stdout).toMatch(/\| sign-up: floor, one network +\| +[0-9,]+ \| +[0-9.,]+ \| +0 \|/)
  expect(column(stdout.slice(stdout.indexOf('## Sends')), 'p99.9 ms', 'phone-auth')).toHaveLength(1)
})
