import { CONTENDERS, type ContenderName, type DatabaseUrl } from './contender.ts'
import { percentile, runAtRate, runBatch } from './load.ts'
import { distantOf, newItems, type Racer, startRacer } from './sign-ins.ts'

/** The latencies of one contender at one rate. */
export interface RateMeasure {
  readonly contender: ContenderName
  /** The sends that were due in a second. */
  readonly rate: number
  /** The sends that were done in a second. */
  readonly perSecond: number
  readonly p50Micros: number
  readonly p99Micros: number
  readonly p999Micros: number
}

const WARM_UP_CALLS = 500

/**
 * Measures sends at fixed rates, over HTTP on PostgreSQL. The contenders take turns rate by rate.
 * Latencies count from when a send was due (see {@link runAtRate}).
 */
export async function measureRates(
  rates: readonly number[],
  seconds: number,
  newDatabase: () => Promise<DatabaseUrl>,
  progress: (text: string) => void,
): Promise<RateMeasure[]> {
  const racers: Racer[] = []
  for (const name of CONTENDERS) racers.push(await startRacer(name, await newDatabase(), 'raised'))
  let first = 0
  const nextItems = (count: number) => {
    first += count
    return newItems(first - count, count, distantOf)
  }
  for (const { client } of racers) await runBatch(nextItems(WARM_UP_CALLS), 8, (item) => client.call('send', item))
  const measures: RateMeasure[] = []
  for (const rate of rates) {
    for (const { name, client, meter } of racers) {
      progress(`${rate} sends per second: ${name}`)
      // For its checkpoint.
      await meter?.begin()
      const items = nextItems(rate * seconds)
      const { latencies, seconds: taken } = await runAtRate(items, rate, (item) => client.call('send', item))
      measures.push({
        contender: name,
        rate,
        perSecond: items.length / taken,
        p50Micros: percentile(latencies, 0.5),
        p99Micros: percentile(latencies, 0.99),
        p999Micros: percentile(latencies, 0.999),
      })
    }
  }
  for (const racer of racers) await racer.close()
  return measures
}
