import { SmsUnavailableError } from '@phone-auth/core'
import type { SendOptions } from '@phone-auth/core/adapters'
import { ExponentialBackoff, handleWhen, type IBackoffFactory, type IRetryBackoffContext, retry } from 'cockatiel'
import type { Twilio } from 'twilio'
import type { Connection } from './access.ts'
import { failureOf, isNeverProcessed, readThrown } from './failures.ts'

const MAX_RETRIES = 2

/**
 * Calls Twilio. Retries at most twice, and only if Twilio documents that it did not process the
 * call. Before a retry it waits at least as long as Twilio asks to (`Retry-After`), and does not
 * retry if the caller does not wait that long. Throws only errors of Phone Auth.
 */
export type CallTwilio = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** Creates the function that makes every call to Twilio. */
export function calling(connection: Connection): CallTwilio {
  const backoff = orAsAsked(new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }))
  return async (options, work) => {
    const deadline = performance.now() + options.timeoutMs
    const isWorthwhile = (thrown: unknown) =>
      isNeverProcessed(thrown) && performance.now() + askedPauseMs(thrown) < deadline
    const policy = retry(handleWhen(isWorthwhile), { maxAttempts: MAX_RETRIES, backoff })
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

type Failed = IRetryBackoffContext<unknown>

/** The pauses of `backoff`, or longer ones if Twilio asks for them. */
function orAsAsked(backoff: IBackoffFactory<Failed>): IBackoffFactory<Failed> {
  return {
    next: (context) => {
      const { result } = context
      const own = backoff.next(context)
      const duration = Math.max(own.duration, 'error' in result ? askedPauseMs(result.error) : 0)
      return { duration, ...orAsAsked(own) }
    },
  }
}

function askedPauseMs(thrown: unknown): number {
  return 1000 * (readThrown(thrown).retryAfterSeconds ?? 0)
}
