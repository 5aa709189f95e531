import type { SmsSender } from '../ports/sms-sender.ts'

/** Why a combined sender must not be used in production: one of its senders must not be. */
export function developmentOnlyOf(senders: readonly SmsSender[]): Pick<SmsSender, 'developmentOnly'> {
  const developmentOnly = senders.find((sender) => sender.developmentOnly !== undefined)?.developmentOnly
  return developmentOnly === undefined ? {} : { developmentOnly }
}
