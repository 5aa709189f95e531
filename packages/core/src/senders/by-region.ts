import { InvalidOptionsError, SmsRejectedError } from '../errors/index.ts'
import { isRegion, regionOf } from '../phone-number/phone-number.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { inherited } from './inherited.ts'
import { reportOf } from './report-of.ts'

/**
 * Creates a sender that chooses another sender by the region of the number: `{ IN: a, '*': b }`
 * sends to Indian numbers through `a` and to all others through `b`. Without `'*'`, numbers of
 * other regions are refused.
 *
 * @throws `InvalidOptionsError` if a key is neither an ISO 3166 region nor `'*'`.
 */
export function byRegion(routes: Readonly<Record<string, SmsSender>>): SmsSender {
  for (const region of Object.keys(routes)) {
    if (region !== '*' && !isRegion(region))
      throw new InvalidOptionsError([
        `byRegion: "${region}" is not an ISO 3166 region. Use a region such as "IN", or "*" for all others.`,
      ])
  }
  const senders = new Map(Object.entries(routes))
  if (senders.size === 0) throw new InvalidOptionsError(['byRegion: add a sender for at least one region.'])
  const senderOf = (region: string | undefined) => senders.get(region ?? '*') ?? senders.get('*')
  return {
    ...inherited([...senders.values()], (region) => [senderOf(region) ?? []].flat()),
    send: async (message, options) => {
      const region = regionOf(message.to)
      const sender = senderOf(region)
      if (sender !== undefined) return sender.send(message, options)
      throw new SmsRejectedError('region_not_enabled', {
        explanation: `byRegion has no sender for ${region ?? 'numbers without a region'}. Add one, or a sender for '*'.`,
      })
    },
    ...reportOf([...senders.values()], async (outcome, options) => {
      await senderOf(regionOf(outcome.to))?.report?.(outcome, options)
    }),
  }
}
