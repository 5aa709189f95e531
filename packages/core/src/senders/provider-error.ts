import { isPhoneAuthError, type RateLimitedError, type SmsRejectedError, SmsUnavailableError } from '../errors.ts'

/** What a provider can fail with. */
export type ProviderError = SmsRejectedError | SmsUnavailableError | RateLimitedError

const OURS: readonly string[] = ['sms_rejected', 'sms_unavailable', 'rate_limited'] satisfies ProviderError['code'][]

/**
 * What a sender threw, as an error of ours. Anything else is an unknown outcome, and is dropped whole: it may quote the message, and so
 * the code.
 */
export function providerError(thrown: unknown): ProviderError {
  return isPhoneAuthError(thrown) && OURS.includes(thrown.code)
    ? (thrown as ProviderError)
    : new SmsUnavailableError(true)
}

/** What whoever runs the application is told of a failure. */
export function providerFacts(error: ProviderError): { explanation: string; providerCode: number | null } {
  return { explanation: error.message, providerCode: error.code === 'rate_limited' ? null : error.providerCode }
}
