import { isBulkheadRejectedError, bulkhead as limiter } from 'cockatiel'
import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { type Guard, guarded } from './guard.ts'
import { untilAborted } from './within.ts'

/** Options for {@link bulkhead}. */
export interface BulkheadOptions {
  /**
   * How many messages may wait for the provider at the same time.
   * @defaultValue 50
   */
  readonly maxInFlight?: number
}

/**
 * Lets at most `maxInFlight` messages wait for a provider at the same time. Further messages fail
 * at once and are not sent. A provider that hangs then delays at most that many requests.
 *
 * Callers share this room: the messages of one network (`source`) hold no more places than they
 * leave free, so one network has at most half of them, and two have a third each.
 *
 * Put it around a {@link circuitBreaker}, not inside one: a message that it refuses is not a
 * failure of the provider.
 *
 * @throws `InvalidOptionsError` if `maxInFlight` is not a whole number of at least 1.
 */
export function bulkhead(sender: SmsSender, { maxInFlight = 50 }: BulkheadOptions = {}): SmsSender {
  return guarded(sender, () => bulkheadGuard(maxInFlight))
}

/** The {@link bulkhead} for any call of a provider. */
export function bulkheadGuard(maxInFlight: number): Guard {
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1) {
    throw new InvalidOptionsError(['bulkhead: maxInFlight must be a whole number of at least 1.'])
  }
  const policy = limiter(maxInFlight)
  const places = new Places()
  return async ({ signal, source }, work) => {
    const free = policy.executionSlots
    if (free > 0 && places.of(source) >= free) {
      throw refusal(`${places.of(source)} calls of one network, its share, are already waiting for the SMS provider.`)
    }
    const leave = places.take(source)
    try {
      return await policy.execute(() => untilAborted(signal, work))
    } catch (error) {
      if (!isBulkheadRejectedError(error)) throw error
      throw refusal(`${maxInFlight} calls, the maximum, are already waiting for the SMS provider.`)
    } finally {
      leave()
    }
  }
}

/** How many places the calls of each source hold. Calls without a source are not counted. */
class Places {
  readonly #taken = new Map<string, number>()

  of(source: string | undefined): number {
    return source === undefined ? 0 : (this.#taken.get(source) ?? 0)
  }

  /** Takes a place and returns the function that leaves it. */
  take(source: string | undefined): () => void {
    if (source === undefined) return () => undefined
    this.#taken.set(source, this.of(source) + 1)
    return () => {
      const left = this.of(source) - 1
      if (left === 0) this.#taken.delete(source)
      else this.#taken.set(source, left)
    }
  }
}

function refusal(reason: string): SmsUnavailableError {
  return new SmsUnavailableError(false, { explanation: `${reason} Nothing was sent. Try again shortly.` })
}
