import { startProcess } from '@phone-auth/conformance/processes'
import {
  CONTENDERS,
  type ContenderName,
  type DatabaseName,
  type DatabaseUrl,
  OPERATIONS,
  type Operation,
} from './contender.ts'
import type { ContenderProcess, Item } from './contender-process.ts'
import { httpClient } from './http-client.ts'
import { percentile, runBatch } from './load.ts'
import { phoneNumberOf } from './settings.ts'

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
  /** Processor time of the contender's process, without the database and the client. */
  readonly cpuMicros: number
  /** Counted on PostgreSQL only. */
  readonly statements: number | null
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
  readonly close: () => Promise<void>
}

/** The cost of a batch of calls. */
export interface Sample {
  readonly seconds: number
  readonly latencies: readonly number[]
  readonly cpuMicros: number
  readonly statements: number
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
  const racers: Racer[] = []
  for (const name of CONTENDERS) racers.push(await startRacer(name, await newDatabase(database)))
  const samples = new Map<string, Sample[]>()
  // The first round is a warm-up and is not recorded.
  for (let round = 0; round <= size.rounds; round += 1) {
    progress(`${database}, ${mount}: round ${round} of ${size.rounds}`)
    for (const racer of round % 2 === 0 ? racers : racers.toReversed()) {
      for (const [operation, sample] of await runRound(racer, mount, size, round)) {
        const key = `${racer.name} ${operation}`
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
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
      }
    }),
  )
}

/** Starts a contender on an empty database. */
export async function startRacer(name: ContenderName, url: DatabaseUrl): Promise<Racer> {
  const process = await startProcess(new URL('./contender-process.ts', import.meta.url), {
    execArgv: ['--conditions=@phone-auth/source'],
  })
  const contender = process.remote<ContenderProcess>('contender')
  const port = await contender.open(name, url)
  const client = httpClient(name, port)
  const close = async () => {
    client.close()
    await contender.close()
    await process.kill()
  }
  return { name, contender, client, close }
}

/** One round: users sign up, read their profile, log out and log in again. */
export async function runRound(
  { contender, client }: Racer,
  mount: Mount,
  { callsPerRound, concurrency }: Size,
  round: number,
): Promise<[Operation, Sample][]> {
  const samples: [Operation, Sample][] = []
  let items: Item[] = Array.from({ length: callsPerRound }, (_, index) => ({
    phoneNumber: phoneNumberOf(round * callsPerRound + index),
    challenge: '',
    code: '',
    credential: '',
  }))
  const measure = async (operation: Operation, isKept = true): Promise<readonly unknown[]> => {
    const before = await contender.used()
    const { results, latencies, seconds } =
      mount === 'HTTP'
        ? await runBatch(items, concurrency, (item) => client.call(operation, item))
        : await contender.run(operation, items, concurrency)
    const after = await contender.used()
    const cpuMicros = after.cpuMicros - before.cpuMicros
    if (isKept) {
      samples.push([operation, { seconds, latencies, cpuMicros, statements: after.statements - before.statements }])
    }
    return results
  }
  const send = async (isKept: boolean) => {
    const challenges = await measure('send', isKept)
    const codes = await contender.codes(items.map(({ phoneNumber }) => phoneNumber))
    items = items.map((item, index) => ({
      ...item,
      challenge: String(challenges[index] ?? ''),
      code: codes[index] ?? '',
    }))
  }
  const verify = async (operation: 'sign-up' | 'login') => {
    const credentials = await measure(operation)
    items = items.map((item, index) => ({ ...item, credential: String(credentials[index]) }))
  }
  await send(true)
  await verify('sign-up')
  await measure('profile')
  await measure('logout')
  await send(false)
  await verify('login')
  return samples
}
