import type { PhoneAuthEvent } from './events.ts'

/** How the library runs in your service. */
export interface OperationOptions {
  /**
   * Receives every event, for audit logs, metrics and alarms. It is called and not awaited; an
   * error that it throws or rejects with changes nothing.
   * @defaultValue events are dropped
   */
  readonly onEvent?: (event: PhoneAuthEvent) => unknown
  /**
   * The clock by which access tokens expire and events are dated. Everything else uses the time of
   * the stores.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
  /**
   * Whether to refuse what must not be used in production.
   * @defaultValue `"production"` where `NODE_ENV` says so, else `"development"`
   */
  readonly environment?: 'production' | 'development'
  /**
   * Allows development stores and senders in production, and test numbers there and beside a sender
   * that really sends. Unsafe, as its name says.
   * @defaultValue false
   */
  readonly unsafeAllowDevelopmentParts?: boolean
}
