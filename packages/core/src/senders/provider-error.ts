import { isPhoneAuthError, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../errors/index.ts'
import { maskPhoneNumber } from '../phone-number/phone-number.ts'
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
  const { providerCode, concernsRecipient } = thrown
  return thrown.code === 'sms_rejected'
    ? new SmsRejectedError(thrown.reason, { explanation, providerCode })
    : new SmsUnavailableError(thrown.mayHaveBeenSent, { explanation, providerCode, concernsRecipient })
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
  const withoutNumber = text.replaceAll(to.slice(1), maskPhoneNumber(to).slice(1))
  if (code === undefined) return withoutNumber
  return withoutNumber.replaceAll(code, '[code]').replaceAll(code.replace(/[ -]/g, ''), '[code]')
}
