import type { Challenge } from '../challenge/challenge.ts'
import { type Context, emitAbout } from '../context/context.ts'
import type { MessageOutcome } from '../ports/sms-sender.ts'
import { providerError, providerFacts } from '../senders/provider-error.ts'
import { within } from '../senders/within.ts'
import { later } from './later.ts'

/** A message, as the provider identifies it. */
export type ReportedMessage = Pick<Challenge, 'phoneNumber' | 'handle'>

/** Whether the provider wants reports about the outcome of messages. */
export function wantsReports({ provider }: Context): boolean {
  return (provider.codeService ?? provider.smsSender)?.report !== undefined
}

/** Calls {@link reportOutcome} in the background, after the caller's answer. */
export function reportLater(context: Context, message: ReportedMessage, outcome: MessageOutcome['outcome']): void {
  if (!wantsReports(context)) return
  context.inBackground(later(() => reportOutcome(context, message, outcome)))
}

/**
 * Reports the outcome of a message to the provider, if the provider wants reports. Never rejects: a
 * failure is reported as an event. Returns `false` after a failure.
 */
export async function reportOutcome(
  context: Context,
  { phoneNumber: to, handle }: ReportedMessage,
  outcome: MessageOutcome['outcome'],
): Promise<boolean> {
  const provider = context.provider.codeService ?? context.provider.smsSender
  if (provider?.report === undefined || handle === null) return true
  try {
    await within({ timeoutMs: context.settings.sendTimeoutMs }, async (options) =>
      provider.report?.({ to, handle, outcome }, options),
    )
    return true
  } catch (thrown) {
    await emitAbout(context, to, { type: 'report_failed', ...providerFacts(providerError(thrown, { to })) })
    return false
  }
}
