import { InvalidOptionsError, SmsUnavailableError } from '../errors/index.ts'
import type { SmsReceipt, SmsSender } from '../ports/sms-sender.ts'
import { developmentOnlyOf } from './development-only.ts'
import { type ProviderError, providerError, providerFacts } from './provider-error.ts'
import { reportOf } from './report-of.ts'
import { within } from './within.ts'

/** What {@link failover} can be told. */
export interface FailoverOptions {
  /**
   * Hears why a sender was passed over, and which one of the list it was. It is not awaited; what
   * it throws changes nothing.
   */
  readonly onFailover?: (error: ProviderError, index: number) => unknown
}

/**
 * Makes one sender of several: when one fails, the next one gets the very same message, so that
 * every message that arrives shows the code that works.
 *
 * Each is asked once, and given an equal share of the time that is left, so that one that hangs
 * leaves time to the others. A number that cannot or will not receive messages
 * (`concernsRecipient`) is not tried with the others. After an unknown outcome a person may get
 * both.
 *
 * @throws `InvalidOptionsError` if there is none.
 *
 * @example
 * ```ts
 * import type { SmsSender } from '@phone-auth/core/adapters'
 * import { failover } from '@phone-auth/core/senders'
 *
 * export const inTurn = (first: SmsSender, second: SmsSender): SmsSender => failover([first, second])
 * ```
 */
export function failover(senders: readonly SmsSender[], { onFailover }: FailoverOptions = {}): SmsSender {
  if (senders.length === 0) throw new InvalidOptionsError(['failover needs at least one sender.'])
  return {
    ...developmentOnlyOf(senders),
    send: async (message, { timeoutMs, signal }): Promise<SmsReceipt> => {
      const deadline = performance.now() + timeoutMs
      let mayHaveBeenSent = false
      let last: ProviderError = new SmsUnavailableError(false)
      for (const [index, sender] of senders.entries()) {
        const share = (deadline - performance.now()) / (senders.length - index)
        if (share <= 0) break
        try {
          return named(index, await within(share, signal, (options) => sender.send(message, options)))
        } catch (thrown) {
          last = providerError(thrown, message)
          mayHaveBeenSent ||= last.code === 'sms_unavailable' && last.mayHaveBeenSent
          if (signal.aborted || (last.code !== 'rate_limited' && last.concernsRecipient)) break
          if (index < senders.length - 1) tell(onFailover, last, index)
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

// By its place in the list the handle says which sender it is of.
function named(index: number, receipt: SmsReceipt): SmsReceipt {
  return receipt.handle === undefined ? receipt : { ...receipt, handle: `${index}:${receipt.handle}` }
}

function tell(listener: FailoverOptions['onFailover'], error: ProviderError, index: number): void {
  try {
    const heard = listener?.(error, index)
    if (heard instanceof Promise) heard.catch(() => undefined)
  } catch {
    // Whether the message goes out must not depend on the listener.
  }
}
