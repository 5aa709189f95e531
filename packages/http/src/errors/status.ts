import type { PhoneAuthErrorCode } from '@phone-auth/core'
import { ERROR_STATUS } from '@phone-auth/core/adapters'
import type { HttpErrorCode } from './http-error.ts'

/**
 * The HTTP status of every error code on the wire (RFC 9110 section 15). A code without a status
 * does not compile.
 */
export const STATUS = {
  ...ERROR_STATUS,
  malformed_json: 400,
  cross_origin: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  internal_error: 500,
} as const satisfies Record<PhoneAuthErrorCode | HttpErrorCode, number>
