import { SmsUnavailableError } from '@phone-auth/core'
import type { SendOptions } from '@phone-auth/core/adapters'
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import type { Twilio } from 'twilio'
import type { Connection } from './access.ts'
import { failureOf, isNeverProcessed } from './failures.ts'

const MAX_RETRIES = 2

/**
 * Calls Twilio. Retries at most twice, and only if Twilio documents that it did not process the
 * call. Throws only errors of Phone Auth.
 */
export type CallTwilio = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** Creates the function that makes every call to Twilio. */
export function calling(connection: Connection): CallTwilio {
  const policy = retry(handleWhen(isNeverProcessed), {
    maxAttempts: MAX_RETRIES,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }),
  })
  return async (options, work) => {
    try {
      return await policy.execute(() => {
        // The caller may stop waiting during the pause before a retry.
        if (options.signal.aborted) throw new SmsUnavailableError(false)
        return connection(options, work)
      }, options.signal)
    } catch (thrown) {
      throw failureOf(thrown)
    }
  }
}
