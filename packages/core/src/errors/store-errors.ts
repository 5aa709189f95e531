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
