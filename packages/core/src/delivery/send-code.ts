import type { Challenge } from '../challenge/challenge.ts'
import { codeGroups, displayCode, isHardened } from '../challenge/code-format.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { isPhoneAuthError, SmsUnavailableError } from '../errors/index.ts'
import type { SourceAddress } from '../limits/source-address.ts'
import { networkOf } from '../limits/subjects.ts'
import { chooseLocale } from '../message/locale.ts'
import { messageReference } from '../message/reference.ts'
import { smsText } from '../message/sms-text.ts'
import type { MessageTemplate, SendOptions, SmsReceipt } from '../ports/sms-sender.ts'
import { providerError, providerFacts } from '../senders/provider-error.ts'
import { within } from '../senders/within.ts'
import { keepHandle, keepHandleForReports, readHandle } from './keep-handle.ts'
import { later } from './later.ts'

/**
 * A code to send. The message states how long the code is valid from `now`, the time of the store.
 */
export interface CodeToSend {
  readonly challenge: Challenge
  readonly code: string
  readonly now: Date
  /** The languages that the recipient reads, the preferred one first. */
  readonly locale: string | readonly string[] | undefined
  /** Where the request comes from; `null` if that is unknown. */
  readonly source: SourceAddress | null
}

/**
 * Sends the code of an opened or resent challenge. Only this function calls a provider to send.
 *
 * Under closed registration the caller's answer neither waits for the provider nor depends on it.
 * Neither its content nor its timing may reveal whether the number is known.
 */
export async function sendCode(context: Context, toSend: CodeToSend): Promise<void> {
  const { channel, purpose } = toSend.challenge
  const work = async () => (channel === 'none' ? undefined : send(context, toSend))
  const isAnswerIndependent = context.settings.registration === 'closed' && purpose === 'sign_in'
  if (isAnswerIndependent) context.inBackground(later(work))
  else await work()
}

async function send(context: Context, toSend: CodeToSend): Promise<void> {
  const { challenge } = toSend
  const { messageId = null, segments = null, handle } = await handOver(context, toSend)
  if (context.provider.codeService === null) keepHandleForReports(context, challenge, handle)
  else if (handle !== null) await keepVerification(context, challenge, handle)
  await emitAbout(context, challenge.phoneNumber, { type: 'message_sent', messageId, segments })
}

interface Accepted extends Pick<SmsReceipt, 'messageId' | 'segments'> {
  readonly handle: string | null
}

async function handOver(context: Context, toSend: CodeToSend): Promise<Accepted> {
  const { phoneNumber: to, format } = toSend.challenge
  const limits = { timeoutMs: context.settings.sendTimeoutMs, source: networkOf(toSend.source) }
  try {
    const receipt = await within(limits, (options) => hand(context, toSend, options))
    const handle = readHandle(receipt.handle)
    if (handle !== null || context.provider.codeService === null) return { ...receipt, handle }
    const explanation = 'The code service returned no handle of 1 to 255 characters.'
    throw new SmsUnavailableError(true, { explanation })
  } catch (thrown) {
    const error = providerError(thrown, { to, code: displayCode(toSend.code, format) })
    const mayHaveBeenSent = error.code === 'sms_unavailable' && error.mayHaveBeenSent
    const facts = { error: error.code, mayHaveBeenSent, ...providerFacts(error) }
    await emitAbout(context, to, { type: 'message_failed', ...facts })
    throw error
  }
}

// Codes are checked with the handle, so a start fails if its handle cannot be stored.
async function keepVerification(context: Context, challenge: Challenge, handle: string): Promise<void> {
  try {
    await keepHandle(context, challenge, handle)
  } catch (error) {
    if (!isPhoneAuthError(error)) throw error
    const facts = { error: error.code, mayHaveBeenSent: true, explanation: error.message, providerCode: null }
    await emitAbout(context, challenge.phoneNumber, { type: 'message_failed', ...facts })
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
  const template: MessageTemplate = {
    purpose: challenge.purpose,
    locale,
    isHardened: isHardened(format),
    variables: { code, application: settings.text.applicationName, minutes: String(minutes) },
    codeGroups: codeGroups(toSend.code, format),
  }
  const reference = messageReference({ idHash: challenge.idHash, send: challenge.sends })
  return provider.smsSender.send({ to, text, code, template, expiresInSeconds, reference }, options)
}
