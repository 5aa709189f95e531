import { PhoneAuthError } from './phone-auth-error.ts'

/**
 * Thrown when a store fails. The operation was refused, or its outcome is unknown. `cause` is the
 * error of the store.
 */
export class StoreUnavailableError extends PhoneAuthError {
  override readonly name = 'StoreUnavailableError'
  readonly code = 'store_unavailable'

  constructor(cause: unknown) {
    super('The database is not available at the moment. Try again shortly.', { cause })
  }
}

/**
 * Thrown when a store refuses an operation and will refuse it again: a foreign key of the
 * application, an encoding, a certificate, a missing privilege. The operation changed nothing.
 * `cause` is the error of the store, which says what to change.
 */
export class StoreMisconfiguredError extends PhoneAuthError {
  override readonly name = 'StoreMisconfiguredError'
  readonly code = 'store_misconfigured'

  constructor(cause: unknown) {
    super('The database is not set up for this operation. Repeating it does not help.', { cause })
  }
}
