import { CircuitState, type IBreaker } from 'cockatiel'

/**
 * Judges a provider by its calls of the last `windowMs`: it fails when they are `atLeast` or more, and more than half of them failed.
 *
 * The library's own sampling remembers as many steps of the window as there were calls, however long ago they were: where calls are rare,
 * failures of a whole day would count.
 */
export class RecentCalls implements IBreaker {
  readonly state = undefined
  readonly #atLeast: number
  readonly #windowMs: number
  #calls: { readonly endedAt: number; readonly isFailure: boolean }[] = []

  constructor(atLeast: number, windowMs: number) {
    this.#atLeast = atLeast
    this.#windowMs = windowMs
  }

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.#calls = []
    this.#note(false)
  }

  failure(state: CircuitState): boolean {
    this.#note(true)
    if (state !== CircuitState.Closed) return true
    const failures = this.#calls.filter(({ isFailure }) => isFailure).length
    return this.#calls.length >= this.#atLeast && failures > this.#calls.length / 2
  }

  #note(isFailure: boolean): void {
    const now = performance.now()
    const firstRecent = this.#calls.findIndex(({ endedAt }) => now - endedAt < this.#windowMs)
    this.#calls.splice(0, firstRecent === -1 ? this.#calls.length : firstRecent)
    this.#calls.push({ endedAt: now, isFailure })
  }
}
