import { CONTENDERS, type ContenderName, type DatabaseName, OPERATIONS } from './contender.ts'
import type { RowsMeasure } from './rows.ts'
import type { Measure } from './sign-ins.ts'
import type { TokensMeasure } from './tokens.ts'

/** A Markdown table with numbers aligned to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

const whole = (value: number) => (Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–')
const ratio = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}×`
const count = (value: number | null) => (value === null ? '–' : String(Math.round(value * 100) / 100))

/** The cost of each operation for each contender, and the ratios. */
export function signInTables(measures: readonly Measure[]): string {
  const [{ database, mount } = { database: '', mount: '' }] = measures
  const rows = OPERATIONS.flatMap((operation) => {
    const of = (contender: ContenderName) =>
      measures.find((m) => m.operation === operation && m.contender === contender)
    const floor = of('floor')?.cpuMicros ?? Number.NaN
    const ours = of('phone-auth')?.cpuMicros ?? Number.NaN
    return CONTENDERS.map((contender) => {
      const measure = of(contender)
      if (measure === undefined) return []
      return [
        `${operation}: ${contender}`,
        whole(measure.perSecond),
        whole(measure.p50Micros),
        whole(measure.p99Micros),
        whole(measure.cpuMicros),
        count(measure.statements),
        ratio(measure.cpuMicros / floor),
        ratio(measure.cpuMicros / ours),
      ]
    })
  })
  const head = ['', 'ops/s', 'p50 µs', 'p99 µs', 'CPU µs', 'statements', 'CPU : floor', 'CPU : ours']
  return `## ${database}, ${mount}\n\n${table(head, rows)}\n`
}

/** The cost of verifying a token. */
export function tokensTable(measures: readonly TokensMeasure[]): string {
  const [{ micros: base } = { micros: Number.NaN }] = measures
  const rows = measures.map(({ name, micros }) => [name, micros.toFixed(2), ratio(base / micros)])
  return `## Verifying an access token\n\n${table(['', 'CPU µs', 'faster'], rows)}\n`
}

/** The cost of operations as tables grow. */
export function rowsTable(database: DatabaseName, measures: readonly RowsMeasure[]): string {
  const rows = OPERATIONS.map((operation) => {
    const values = measures.map(({ p50Micros }) => p50Micros[operation])
    return [operation, ...values.map(whole), ratio((values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN))]
  })
  const head = ['p50 µs', ...measures.map(({ rows: size }) => `${size.toLocaleString('en-US')} rows`), 'growth']
  return `## Cost as tables grow: ${database}\n\n${table(head, rows)}\n`
}
