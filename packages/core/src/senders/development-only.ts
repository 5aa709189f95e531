import type { SmsSender } from '../ports/sms-sender.ts'

/** Why a sender made of others must not serve in production: because one of them must not. */
export function developmentOnlyOf(senders: readonly SmsSender[]): Pick<SmsSender, 'developmentOnly'> {
  const developmentOnly = senders.find((sender) => sender.developmentOnly !== undefined)?.developmentOnly
  return developmentOnly === undefined ? {} : { developmentOnly }
}
