import type { Context } from '../context/context.ts'
import { reportOutcome, wantsReports } from '../delivery/report-outcome.ts'
import { InvalidInputError } from '../errors/index.ts'
import type { ExpiredMessage } from '../ports/otp-store.ts'

/** Options for {@link PhoneAuth.startPurging}. */
export interface StartPurgingOptions {
  /**
   * The time, 1 to 2 000 000 seconds, before the first purge, and from the end of a purge to the
   * start of the next.
   * @defaultValue 3600
   */
  readonly everySeconds?: number
  /**
   * The maximum number of rows of one kind that a store deletes in one step. 1 to 100 000.
   * @defaultValue 1000
   */
  readonly batchSize?: number
}

// The delay of a timer, in milliseconds, must fit into 31 bits.
const MAX_SECONDS = 2_000_000
const MAX_BATCH = 100_000

const REPORTS_AT_A_TIME = 10

interface Control {
  readonly isStopped?: () => boolean
  /** Whether the pauses keep the process alive. */
  readonly keepsAlive?: boolean
}

/**
 * Deletes expired rows, batch by batch, until none are left or `isStopped` returns true. Returns
 * the number of deleted rows. After each batch it pauses for as long as the batch took, so that
 * sign-ins are not held up.
 */
export async function purge(
  context: Context,
  { batchSize = 1000 }: Pick<StartPurgingOptions, 'batchSize'>,
  { isStopped = () => false, keepsAlive = true }: Control = {},
): Promise<number> {
  requireBatchSize(batchSize)
  const { otpStore, sessionStore } = context.stores
  let total = 0
  let isReporting = wantsReports(context)
  while (!isStopped()) {
    const begun = performance.now()
    const { deleted: fromOtpStore, expired } = await otpStore.purge(batchSize)
    const deleted = fromOtpStore + (await sessionStore.purge(batchSize))
    if (deleted === 0) break
    total += deleted
    await new Promise((resolve) => {
      const pause = setTimeout(resolve, performance.now() - begun)
      if (!keepsAlive) letExit(pause)
    })
    if (isReporting) isReporting = await reportExpired(context, expired, isStopped)
  }
  return total
}

// Sends a few reports at a time. Returns `false` after a failure: the purge then reports nothing
// more, because each report could take as long as a message.
async function reportExpired(
  context: Context,
  expired: readonly ExpiredMessage[],
  isStopped: () => boolean,
): Promise<boolean> {
  for (let from = 0; from < expired.length && !isStopped(); from += REPORTS_AT_A_TIME) {
    const messages = expired.slice(from, from + REPORTS_AT_A_TIME)
    const reported = await Promise.all(messages.map((message) => reportOutcome(context, message, 'expired')))
    if (reported.includes(false)) return false
  }
  return true
}

function requireBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH) {
    throw new InvalidInputError('batchSize', `a whole number from 1 to ${MAX_BATCH}`)
  }
}

/** Purges repeatedly until the returned function is called. Does not keep the process alive. */
export function startPurging(
  context: Context,
  { everySeconds = 3600, batchSize = 1000 }: StartPurgingOptions,
): () => void {
  if (!(everySeconds >= 1 && everySeconds <= MAX_SECONDS)) {
    throw new InvalidInputError('everySeconds', `a number from 1 to ${MAX_SECONDS}`)
  }
  requireBatchSize(batchSize)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const wait = () => {
    if (isStopped) return
    timer = letExit(
      setTimeout(() => {
        const control: Control = { isStopped: () => isStopped, keepsAlive: false }
        const work = purge(context, { batchSize }, control).catch(() => context.emit({ type: 'purge_failed' }))
        context.closeAfter(work.then(wait))
      }, everySeconds * 1000),
    )
  }
  wait()
  return context.untilClosed(() => {
    isStopped = true
    clearTimeout(timer)
  })
}

// Only the timers of Node.js and compatible runtimes have `unref`.
function letExit<Timer>(timer: Timer): Timer {
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
  return timer
}
