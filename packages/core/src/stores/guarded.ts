import { isPhoneAuthError, StoreMisconfiguredError, StoreUnavailableError } from '../errors/index.ts'

/** The calls of stores that have started and not ended. */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>()

  /** Runs `call` and tracks it until it ends. */
  async track<Result>(call: () => Promise<Result>): Promise<Result> {
    const running = call()
    this.#calls.add(running)
    try {
      return await running
    } finally {
      this.#calls.delete(running)
    }
  }

  /** Resolves when all calls that have started so far have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#calls)
  }
}

/**
 * Wraps `store` so that every failure of its methods is a {@link StoreUnavailableError}, or a
 * {@link StoreMisconfiguredError} if the store's error has `isPermanent: true`. If a store throws,
 * the operation is refused (OWASP ASVS 5 section 16.5.3: fail closed).
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
          throw failureOf(error)
        }
      }
    },
  })
}

function failureOf(error: unknown): unknown {
  if (isPhoneAuthError(error)) return error
  const { isPermanent } = Object(error) as { isPermanent?: unknown }
  return isPermanent === true ? new StoreMisconfiguredError(error) : new StoreUnavailableError(error)
}
