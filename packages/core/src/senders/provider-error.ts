import { isPhoneAuthError, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../errors/index.ts'
import { maskPhoneNumber, nationalDigits } from '../phone-number/phone-number.ts'
import type { SmsMessage } from '../ports/sms-sender.ts'

/** The errors of a provider. */
export type ProviderError = SmsRejectedError | SmsUnavailableError | RateLimitedError

/** What an error must not quote. */
type Secrets = Pick<SmsMessage, 'to'> & Partial<Pick<SmsMessage, 'code'>>

/**
 * Converts the error of a sender to a {@link ProviderError}. Any other error counts as an unknown
 * outcome and is discarded, because it may quote the message and so the code.
 *
 * Errors of this library are created again without a cause, and what they quote of the message is
 * hidden: adapters may pass on the texts of providers.
 */
export function providerError(thrown: unknown, message?: Secrets): ProviderError {
  if (!isPhoneAuthError(thrown)) return new SmsUnavailableError(true, { explanation: unexpected(thrown) })
  if (thrown.code === 'rate_limited') return new RateLimitedError(thrown.retryAfterSeconds)
  if (thrown.code !== 'sms_rejected' && thrown.code !== 'sms_unavailable') return new SmsUnavailableError(true)
  const explanation = message === undefined ? thrown.message : withoutSecrets(thrown.message, message)
  const { providerCode } = thrown
  if (thrown.code === 'sms_rejected') return new SmsRejectedError(thrown.reason, { explanation, providerCode })
  const { mayHaveBeenSent, concernsRecipient, retryAfterSeconds } = thrown
  return new SmsUnavailableError(mayHaveBeenSent, { explanation, providerCode, concernsRecipient, retryAfterSeconds })
}

// Only the name of the error's class: the message may quote the code.
function unexpected(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.constructor.name : typeof thrown
  return `The provider's adapter failed with ${name}, which is not an error of Phone Auth. The message may have been sent. Check the adapter.`
}

/** The details of a failure, for the operators of the application. */
export function providerFacts(error: ProviderError): { explanation: string; providerCode: number | null } {
  return { explanation: error.message, providerCode: error.code === 'rate_limited' ? null : error.providerCode }
}

function withoutSecrets(text: string, { to, code }: Secrets): string {
  const masked = maskPhoneNumber(to).slice(1)
  const national = nationalDigits(to)
  const withoutNumber = replaced(replaced(text, to.slice(1), masked), national, masked.slice(-national.length))
  return code === undefined ? withoutNumber : replaced(withoutNumber, code.replace(/[ -]/g, ''), '[code]')
}

// Providers group the digits that they quote, and write numbers without the country code. So only
// letters and digits are compared. A regular expression for each secret takes milliseconds.
function replaced(text: string, secret: string, replacement: string): string {
  const found = [...text.matchAll(/%20|[0-9a-z]/gi)].filter(([character]) => character !== '%20')
  const characters = found.map(([character]) => character.toUpperCase()).join('')
  let result = ''
  let end = 0
  for (let at = characters.indexOf(secret); at >= 0; at = characters.indexOf(secret, at + secret.length)) {
    result += text.slice(end, found[at]?.index) + replacement
    end = (found[at + secret.length - 1]?.index ?? 0) + 1
  }
  return result + text.slice(end)
}
