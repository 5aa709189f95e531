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
  return async (signal, work) => {
    try {
      return await policy.execute(() => untilAborted(signal, work))
    } catch (error) {
      if (!isBulkheadRejectedError(error)) throw error
      const explanation = `${maxInFlight} calls, the maximum, are already waiting for the SMS provider. Nothing was sent. Try again shortly.`
      throw new SmsUnavailableError(false, { explanation })
    }
  }
}
