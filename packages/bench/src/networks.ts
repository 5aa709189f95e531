import { CONTENDERS, type ContenderName, type DatabaseUrl } from './contender.ts'
import { percentile, runBatch } from './load.ts'
import { neighbourOf } from './settings.ts'
import {
  distantOf,
  newItems,
  type Racer,
  roundName,
  type Sample,
  type Size,
  sampled,
  startRacer,
  WARM_UPS,
  withCodes,
} from './sign-ins.ts'

const NETWORKS = ['many networks', 'one network'] as const
const MEASURED = ['send', 'sign-up'] as const

/** One operation of one contender under many callers at once. */
export interface NetworksMeasure {
  readonly contender: ContenderName
  readonly operation: (typeof MEASURED)[number]
  /** Where the callers are. */
  readonly networks: (typeof NETWORKS)[number]
  readonly perSecond: number
  readonly p99Micros: number
  /** How many statements failed in the whole run. */
  readonly rollbacks: number
}

/** So many callers at once that they wait for each other wherever they share a row. */
const CONCURRENCY = 64

/**
 * Measures the same load from many networks and from one, over HTTP on PostgreSQL. Every call is
 * about another number. The limits by address and network are so high that no call is refused.
 */
export async function measureNetworks(
  { rounds, callsPerRound }: Size,
  newDatabase: () => Promise<DatabaseUrl>,
  progress: (text: string) => void,
): Promise<NetworksMeasure[]> {
  const racers: Racer[] = []
  for (const name of CONTENDERS) racers.push(await startRacer(name, await newDatabase(), 'raised'))
  const samples = new Map<string, Sample[]>()
  let first = 0
  for (let round = 0; round < WARM_UPS + rounds; round += 1) {
    for (const networks of NETWORKS) {
      progress(`${networks}: ${roundName(round, rounds)}`)
      for (const racer of racers) {
        for (const [operation, sample] of await runRound(racer, networks, first, callsPerRound)) {
          const key = `${racer.name} ${operation} ${networks}`
          if (round >= WARM_UPS) samples.set(key, [...(samples.get(key) ?? []), sample])
        }
      }
      first += callsPerRound
    }
    if (round === 0) for (const { meter } of racers) await meter?.vacuum()
  }
  for (const racer of racers) await racer.close()
  return MEASURED.flatMap((operation) =>
    CONTENDERS.flatMap((contender) =>
      NETWORKS.map((networks): NetworksMeasure => {
        const kept = samples.get(`${contender} ${operation} ${networks}`) ?? []
        const sum = (of: (sample: Sample) => number) => kept.reduce((total, sample) => total + of(sample), 0)
        const latencies = kept.flatMap((sample) => sample.latencies)
        return {
          contender,
          operation,
          networks,
          perSecond: (rounds * callsPerRound) / sum(({ seconds }) => seconds),
          p99Micros: percentile(latencies, 0.99),
          rollbacks: sum(({ use }) => use?.rollbacks ?? 0),
        }
      }),
    ),
  )
}

async function runRound(racer: Racer, networks: (typeof NETWORKS)[number], first: number, calls: number) {
  const items = newItems(first, calls, networks === 'one network' ? neighbourOf : distantOf)
  const sent = await sampled(racer, () => runBatch(items, CONCURRENCY, (item) => racer.client.call('send', item)))
  const opened = await withCodes(racer, items, sent.results)
  const signedUp = await sampled(racer, () =>
    runBatch(opened, CONCURRENCY, (item) => racer.client.call('sign-up', item)),
  )
  return [
    ['send', sent],
    ['sign-up', signedUp],
  ] as const
}
