import type { Challenge } from '../challenge/challenge.ts'
import { displayCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context.ts'
import { isPhoneAuthError, type SmsRejectedError, SmsUnavailableError } from '../errors.ts'
import { smsText } from './sms-text.ts'

/**
 * Sends the code of an opened or resent challenge. Nothing else in the library reaches the sender.
 *
 * `now` is the store's time, by which the message says how long the code is good. Under closed registration the caller's answer does not
 * wait for the provider, nor depend on it: who measures or reads it must not learn whether the number is known.
 */
export async function sendCode(context: Context, challenge: Challenge, code: string, now: Date): Promise<void> {
  if (challenge.channel === 'none') return
  const isAnswerIndependent = context.settings.registration === 'closed' && challenge.purpose === 'sign_in'
  const sending = send(context, challenge, code, now)
  if (isAnswerIndependent) context.inBackground(sending)
  else await sending
}

async function send(context: Context, challenge: Challenge, code: string, now: Date): Promise<void> {
  const { phoneNumber: to, expiresAt, format } = challenge
  const minutes = Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 60_000))
  try {
    const text = smsText(displayCode(code, format), minutes, context.settings.text)
    const { messageId } = await context.smsSender.send({ to, text })
    await emitAbout(context, to, { type: 'message_sent', messageId: messageId ?? null })
  } catch (thrown) {
    // What a sender throws may quote the message, and so the code: only our own errors go on, and never as a cause.
    const isOurs = isPhoneAuthError(thrown) && (thrown.code === 'sms_rejected' || thrown.code === 'sms_unavailable')
    const error: SmsRejectedError | SmsUnavailableError = isOurs ? thrown : new SmsUnavailableError(true)
    const mayHaveBeenSent = error.code === 'sms_unavailable' && error.mayHaveBeenSent
    await emitAbout(context, to, { type: 'message_failed', error: error.code, mayHaveBeenSent })
    throw error
  }
}
