import { type ContenderName, type DatabaseName, OPERATIONS } from './contender.ts'
import type { DatabaseUse } from './database-meter.ts'
import type { NetworksMeasure } from './networks.ts'
import type { RateMeasure } from './rates.ts'
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

const whole = (value: number | null | undefined) =>
  Number.isFinite(value) ? Math.round(value as number).toLocaleString('en-US') : '–'
const ratio = (value: number) => (Number.isFinite(value) ? `${value.toFixed(value < 10 ? 1 : 0)}×` : '–')
const count = (value: number | null) => (value === null ? '–' : String(Math.round(value * 100) / 100))
const millis = (micros: number) => (micros / 1000).toLocaleString('en-US', { maximumFractionDigits: 1 })

/** Processor time of the contender and its database; `NaN` if that of the database is unknown. */
function togetherMicros({ database, cpuMicros, use }: Measure): number {
  return database === 'sqlite' ? cpuMicros : cpuMicros + (use?.cpuMicros ?? Number.NaN)
}

/** The cost of each operation for each contender, and the ratios. */
export function signInTables(measures: readonly Measure[]): string {
  const [{ database, mount } = { database: '', mount: '' }] = measures
  const isServer = database === 'postgresql'
  const rows = OPERATIONS.flatMap((operation) => {
    const ofOperation = measures.filter((measure) => measure.operation === operation)
    const togetherOf = (contender: ContenderName) => {
      const measure = ofOperation.find((one) => one.contender === contender)
      return measure === undefined ? Number.NaN : togetherMicros(measure)
    }
    return ofOperation.map((measure) => [
      `${operation}: ${measure.contender}`,
      whole(measure.perSecond),
      whole(measure.p50Micros),
      whole(measure.p99Micros),
      ...(isServer ? [count(measure.statements)] : []),
      whole(measure.cpuMicros),
      ...(isServer ? [whole(measure.use?.cpuMicros), whole(togetherMicros(measure))] : []),
      ratio(togetherMicros(measure) / togetherOf('floor')),
      ratio(togetherMicros(measure) / togetherOf('phone-auth')),
      ...(measure.use === null ? [] : useCells(measure.use)),
    ])
  })
  const head = [
    ...['', 'ops/s', 'p50 µs', 'p99 µs'],
    ...(isServer ? ['statements', 'CPU µs server', 'database', 'together'] : ['CPU µs']),
    ...[': floor', ': ours'],
    ...(isServer ? ['WAL bytes', 'page images', 'rows written', 'HOT', 'buffers'] : []),
  ]
  return `## ${database}, ${mount}\n\n${table(head, rows)}\n`
}

function useCells({ walBytes, imageBytes, inserted, updated, deleted, hotUpdated, buffers }: DatabaseUse): string[] {
  return [
    whole(walBytes),
    whole(imageBytes),
    count(inserted + updated + deleted),
    updated === 0 ? '–' : `${whole((hotUpdated / updated) * 100)} %`,
    buffers.toFixed(1),
  ]
}

/** The same load from many networks and from one. */
export function networksTable(measures: readonly NetworksMeasure[]): string {
  const rows = measures.map(({ operation, contender, networks, perSecond, p99Micros, rollbacks }) => [
    `${operation}: ${contender}, ${networks}`,
    whole(perSecond),
    millis(p99Micros),
    String(rollbacks),
  ])
  return `## Calls from one network: postgresql, HTTP\n\n${table(['', 'ops/s', 'p99 ms', 'failed statements'], rows)}\n`
}

/** Latencies at fixed rates. */
export function ratesTable(measures: readonly RateMeasure[]): string {
  const rows = measures.map(({ contender, rate, perSecond, p50Micros, p99Micros, p999Micros }) => [
    `${rate}/s: ${contender}`,
    whole(perSecond),
    millis(p50Micros),
    millis(p99Micros),
    millis(p999Micros),
  ])
  const head = ['', 'sends/s', 'p50 ms', 'p99 ms', 'p99.9 ms']
  return `## Sends at a fixed rate: postgresql, HTTP\n\n${table(head, rows)}\n`
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
