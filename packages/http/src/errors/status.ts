import type { PhoneAuthErrorCode } from '@phone-auth/core'
import type { HttpErrorCode } from './http-error.ts'

/**
 * The HTTP status of every error (RFC 9110 section 15). A code without a status does not compile.
 */
export const STATUS = {
  invalid_input: 400,
  invalid_phone_number: 400,
  invalid_profile: 400,
  challenge_id_required: 400,
  malformed_json: 400,
  invalid_access_token: 401,
  access_token_expired: 401,
  invalid_refresh_token: 401,
  refresh_token_reused: 401,
  step_up_required: 401,
  region_not_allowed: 403,
  user_inactive: 403,
  sign_in_refused: 403,
  cross_origin: 403,
  not_found: 404,
  user_not_found: 404,
  session_not_found: 404,
  method_not_allowed: 405,
  phone_number_taken: 409,
  challenge_expired: 410,
  too_many_attempts: 410,
  too_many_sends: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_code: 422,
  rate_limited: 429,
  internal_error: 500,
  invalid_options: 500,
  store_misconfigured: 500,
  sms_rejected: 502,
  sms_unavailable: 503,
  store_unavailable: 503,
} as const satisfies Record<PhoneAuthErrorCode | HttpErrorCode, number>
