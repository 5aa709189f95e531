import type { Context } from '../context.ts'

/** What {@link PhoneAuth.startPurging} can be told. */
export interface PurgingOptions {
  /**
   * How long to wait from the end of one purge to the beginning of the next, in seconds.
   * @defaultValue 3600
   */
  readonly everySeconds?: number
  /**
   * The most rows of a kind that one step of the stores deletes.
   * @defaultValue 1000
   */
  readonly batchSize?: number
}

/** Deletes what is over, batch by batch; returns how many rows that were. Rests as long as it works, so that others come to their turn. */
export async function purge({ stores }: Context, batchSize: number): Promise<number> {
  let total = 0
  for (;;) {
    const begun = performance.now()
    const deleted = (await stores.otpStore.purge(batchSize)) + (await stores.sessionStore.purge(batchSize))
    if (deleted === 0) return total
    total += deleted
    await new Promise((resolve) => setTimeout(resolve, performance.now() - begun))
  }
}

/** Purges now and again, until the returned function is called. Does not keep a process alive. */
export function startPurging(context: Context, { everySeconds = 3600, batchSize = 1000 }: PurgingOptions): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const wait = () => {
    if (isStopped) return
    timer = setTimeout(() => {
      const work = purge(context, batchSize).catch(() => context.emit({ type: 'purge_failed' }))
      context.inBackground(work.then(wait))
    }, everySeconds * 1000)
    // Only Node.js and its likes hand out timers that can be told so.
    if (typeof timer === 'object') timer.unref()
  }
  wait()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
