import type { Challenge } from '../challenge/challenge.ts'
import { type Context, emitAbout } from '../context/context.ts'
import { isPhoneAuthError } from '../errors/index.ts'
import { reportLater, wantsReports } from './report-outcome.ts'

// The stores hold at most this many characters.
const MAX_HANDLE = 255

/** Returns the handle of a receipt; `null` if it cannot be stored. */
export function readHandle(handle: unknown): string | null {
  return typeof handle === 'string' && handle !== '' && handle.length <= MAX_HANDLE ? handle : null
}

/**
 * Stores the provider's handle of the challenge's latest message. `challenge` is the challenge
 * before that message: the provider receives a report that the previous message was replaced.
 */
export async function keepHandle(context: Context, challenge: Challenge, handle: string): Promise<void> {
  const { idHash, sends: send, phoneNumber, handle: previous } = challenge
  await context.stores.otpStore.recordDelivery({ idHash, send, delivery: 'queued', handle })
  if (previous === null || previous === handle) return
  reportLater(context, { phoneNumber, handle: previous }, 'replaced')
}

/** Calls {@link keepHandle} in the background, and only if the sender wants reports. */
export function keepHandleForReports(context: Context, challenge: Challenge, handle: string | null): void {
  if (handle === null || !wantsReports(context)) return
  const keeping = keepHandle(context, challenge, handle).catch(async (error: unknown) => {
    const explanation = isPhoneAuthError(error) ? error.message : 'The handle of a message could not be stored.'
    await emitAbout(context, challenge.phoneNumber, { type: 'report_failed', explanation, providerCode: null })
  })
  context.inBackground(keeping)
}
