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

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
