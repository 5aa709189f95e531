import { isPhoneAuthError, StoreUnavailableError } from '../errors/index.ts'

/** Calls of stores that have begun and not ended. */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>()

  /** Runs `call`, and keeps it until it ends. */
  async track<Result>(call: () => Promise<Result>): Promise<Result> {
    const running = call()
    this.#calls.add(running)
    try {
      return await running
    } finally {
      this.#calls.delete(running)
    }
  }

  /** Resolves when all the calls that have begun so far have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#calls)
  }
}

/**
 * `store`, with every failure of its methods as a {@link StoreUnavailableError}: a store that
 * throws has refused, and what it was asked for is refused with it (OWASP ASVS 5 section 16.5.3:
 * fail closed).
 */
export function guarded<Store extends object>(store: Store, calls: CallsUnderWay): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...input: unknown[]) => {
        try {
          return await calls.track(async () => member.apply(target, input))
        } catch (error) {
          throw isPhoneAuthError(error) ? error : new StoreUnavailableError(error)
        }
      }
    },
  })
}
