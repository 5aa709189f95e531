import { bulkheadGuard } from './bulkhead.ts'
import { breakerGuard } from './circuit-breaker.ts'
import type { Guard } from './guard.ts'

/**
 * Guards all calls of one provider: at most `maxInFlight` calls at the same time, and none while it
 * fails.
 */
export function providerGuard(maxInFlight: number): Guard {
  const [room, health] = [bulkheadGuard(maxInFlight), breakerGuard()]
  return (signal, work) => room(signal, () => health(signal, work))
}
