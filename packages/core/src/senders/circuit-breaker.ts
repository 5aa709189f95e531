import { circuitBreaker as breaker, handleWhen, isBrokenCircuitError } from 'cockatiel'
import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { type Duration, durationSeconds } from '../time/duration.ts'
import { type Guard, guarded } from './guard.ts'
import { providerError } from './provider-error.ts'
import { RecentCalls } from './recent-calls.ts'
import { untilAborted } from './within.ts'

/** What {@link circuitBreaker} can be told. */
export interface CircuitBreakerOptions {
  /**
   * How many calls within `window` it takes to judge the provider; when more than half of them
   * fail, it is left alone.
   * @defaultValue 5
   */
  readonly minimumCalls?: number
  /**
   * How long a call is remembered, to the second.
   * @defaultValue "30s"
   */
  readonly window?: Duration
  /**
   * How long the provider is left alone before one message tries it again.
   * @defaultValue "30s"
   */
  readonly halfOpenAfter?: Duration
}

/**
 * Leaves a failing provider alone for a while: calls then fail at once, and nothing is sent,
 * instead of each waiting for its own time-out. What the provider refuses because of the number or
 * the account is no failure of the provider.
 *
 * @throws `InvalidOptionsError` if an option is out of its range.
 */
export function circuitBreaker(sender: SmsSender, options: CircuitBreakerOptions = {}): SmsSender {
  return guarded(sender, () => breakerGuard(options))
}

/** The same for any work on a provider. */
export function breakerGuard(options: CircuitBreakerOptions = {}): Guard {
  const { minimumCalls = 5, window = '30s', halfOpenAfter = '30s' } = options
  const [windowSeconds, restSeconds] = [durationSeconds(window), durationSeconds(halfOpenAfter)]
  if (windowSeconds === null || windowSeconds < 1 || restSeconds === null || restSeconds < 1) {
    throw new InvalidOptionsError(['circuitBreaker: window and halfOpenAfter must be durations of 1 second or more.'])
  }
  if (!Number.isInteger(minimumCalls) || minimumCalls < 1)
    throw new InvalidOptionsError(['circuitBreaker: minimumCalls must be a whole number from 1.'])
  const policy = breaker(
    handleWhen((error) => providerError(error).code === 'sms_unavailable'),
    {
      halfOpenAfter: restSeconds * 1000,
      breaker: new RecentCalls(windowSeconds, minimumCalls),
    },
  )
  return async (signal, work) => {
    try {
      // Whoever waits for the call that tries the provider again waits no longer than for one of
      // their own, and begins none too late.
      return await untilAborted(signal, () => policy.execute(() => untilAborted(signal, work), signal))
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error
      const explanation = 'The SMS provider has been failing and is left alone for a while. Nothing was sent.'
      throw new SmsUnavailableError(false, { explanation })
    }
  }
}
