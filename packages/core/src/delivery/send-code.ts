import type { Challenge } from '../challenge/challenge.ts'
import { displayCode } from '../challenge/one-time-code.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { chooseLocale } from '../message/locale.ts'
import { messageReference } from '../message/reference.ts'
import { smsText } from '../message/sms-text.ts'
import type { SendOptions, SmsReceipt } from '../ports/sms-sender.ts'
import { providerError, providerFacts } from '../senders/provider-error.ts'
import { within } from '../senders/within.ts'

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
  const work = async () => (channel === 'none' ? undefined : send(context, toSend))
  const isAnswerIndependent = context.settings.registration === 'closed' && purpose === 'sign_in'
  if (isAnswerIndependent) context.inBackground(later(work))
  else await work()
}

// Also what a sender does before its first pause must come after the answer, or the answer would take longer for a number that is known.
async function later(work: () => Promise<void>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  await work()
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
    const facts = { error: error.code, mayHaveBeenSent, ...providerFacts(error) }
    await emitAbout(context, to, { type: 'message_failed', ...facts })
    throw error
  }
}

async function hand({ settings, provider }: Context, toSend: CodeToSend, options: SendOptions): Promise<SmsReceipt> {
  const { challenge, now } = toSend
  const { phoneNumber: to, expiresAt, format } = challenge
  const wanted = chooseLocale(toSend.locale, settings.locales)
  if (provider.codeService !== null) return provider.codeService.start({ to, locale: wanted }, options)
  const expiresInSeconds = Math.max(1, Math.floor((expiresAt.getTime() - now.getTime()) / 1000))
  const minutes = Math.max(1, Math.floor(expiresInSeconds / 60))
  const code = displayCode(toSend.code, format)
  const { text, locale } = smsText(code, minutes, wanted ?? '', settings.text)
  const reference = messageReference({ idHash: challenge.idHash, send: challenge.sends })
  return provider.smsSender.send({ to, text, code, locale, expiresInSeconds, reference }, options)
}
