import { isBulkheadRejectedError, bulkhead as limiter } from 'cockatiel'
import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { type Guard, guarded } from './guard.ts'
import { untilAborted } from './within.ts'

/** What {@link bulkhead} can be told. */
export interface BulkheadOptions {
  /**
   * How many messages may wait for the provider at a time.
   * @defaultValue 50
   */
  readonly maxInFlight?: number
}

/**
 * Lets at most `maxInFlight` messages wait for a provider at a time; further ones fail at once, and
 * nothing is sent. So a provider that hangs holds up that many requests and no more.
 *
 * Put it around a {@link circuitBreaker}, not into one: what it turns away is no failure of the
 * provider.
 *
 * @throws `InvalidOptionsError` if `maxInFlight` is out of its range.
 */
export function bulkhead(sender: SmsSender, { maxInFlight = 50 }: BulkheadOptions = {}): SmsSender {
  return guarded(sender, () => bulkheadGuard(maxInFlight))
}

/** The same for any work on a provider. */
export function bulkheadGuard(maxInFlight: number): Guard {
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1) {
    throw new InvalidOptionsError(['bulkhead: maxInFlight must be a whole number from 1.'])
  }
  const policy = limiter(maxInFlight)
  return async (signal, work) => {
    try {
      return await policy.execute(() => untilAborted(signal, work))
    } catch (error) {
      if (!isBulkheadRejectedError(error)) throw error
      const explanation = `${maxInFlight} calls are waiting for the SMS provider, which is as many as may. Nothing was sent.`
      throw new SmsUnavailableError(false, { explanation })
    }
  }
}
