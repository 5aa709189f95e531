import { bulkheadGuard } from './bulkhead.ts'
import { breakerGuard } from './circuit-breaker.ts'
import type { Guard } from './guard.ts'

/**
 * Guards all work on one provider: at most `maxInFlight` calls at a time, and none while it fails.
 */
export function providerGuard(maxInFlight: number): Guard {
  const [room, health] = [bulkheadGuard(maxInFlight), breakerGuard()]
  return (signal, work) => room(signal, () => health(signal, work))
}
