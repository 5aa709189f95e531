import { isPhoneAuthError, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../errors.ts'
import { maskPhoneNumber } from '../phone-number/phone-number.ts'
import type { SendOptions, SmsMessage } from '../ports/sms-sender.ts'

/** Does `work` on a provider and waits for it `timeoutMs` at most; whoever ignores the signal is left behind. */
export async function within<Result>(
  timeoutMs: number,
  outer: AbortSignal | null,
  work: (options: SendOptions) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const signal = outer === null ? controller.signal : AbortSignal.any([outer, controller.signal])
  const timer = setTimeout(() => controller.abort(), Math.max(timeoutMs, 0))
  try {
    return await untilAborted(signal, () => work({ timeoutMs, signal }))
  } finally {
    clearTimeout(timer)
  }
}

/** Does `work` until `signal` is aborted; what it was about may then have happened or not. Begins nothing once it is. */
export async function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted)
    throw new SmsUnavailableError(false, { explanation: 'There was no time left to ask the provider.' })
  let abandon = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abandon = () => reject(new SmsUnavailableError(true, { explanation: 'The SMS provider did not answer in time.' }))
  })
  signal.addEventListener('abort', abandon, { once: true })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}

/** What a provider can fail with. */
export type ProviderError = SmsRejectedError | SmsUnavailableError | RateLimitedError

/**
 * What a sender threw, as an error of ours. Anything else is an unknown outcome, and is dropped whole: it may quote the message, and so
 * the code.
 *
 * Errors of ours are made anew, without a cause, and what they quote of the message is hidden: adapters pass on what providers say.
 */
export function providerError(thrown: unknown, message?: Pick<SmsMessage, 'to' | 'code'>): ProviderError {
  if (!isPhoneAuthError(thrown)) return new SmsUnavailableError(true)
  if (thrown.code === 'rate_limited') return new RateLimitedError(thrown.retryAfterSeconds)
  if (thrown.code !== 'sms_rejected' && thrown.code !== 'sms_unavailable') return new SmsUnavailableError(true)
  const explanation = message === undefined ? thrown.message : withoutSecrets(thrown.message, message)
  const failure = { explanation, providerCode: thrown.providerCode }
  return thrown.code === 'sms_rejected'
    ? new SmsRejectedError(thrown.reason, failure)
    : new SmsUnavailableError(thrown.mayHaveBeenSent, failure)
}

function withoutSecrets(text: string, { to, code }: Pick<SmsMessage, 'to' | 'code'>): string {
  return text
    .replaceAll(to.slice(1), maskPhoneNumber(to).slice(1))
    .replaceAll(code, '[code]')
    .replaceAll(code.replaceAll('-', ''), '[code]')
}
