import type { AnyPhoneAuthError } from '@phone-auth/core'
import { challengeFields } from '../answers/challenge.ts'
import { wireName } from '../wire/names.ts'
import { HttpError } from './http-error.ts'
import { REFUSALS } from './message.ts'

/** The fields of an error in addition to its code and message. */
export function detailsOf(error: HttpError | AnyPhoneAuthError): Record<string, unknown> {
  if (error instanceof HttpError) return error.field === null ? {} : { field: error.field }
  switch (error.code) {
    case 'invalid_code':
      return { attempts_remaining: error.attemptsRemaining }
    case 'rate_limited':
      return { retry_after_seconds: error.retryAfterSeconds }
    case 'invalid_profile':
      return { field: error.issues[0].field, issues: error.issues }
    case 'invalid_phone_number':
      return { field: wireName(error.field), reason: error.reason }
    case 'region_not_allowed':
      return { field: wireName(error.field), region: error.region ?? null }
    case 'sms_rejected':
      return { reason: error.reason in REFUSALS ? error.reason : 'other' }
    case 'sms_unavailable':
      // The code may still arrive, and the client needs the challenge to verify it.
      return {
        may_have_been_sent: error.mayHaveBeenSent,
        ...(error.retryAfterSeconds !== null && { retry_after_seconds: error.retryAfterSeconds }),
        ...(error.challenge !== null && challengeFields(error.challenge)),
      }
    case 'step_up_required':
      return { max_age_seconds: error.maxAgeSeconds }
    case 'invalid_input':
    case 'phone_number_taken':
    case 'challenge_id_required':
      return { field: wireName(error.field) }
    default:
      return {}
  }
}
