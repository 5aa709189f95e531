import type { Challenge } from '../challenge/challenge.ts'
import { displayCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context.ts'
import { SmsUnavailableError } from '../errors.ts'
import type { SendOptions, SmsReceipt } from '../ports/sms-sender.ts'
import { providerError, within } from '../senders/within.ts'
import { chooseLocale } from './locale.ts'
import { messageReference } from './reference.ts'
import { smsText } from './sms-text.ts'

/** What is to be sent: the code of a challenge, at the store's time `now`, by which the message says how long it is good. */
export interface CodeToSend {
  readonly challenge: Challenge
  readonly code: string
  readonly now: Date
  /** The languages that the recipient reads, the best first. */
  readonly locale: string | readonly string[] | undefined
}

/**
 * Sends the code of an opened or resent challenge. Nothing else in the library makes a provider send.
 *
 * Under closed registration the caller's answer does not wait for the provider, nor depend on it: who measures or reads it must not learn
 * whether the number is known.
 */
export async function sendCode(context: Context, toSend: CodeToSend): Promise<void> {
  const { channel, purpose } = toSend.challenge
  if (channel === 'none') return
  const isAnswerIndependent = context.settings.registration === 'closed' && purpose === 'sign_in'
  const sending = send(context, toSend)
  if (isAnswerIndependent) context.inBackground(sending)
  else await sending
}

async function send(context: Context, toSend: CodeToSend): Promise<void> {
  const { phoneNumber: to, format } = toSend.challenge
  try {
    const { sendTimeoutMs } = context.settings
    const { messageId, segments } = await within(sendTimeoutMs, null, (options) => hand(context, toSend, options))
    await emitAbout(context, to, { type: 'message_sent', messageId: messageId ?? null, segments: segments ?? null })
  } catch (thrown) {
    const error = providerError(thrown, { to, code: displayCode(toSend.code, format) })
    const mayHaveBeenSent = error.code === 'sms_unavailable' && error.mayHaveBeenSent
    const { code, message: explanation } = error
    const providerCode = error.code === 'rate_limited' ? null : error.providerCode
    await emitAbout(context, to, { type: 'message_failed', error: code, mayHaveBeenSent, explanation, providerCode })
    throw error
  }
}

async function hand({ settings, provider }: Context, toSend: CodeToSend, options: SendOptions): Promise<SmsReceipt> {
  const { challenge, now } = toSend
  const { phoneNumber: to, expiresAt, format } = challenge
  const locale = chooseLocale(toSend.locale, [...settings.text.templates.keys()])
  if (provider.codeService !== null) return provider.codeService.start({ to, locale }, options)
  if (provider.smsSender === null) throw new SmsUnavailableError(false)
  const minutes = Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 60_000))
  const code = displayCode(toSend.code, format)
  const text = smsText(code, minutes, locale, settings.text)
  const reference = messageReference({ idHash: challenge.idHash, send: challenge.sends })
  return provider.smsSender.send({ to, text, code, locale, reference }, options)
}
