import type { Challenge } from '../challenge/challenge.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { isPhoneAuthError } from '../errors/index.ts'
import { reportOutcome, wantsReports } from './report-outcome.ts'

// As many characters as the stores hold.
const MAX_HANDLE = 255

/** What a receipt names its message by; `null` for nothing that can be stored. */
export function readHandle(handle: unknown): string | null {
  return typeof handle === 'string' && handle !== '' && handle.length <= MAX_HANDLE ? handle : null
}

/**
 * Stores what the provider knows the challenge's latest message by. `challenge` is as it was before
 * that message, so that the provider receives a report of the one that it replaced.
 */
export async function keepHandle(context: Context, challenge: Challenge, handle: string): Promise<void> {
  const { idHash, sends: send, phoneNumber, handle: previous } = challenge
  await context.stores.otpStore.noteDelivery({ idHash, send, delivery: 'queued', handle })
  if (previous === null || previous === handle) return
  context.inBackground(reportOutcome(context, { phoneNumber, handle: previous }, 'replaced'))
}

/**
 * {@link keepHandle} for reports alone: in the background, and only where the sender wants them.
 */
export function keepHandleForReports(context: Context, challenge: Challenge, handle: string | null): void {
  if (handle === null || !wantsReports(context)) return
  const keeping = keepHandle(context, challenge, handle).catch(async (error: unknown) => {
    const explanation = isPhoneAuthError(error) ? error.message : 'The handle of a message could not be stored.'
    await emitAbout(context, challenge.phoneNumber, { type: 'report_failed', explanation, providerCode: null })
  })
  context.inBackground(keeping)
}
