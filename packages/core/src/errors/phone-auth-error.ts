/** Marks errors of this library, across copies of the package. */
export const BRAND: unique symbol = Symbol.for('phone-auth.error')

/**
 * The base of every error this library throws on purpose. Anything else that it throws is a bug.
 *
 * Messages say what happened and what to do. They never contain a code, a token, a secret or a
 * whole phone number.
 */
export abstract class PhoneAuthError extends Error {
  abstract override readonly name: string
  /** Identifies what went wrong. It is the same on the wire and in every version. */
  abstract readonly code: PhoneAuthErrorCode
  /** Marks the error for {@link isPhoneAuthError}, across copies of the package. */
  readonly [BRAND] = true as const
}

/**
 * The `code` of every {@link AnyPhoneAuthError}. Each code has an HTTP status in
 * `@phone-auth/http`.
 */
export type PhoneAuthErrorCode =
  | 'invalid_options'
  | 'invalid_input'
  | 'invalid_phone_number'
  | 'region_not_allowed'
  | 'rate_limited'
  | 'too_many_sends'
  | 'sms_rejected'
  | 'sms_unavailable'
  | 'invalid_code'
  | 'challenge_expired'
  | 'too_many_attempts'
  | 'challenge_id_required'
  | 'user_inactive'
  | 'sign_in_refused'
  | 'step_up_required'
  | 'phone_number_taken'
  | 'session_not_found'
  | 'invalid_access_token'
  | 'access_token_expired'
  | 'invalid_refresh_token'
  | 'refresh_token_reused'
  | 'user_not_found'
  | 'invalid_profile'
  | 'store_unavailable'
  | 'store_misconfigured'
