import { startProcess } from '@phone-auth/conformance/processes'
import {
  CONTENDERS,
  type ContenderName,
  type DatabaseName,
  type DatabaseUrl,
  type Limits,
  OPERATIONS,
  type Operation,
} from './contender.ts'
import type { ContenderProcess, Item } from './contender-process.ts'
import { type DatabaseMeter, type DatabaseUse, databaseMeter } from './database-meter.ts'
import { httpClient } from './http-client.ts'
import { type Batch, percentile, runBatch } from './load.ts'
import { addressOf, phoneNumberOf } from './settings.ts'

/** How calls reach a contender. */
export const MOUNTS = ['in-process', 'HTTP'] as const
export type Mount = (typeof MOUNTS)[number]

/** The cost of one operation of one contender. */
export interface Measure {
  readonly contender: ContenderName
  readonly database: DatabaseName
  readonly mount: Mount
  readonly operation: Operation
  readonly perSecond: number
  readonly p50Micros: number
  readonly p99Micros: number
  /** Processor time of the contender's process, without the client. On SQLite with the database. */
  readonly cpuMicros: number
  /** Counted on PostgreSQL only. */
  readonly statements: number | null
  /** What the database used for one call; on PostgreSQL only. */
  readonly use: DatabaseUse | null
}

/** The amount of work to measure. */
export interface Size {
  readonly rounds: number
  readonly callsPerRound: number
  readonly concurrency: number
}

/** A contender in a separate process. */
export interface Racer {
  readonly name: ContenderName
  readonly contender: ContenderProcess
  readonly client: ReturnType<typeof httpClient>
  /** On PostgreSQL only. */
  readonly meter: DatabaseMeter | undefined
  readonly close: () => Promise<void>
}

/** The cost of a batch of calls. */
export interface Sample {
  readonly seconds: number
  readonly latencies: readonly number[]
  readonly cpuMicros: number
  readonly statements: number
  readonly use: DatabaseUse | undefined
}

/**
 * Rounds that are not recorded. The first one fills the tables. Then they are vacuumed and
 * analysed, as autovacuum would do at some moment. In the second one, statements are planned again.
 */
export const WARM_UPS = 2

/** The name of a round in reports of progress. */
export function roundName(round: number, rounds: number): string {
  return round < WARM_UPS ? `warm-up ${round + 1} of ${WARM_UPS}` : `round ${round - WARM_UPS + 1} of ${rounds}`
}

/**
 * Measures every operation of every contender on one database. The contenders take turns round by
 * round, so that all run under the same conditions.
 */
export async function measureSignIns(
  database: DatabaseName,
  mount: Mount,
  size: Size,
  newDatabase: (database: DatabaseName) => Promise<DatabaseUrl>,
  progress: (text: string) => void,
): Promise<Measure[]> {
  // In process, Better Auth has no limits.
  const names = CONTENDERS.filter((name) => mount === 'HTTP' || name !== 'better-auth-limited')
  const racers: Racer[] = []
  for (const name of names) racers.push(await startRacer(name, await newDatabase(database)))
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < WARM_UPS + size.rounds; round += 1) {
    progress(`${database}, ${mount}: ${roundName(round, size.rounds)}`)
    for (const racer of round % 2 === 0 ? racers : racers.toReversed()) {
      for (const [operation, sample] of await runRound(racer, mount, size, round)) {
        const key = `${racer.name} ${operation}`
        if (round >= WARM_UPS) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
      if (round === 0) await racer.meter?.vacuum()
    }
  }
  for (const racer of racers) await racer.close()
  const calls = size.rounds * size.callsPerRound
  return racers.flatMap(({ name: contender }) =>
    OPERATIONS.map((operation): Measure => {
      const kept = samples.get(`${contender} ${operation}`) ?? []
      const sum = (of: (sample: Sample) => number) => kept.reduce((total, sample) => total + of(sample), 0)
      const latencies = kept.flatMap((sample) => sample.latencies)
      return {
        contender,
        database,
        mount,
        operation,
        perSecond: calls / sum(({ seconds }) => seconds),
        p50Micros: percentile(latencies, 0.5),
        p99Micros: percentile(latencies, 0.99),
        cpuMicros: sum(({ cpuMicros }) => cpuMicros) / calls,
        statements: database === 'postgresql' ? sum(({ statements }) => statements) / calls : null,
        use: usePerCall(kept, calls),
      }
    }),
  )
}

