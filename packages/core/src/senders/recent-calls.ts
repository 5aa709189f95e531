import { CircuitState, type IBreaker } from 'cockatiel'

interface Counted {
  readonly second: number
  calls: number
  failures: number
}

/**
 * Opens a circuit when more than half of the recent calls have failed, if there were at least
 * `minimumCalls`.
 *
 * The sampling of cockatiel keeps as many steps of its window as there were calls, however old they
 * are. If calls are rare, failures of a whole day would count.
 */
export class RecentCalls implements IBreaker {
  state: Counted[] = []
  readonly #windowSeconds: number
  readonly #minimumCalls: number

  constructor(windowSeconds: number, minimumCalls: number) {
    this.#windowSeconds = windowSeconds
    this.#minimumCalls = minimumCalls
  }

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.state = []
    this.#count(0)
  }

  failure(state: CircuitState): boolean {
    this.#count(1)
    if (state !== CircuitState.Closed) return true
    const calls = this.state.reduce((sum, counted) => sum + counted.calls, 0)
    const failures = this.state.reduce((sum, counted) => sum + counted.failures, 0)
    return calls >= this.#minimumCalls && failures * 2 > calls
  }

  #count(failures: 0 | 1): void {
    const second = Math.floor(performance.now() / 1000)
    this.state = this.state.filter((counted) => counted.second > second - this.#windowSeconds)
    const last = this.state.at(-1)
    if (last?.second === second) {
      last.calls += 1
      last.failures += failures
    } else this.state.push({ second, calls: 1, failures })
  }
}
