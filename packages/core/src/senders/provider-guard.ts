import { bulkheadGuard } from './bulkhead.ts'
import { breakerGuard } from './circuit-breaker.ts'
import type { Guard } from './guard.ts'

/**
 * Guards all calls of one provider: at most `maxInFlight` calls at the same time, of which each
 * source has its share, and none while the provider fails.
 */
export function providerGuard(maxInFlight: number): Guard {
  const [room, health] = [bulkheadGuard(maxInFlight), breakerGuard()]
  return (options, work) => room(options, () => health(options, work))
}
