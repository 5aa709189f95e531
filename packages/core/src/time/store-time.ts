/**
 * Returns a clock that starts at `at`, an instant of the store, and goes on in whole seconds by the
 * monotonic clock of the process. Setting the system's clock has no effect on it.
 */
export function continueFrom(at: Date): () => Date {
  const start = performance.now()
  return () => new Date(at.getTime() + 1000 * Math.floor((performance.now() - start) / 1000))
}

/** Whole seconds from `now` until `end`, rounded by `round`; never negative. */
export function secondsUntil(end: Date, now: Date, round: (seconds: number) => number): number {
  return Math.max(0, round((end.getTime() - now.getTime()) / 1000))
}
