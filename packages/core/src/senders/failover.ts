import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsReceipt, SmsSender } from '../ports/sms-sender.ts'
import { inherited } from './inherited.ts'
import { type ProviderError, providerError, providerFacts } from './provider-error.ts'
import { reportOf } from './report-of.ts'
import { within } from './within.ts'

/** Options for {@link failover}. */
export interface FailoverOptions {
  /**
   * Called with the error of a failed sender and its index in the list. It is not awaited, and
   * errors that it throws are ignored.
   */
  readonly onFailover?: (error: ProviderError, index: number) => unknown
}

/**
 * Creates a sender from several. When one fails, the next one gets the same message, so every
 * message that arrives shows the valid code.
 *
 * Each sender is called once, with an equal share of the remaining time, so that one that hangs
 * leaves time for the others. A number that cannot or will not receive messages
 * (`concernsRecipient`) is not tried with the others. After an unknown outcome the user may get
 * both messages.
 *
 * @throws `InvalidOptionsError` if the list is empty.
 *
 * @example
 * ```ts
 * import type { SmsSender } from '@phone-auth/core/adapters'
 * import { failover } from '@phone-auth/core/senders'
 *
 * export function combined(first: SmsSender, second: SmsSender): SmsSender {
 *   return failover([first, second])
 * }
 * ```
 */
export function failover(senders: readonly SmsSender[], { onFailover }: FailoverOptions = {}): SmsSender {
  if (senders.length === 0) throw new InvalidOptionsError(['failover: add at least one sender.'])
  return {
    ...inherited(senders),
    send: async (message, given): Promise<SmsReceipt> => {
      const deadline = performance.now() + given.timeoutMs
      let mayHaveBeenSent = false
      let last: ProviderError = new SmsUnavailableError(false)
      for (const [index, sender] of senders.entries()) {
        const share = (deadline - performance.now()) / (senders.length - index)
        if (share <= 0) break
        try {
          return named(index, await within({ ...given, timeoutMs: share }, (options) => sender.send(message, options)))
        } catch (thrown) {
          last = providerError(thrown, message)
          mayHaveBeenSent ||= last.code === 'sms_unavailable' && last.mayHaveBeenSent
          if (given.signal.aborted || (last.code !== 'rate_limited' && last.concernsRecipient)) break
          if (index < senders.length - 1) notify(onFailover, last, index)
        }
      }
      if (!mayHaveBeenSent) throw last
      const concernsRecipient = last.code !== 'rate_limited' && last.concernsRecipient
      throw new SmsUnavailableError(true, { ...providerFacts(last), concernsRecipient })
    },
    ...reportOf(senders, async (outcome, options) => {
      const name = /^([0-9]+):(.+)$/s.exec(outcome.handle)
      if (name === null) return
      const [, index, handle = ''] = name
      await senders[Number(index)]?.report?.({ ...outcome, handle }, options)
    }),
  }
}

// The handle starts with the index of its sender, so that `report` can find that sender.
function named(index: number, receipt: SmsReceipt): SmsReceipt {
  return receipt.handle === undefined ? receipt : { ...receipt, handle: `${index}:${receipt.handle}` }
}

function notify(listener: FailoverOptions['onFailover'], error: ProviderError, index: number): void {
  try {
    const result = listener?.(error, index)
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // An error of the listener must not stop the message.
  }
}
