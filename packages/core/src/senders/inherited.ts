import type { SmsSender } from '../ports/sms-sender.ts'

/**
 * What a combined sender inherits. It must not be used in production if one of its senders must
 * not, and its codes must fit each sender that gets the messages to a region.
 */
export function inherited(
  senders: readonly SmsSender[],
  sendersOf: (region: string) => readonly SmsSender[] = () => senders,
): Pick<SmsSender, 'developmentOnly' | 'maxCodeLength'> {
  const developmentOnly = senders.find((sender) => sender.developmentOnly !== undefined)?.developmentOnly
  return {
    ...(developmentOnly !== undefined && { developmentOnly }),
    maxCodeLength: (region) =>
      Math.min(...sendersOf(region).map((sender) => sender.maxCodeLength?.(region) ?? Number.POSITIVE_INFINITY)),
  }
}
