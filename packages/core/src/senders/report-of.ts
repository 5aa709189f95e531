import type { SmsSender } from '../ports/sms-sender.ts'

type Report = NonNullable<SmsSender['report']>

/** The `report` of a sender made of others, which it has only if one of them has one. */
export function reportOf(senders: readonly SmsSender[], report: Report): { readonly report?: Report } {
  return senders.some((sender) => sender.report !== undefined) ? { report } : {}
}
