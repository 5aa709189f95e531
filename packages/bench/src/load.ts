/** The results of a batch of calls. */
export interface Batch {
  readonly results: readonly unknown[]
  /** How long each call took, in microseconds. */
  readonly latencies: readonly number[]
  /** How long the batch took, in seconds. */
  readonly seconds: number
}

/** Calls `work` once for each item, `concurrency` at a time. */
export async function runBatch<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<unknown>,
): Promise<Batch> {
  const results: unknown[] = new Array(items.length)
  const latencies: number[] = new Array(items.length)
  let next = 0
  const begun = performance.now()
  const worker = async () => {
    while (next < items.length) {
      const index = next
      next += 1
      const called = performance.now()
      results[index] = await work(items[index] as Item)
      latencies[index] = (performance.now() - called) * 1000
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return { results, latencies, seconds: (performance.now() - begun) / 1000 }
}

/**
 * Calls `work` once for each item, at a fixed rate and whether or not earlier calls have finished.
 * A latency counts from the moment when the call was due. So a contender that falls behind also
 * pays for the calls that wait, which a closed loop would not make.
 */
export async function runAtRate<Item>(
  items: readonly Item[],
  perSecond: number,
  work: (item: Item) => Promise<unknown>,
): Promise<Batch> {
  const results: unknown[] = new Array(items.length)
  const latencies: number[] = new Array(items.length)
  const begun = performance.now()
  const call = async (index: number) => {
    const due = begun + (index * 1000) / perSecond
    results[index] = await work(items[index] as Item)
    latencies[index] = (performance.now() - due) * 1000
  }
  const calls: Promise<void>[] = []
  while (calls.length < items.length) {
    const due = Math.min(items.length, Math.floor(((performance.now() - begun) * perSecond) / 1000) + 1)
    while (calls.length < due) calls.push(call(calls.length))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(calls)
  return { results, latencies, seconds: (performance.now() - begun) / 1000 }
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
