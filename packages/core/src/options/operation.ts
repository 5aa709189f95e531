import type { PhoneAuthEvent } from './events.ts'

/** How the library runs in your service. */
export interface OperationOptions {
  /**
   * Receives every event, for audit logs, metrics and alarms. The library does not wait for it, and
   * ignores an error that it throws or rejects with.
   * @defaultValue events are dropped
   */
  readonly onEvent?: (event: PhoneAuthEvent) => unknown
  /**
   * Receives each piece of work that goes on after the answer: messages under closed registration,
   * and handles and reports of providers. Platforms that stop a process after its answer offer such
   * a function; without it they lose this work. It is called while the request is handled. The
   * promise never rejects.
   * @defaultValue the process is expected to go on
   */
  readonly waitUntil?: (work: Promise<unknown>) => void
  /**
   * The clock for the expiry of access tokens and the dates of events. Everything else uses the
   * time of the stores.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
  /**
   * Whether to refuse stores, senders, test numbers and secrets that must not be used in
   * production.
   * @defaultValue `NODE_ENV`: every value other than `development` and `test` is production. If it
   * is not set at all, such parts work, and a warning names them.
   */
  readonly environment?: 'production' | 'development' | 'test'
  /**
   * Allows stores, senders and secrets for development in production, and test numbers in
   * production and with a sender that sends real messages. This is unsafe, as the name says.
   * @defaultValue false
   */
  readonly unsafeAllowDevelopmentParts?: boolean
}
