import { type SendOptions, SmsUnavailableError } from '@phone-auth/core'
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import type { Twilio } from 'twilio'
import type { Connection } from './access.ts'
import { failureOf, isNeverProcessed } from './failures.ts'

const MAX_RETRIES = 2

/**
 * Calls Twilio; again, twice at most, while Twilio says that it did not process the call. Throws
 * only errors of ours.
 */
export type CallTwilio = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** Makes the way every request to Twilio goes. */
export function calling(connection: Connection): CallTwilio {
  const policy = retry(handleWhen(isNeverProcessed), {
    maxAttempts: MAX_RETRIES,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }),
  })
  return async (options, work) => {
    try {
      return await policy.execute(() => {
        // The pause before another try may be longer than anybody waits.
        if (options.signal.aborted) throw new SmsUnavailableError(false)
        return connection(options, work)
      }, options.signal)
    } catch (thrown) {
      throw failureOf(thrown)
    }
  }
}
