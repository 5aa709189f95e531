import type { SmsSender } from '../ports/sms-sender.ts'

type Report = NonNullable<SmsSender['report']>

/** The `report` method of a combined sender; none if no sender of it has one. */
export function reportOf(senders: readonly SmsSender[], report: Report): { readonly report?: Report } {
  return senders.some((sender) => sender.report !== undefined) ? { report } : {}
}
