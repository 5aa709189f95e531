import { SmsUnavailableError } from '../errors/index.ts'
import type { SendOptions } from '../ports/sms-sender.ts'

/**
 * Does `work` on a provider and waits for it `timeoutMs` at most; whoever ignores the signal is
 * left behind.
 */
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

/**
 * Does `work` until `signal` is aborted; what it was about may then have happened or not. Begins
 * nothing once it is.
 */
export async function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) {
    throw new SmsUnavailableError(false, { explanation: 'There was no time left to ask the provider.' })
  }
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