function usePerCall(samples: readonly Sample[], calls: number): DatabaseUse | null {
  const uses = samples.flatMap(({ use }) => use ?? [])
  if (uses.length === 0) return null
  const per = (of: (use: DatabaseUse) => number) => uses.reduce((total, use) => total + of(use), 0) / calls
  const perIfKnown = (of: (use: DatabaseUse) => number | null) =>
    uses.some((use) => of(use) === null) ? null : per((use) => of(use) ?? 0)
  return {
    cpuMicros: perIfKnown(({ cpuMicros }) => cpuMicros),
    walBytes: per(({ walBytes }) => walBytes),
    imageBytes: perIfKnown(({ imageBytes }) => imageBytes),
    inserted: per(({ inserted }) => inserted),
    updated: per(({ updated }) => updated),
    deleted: per(({ deleted }) => deleted),
    hotUpdated: per(({ hotUpdated }) => hotUpdated),
    buffers: per(({ buffers }) => buffers),
    rollbacks: per(({ rollbacks }) => rollbacks),
  }
}

/** Starts a contender on an empty database. */
export async function startRacer(name: ContenderName, url: DatabaseUrl, limits: Limits = 'default'): Promise<Racer> {
  const process = await startProcess(new URL('./contender-process.ts', import.meta.url), {
    execArgv: ['--conditions=@phone-auth/source'],
  })
  const contender = process.remote<ContenderProcess>('contender')
  const port = await contender.open(name, url, limits)
  const client = httpClient(name, port)
  const meter = url.startsWith('postgresql:') ? await databaseMeter(url) : undefined
  const close = async () => {
    client.close()
    await meter?.close()
    await contender.close()
    await process.kill()
  }
  return { name, contender, client, meter, close }
}

/** Numbers that have not signed in, from the one with the index `first` on. */
export function newItems(first: number, count: number, address: (index: number) => string): Item[] {
  return Array.from({ length: count }, (_, index) => ({
    phoneNumber: phoneNumberOf(first + index),
    address: address(first + index),
    challenge: '',
    code: '',
    credential: '',
  }))
}

/** Addresses of many networks. */
export function distantOf(index: number): string {
  return addressOf(phoneNumberOf(index))
}

/** Runs a batch and measures what the contender and its database use for it. */
export async function sampled(
  { contender, meter }: Racer,
  run: () => Promise<Batch>,
): Promise<Sample & Pick<Batch, 'results'>> {
  await contender.flushStatistics()
  await meter?.begin()
  const before = await contender.used()
  const { results, latencies, seconds } = await run()
  const after = await contender.used()
  const use = await meter?.end(() => contender.flushStatistics())
  const cpuMicros = after.cpuMicros - before.cpuMicros
  return { results, latencies, seconds, cpuMicros, statements: after.statements - before.statements, use }
}

/** The items with the challenges that the contender returned, and with the codes that it sent. */
export async function withCodes(
  { contender }: Racer,
  items: readonly Item[],
  challenges: readonly unknown[],
): Promise<Item[]> {
  const codes = await contender.codes(items.map(({ phoneNumber }) => phoneNumber))
  return items.map((item, index) => ({ ...item, challenge: String(challenges[index] ?? ''), code: codes[index] ?? '' }))
}

/** One round: users sign up, read their profile, log out and log in again. */
export async function runRound(
  racer: Racer,
  mount: Mount,
  { callsPerRound, concurrency }: Size,
  round: number,
): Promise<[Operation, Sample][]> {
  const samples: [Operation, Sample][] = []
  let items = newItems(round * callsPerRound, callsPerRound, distantOf)
  const measure = async (operation: Operation): Promise<readonly unknown[]> => {
    const { results, ...sample } = await sampled(racer, () =>
      mount === 'HTTP'
        ? runBatch(items, concurrency, (item) => racer.client.call(operation, item))
        : racer.contender.run(operation, items, concurrency),
    )
    samples.push([operation, sample])
    return results
  }
  const send = async (operation: 'send' | 'send again') => {
    items = await withCodes(racer, items, await measure(operation))
  }
  const verify = async (operation: 'sign-up' | 'login') => {
    const credentials = await measure(operation)
    items = items.map((item, index) => ({ ...item, credential: String(credentials[index]) }))
  }
  await send('send')
  await verify('sign-up')
  await measure('profile')
  await measure('logout')
  await send('send again')
  await verify('login')
  return samples
}
