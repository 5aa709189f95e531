import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { percentile, runAtRate } from '../src/load.ts'

it('counts latencies from when a call was due, also if the calls before it are slow', async () => {
  let previous = Promise.resolve()
  // One call at a time, 20 ms each, and one is due every 10 ms.
  const { latencies } = await runAtRate(Array.from({ length: 20 }), 100, () => {
    previous = previous.then(() => wait(20))
    return previous
  })
  expect(latencies[0]).toBeLessThan(100_000)
  // The last one is due after 190 ms and ends after 400 ms at the earliest.
  expect(latencies[19]).toBeGreaterThan(180_000)
  expect(percentile(latencies, 0.5)).toBeGreaterThan(80_000)
})
