import { circuitBreaker as breaker, handleWhen, isBrokenCircuitError } from 'cockatiel'
import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { type Duration, durationSeconds } from '../time/duration.ts'
import { type Guard, guarded } from './guard.ts'
import { providerError } from './provider-error.ts'
import { RecentCalls } from './recent-calls.ts'
import { untilAborted } from './within.ts'

/** Options for {@link circuitBreaker}. */
export interface CircuitBreakerOptions {
  /**
   * The minimum number of calls within `window`. If there are at least this many and more than half
   * fail, the provider is not called for a while.
   * @defaultValue 5
   */
  readonly minimumCalls?: number
  /**
   * How long a call counts, to the second.
   * @defaultValue "30s"
   */
  readonly window?: Duration
  /**
   * How long the provider is not called before one message tries it again.
   * @defaultValue "30s"
   */
  readonly halfOpenAfter?: Duration
}

/**
 * Stops calling a failing provider for a while. Messages then fail at once and are not sent,
 * instead of each waiting for its own time-out. A refusal because of the number or the account is
 * not a failure of the provider, and neither is its demand to slow down (`retryAfterSeconds`).
 *
 * @throws `InvalidOptionsError` if an option is out of its range.
 */
export function circuitBreaker(sender: SmsSender, options: CircuitBreakerOptions = {}): SmsSender {
  return guarded(sender, () => breakerGuard(options))
}

/** The {@link circuitBreaker} for any call of a provider. */
export function breakerGuard(options: CircuitBreakerOptions = {}): Guard {
  const { minimumCalls = 5, window = '30s', halfOpenAfter = '30s' } = options
  const [windowSeconds, restSeconds] = [durationSeconds(window), durationSeconds(halfOpenAfter)]
  if (windowSeconds === null || windowSeconds < 1 || restSeconds === null || restSeconds < 1) {
    throw new InvalidOptionsError([
      'circuitBreaker: window and halfOpenAfter must be durations of at least 1 second, such as "30s".',
    ])
  }
  if (!Number.isInteger(minimumCalls) || minimumCalls < 1)
    throw new InvalidOptionsError(['circuitBreaker: minimumCalls must be a whole number of at least 1.'])
  const policy = breaker(
    handleWhen((thrown) => {
      const error = providerError(thrown)
      return error.code === 'sms_unavailable' && error.retryAfterSeconds === null
    }),
    {
      halfOpenAfter: restSeconds * 1000,
      breaker: new RecentCalls(windowSeconds, minimumCalls),
    },
  )
  return async ({ signal }, work) => {
    try {
      // A call that waits for the one that tries the provider again waits no longer than its own
      // signal allows, and does not start after that.
      return await untilAborted(signal, () => policy.execute(() => untilAborted(signal, work), signal))
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error
      const explanation =
        'The SMS provider has failed repeatedly and is not called for a while. Nothing was sent. Try again later.'
      throw new SmsUnavailableError(false, { explanation })
    }
  }
}
