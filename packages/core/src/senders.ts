/**
 * Senders that combine or guard other senders: failover, a choice by region, and guards against a
 * provider that fails or hangs.
 *
 * @module @phone-auth/core/senders
 */

export { type BulkheadOptions, bulkhead } from './senders/bulkhead.ts'
export { byRegion } from './senders/by-region.ts'
export { type CircuitBreakerOptions, circuitBreaker } from './senders/circuit-breaker.ts'
export { type FailoverOptions, failover } from './senders/failover.ts'
export type { Guard } from './senders/guard.ts'
export type { ProviderError } from './senders/provider-error.ts'
export { providerGuard } from './senders/provider-guard.ts'
