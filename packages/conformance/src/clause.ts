/** The clock of the stores under test. The kit moves this clock and never waits. */
export interface TestClock {
  now(): Date
  /** Moves the time of every store under test forward. */
  advance(seconds: number): Promise<void>
}

/** The handles and the clock that a clause is checked with. The store is new and empty. */
export interface Fleet<Port> {
  /**
   * At least one handle on the same data. Concurrent calls are distributed over the handles. If an
   * adapter supports several processes, pass one handle for each process.
   */
  readonly ports: readonly [Port, ...Port[]]
  readonly clock: TestClock
}

/** One promise that a port makes, and the check that an adapter keeps it. */
export interface Clause<Subject> {
  readonly name: string
  /** Resolves if the promise is kept. @throws AssertionError if it is not. */
  check(subject: Subject): Promise<void>
}

/** All the promises of a port. */
export type Contract<Subject> = readonly Clause<Subject>[]

/** Runs `call` `count` times at the same time, distributed over the handles. */
export async function concurrently<Port, Result>(
  ports: readonly [Port, ...Port[]],
  count: number,
  call: (port: Port, index: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(ports[index % ports.length] ?? ports[0], index)))
}

/** Creates a clock for stores in this process. */
export function manualClock(start: Date = START): TestClock {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    advance: async (seconds) => {
      now += seconds * 1000
    },
  }
}

/** The start time of every clock of the kit. */
export const START: Date = new Date('2026-01-01T00:00:00.000Z')

/** Returns the time `seconds` after `date`. */
export function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000)
}
