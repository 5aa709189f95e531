import { SmsUnavailableError } from '../errors/index.ts'
import type { SendOptions } from '../ports/sms-sender.ts'

/**
 * Runs `work` and waits at most `timeoutMs` for it, even if the work ignores the signal. If the
 * caller has a signal, waits no longer than until that is aborted.
 */
export async function within<Result>(
  { timeoutMs, signal: outer, source }: Omit<SendOptions, 'signal'> & Partial<Pick<SendOptions, 'signal'>>,
  work: (options: SendOptions) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal])
  const timer = setTimeout(() => controller.abort(), Math.max(timeoutMs, 0))
  try {
    return await untilAborted(signal, () => work({ timeoutMs, signal, source }))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Runs `work` and waits until `signal` is aborted; the outcome of the work is then unknown. Starts
 * nothing if the signal is already aborted.
 */
export async function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) {
    throw new SmsUnavailableError(false, {
      explanation: 'No time was left to call the SMS provider. Nothing was sent. Try again.',
    })
  }
  let abandon = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abandon = () =>
      reject(
        new SmsUnavailableError(true, {
          explanation: 'The SMS provider did not respond in time. The outcome is unknown.',
        }),
      )
  })
  signal.addEventListener('abort', abandon, { once: true })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}
