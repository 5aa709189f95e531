import { isPhoneAuthError, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../errors/index.ts'
import { maskPhoneNumber } from '../phone-number/phone-number.ts'
import type { SmsMessage } from '../ports/sms-sender.ts'

/** What a provider can fail with. */
export type ProviderError = SmsRejectedError | SmsUnavailableError | RateLimitedError

/** What a failure must not quote. */
type Secrets = Pick<SmsMessage, 'to'> & Partial<Pick<SmsMessage, 'code'>>

/**
 * What a sender threw, as an error of ours. Anything else is an unknown outcome, and is dropped
 * whole: it may quote the message, and so the code.
 *
 * Errors of ours are made anew, without a cause, and what they quote of the message is hidden:
 * adapters may pass on what providers say.
 */
export function providerError(thrown: unknown, message?: Secrets): ProviderError {
  if (!isPhoneAuthError(thrown)) return new SmsUnavailableError(true)
  if (thrown.code === 'rate_limited') return new RateLimitedError(thrown.retryAfterSeconds)
  if (thrown.code !== 'sms_rejected' && thrown.code !== 'sms_unavailable') return new SmsUnavailableError(true)
  const explanation = message === undefined ? thrown.message : withoutSecrets(thrown.message, message)
  const { providerCode, concernsRecipient } = thrown
  return thrown.code === 'sms_rejected'
    ? new SmsRejectedError(thrown.reason, { explanation, providerCode })
    : new SmsUnavailableError(thrown.mayHaveBeenSent, { explanation, providerCode, concernsRecipient })
}

/** What whoever runs the application is told of a failure. */
export function providerFacts(error: ProviderError): { explanation: string; providerCode: number | null } {
  return { explanation: error.message, providerCode: error.code === 'rate_limited' ? null : error.providerCode }
}

function withoutSecrets(text: string, { to, code }: Secrets): string {
  const withoutNumber = text.replaceAll(to.slice(1), maskPhoneNumber(to).slice(1))
  if (code === undefined) return withoutNumber
  return withoutNumber.replaceAll(code, '[code]').replaceAll(code.replace(/[ -]/g, ''), '[code]')
}
