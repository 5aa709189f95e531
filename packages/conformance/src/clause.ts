/** The clock that the stores under test go by. Nothing in the kit waits. */
export interface TestClock {
  now(): Date
  /** Moves the time of every store under test forward. */
  advance(seconds: number): Promise<void>
}

/** What a contract is checked on: fresh, empty, and on the kit's own clock. */
export interface Fleet<Port> {
  /**
   * Handles on the same data, at least one. Calls that run at the same time are dealt out among
   * them, so hand in one for each of several processes where an adapter promises to serve several.
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

/** All that a port promises. */
export type Contract<Subject> = readonly Clause<Subject>[]

/** Runs `call` on `count` callers at once, dealt out among the handles. */
export async function concurrently<Port, Result>(
  ports: readonly [Port, ...Port[]],
  count: number,
  call: (port: Port, index: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(ports[index % ports.length] ?? ports[0], index)))
}

/** A clock for stores in this process. */
export function manualClock(start: Date = START): TestClock {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    advance: async (seconds) => {
      now += seconds * 1000
    },
  }
}

/** Where every clock of the kit begins. */
export const START: Date = new Date('2026-01-01T00:00:00.000Z')

/** `date`, that many seconds later. */
export function after(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000)
}
