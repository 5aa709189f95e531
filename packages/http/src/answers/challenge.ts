import type { ResendResult } from '@phone-auth/core'
import { type HttpAnswer, json } from './answer.ts'

/** Creates the answer to a call that sends a code. */
export function codeSent(result: ResendResult): HttpAnswer {
  return json({
    success: true,
    message: 'OTP sent successfully to your phone number',
    data: { phone_number: result.phoneNumber, ...challengeFields(result) },
    token: null,
  })
}

/**
 * The JSON fields of a challenge. A client needs them to verify the code and to request a resend.
 */
export function challengeFields({
  challengeId,
  expiresAt,
  expiresInSeconds,
  resendAt,
  resendInSeconds,
}: Omit<ResendResult, 'phoneNumber'>) {
  return {
    challenge_id: challengeId,
    expires_at: expiresAt.toISOString(),
    expires_in: expiresInSeconds,
    resend_at: resendAt?.toISOString() ?? null,
    resend_in: resendInSeconds,
  }
}
