import type { ResendResult } from '@phone-auth/core'
import { type HttpAnswer, json } from './answer.ts'

/** The answer when a code is on its way. */
export function codeSent(result: ResendResult): HttpAnswer {
  return json({
    success: true,
    message: 'OTP sent successfully to your phone number',
    data: { phone_number: result.phoneNumber, ...challengeFields(result) },
    token: null,
  })
}

/**
 * A challenge on the wire: what a client needs to verify with it and to ask for the next message.
 */
export function challengeFields({
  challengeId,
  expiresAt,
  resendAt,
}: Pick<ResendResult, 'challengeId' | 'expiresAt' | 'resendAt'>) {
  return {
    challenge_id: challengeId,
    expires_at: expiresAt.toISOString(),
    resend_at: resendAt?.toISOString() ?? null,
  }
}
