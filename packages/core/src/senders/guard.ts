import type { SmsSender } from '../ports/sms-sender.ts'
import { developmentOnlyOf } from './development-only.ts'
import { reportOf } from './report-of.ts'

/**
 * Lets work on a provider happen, or refuses it with an error of ours; waits no longer than until
 * `signal` is aborted.
 */
export type Guard = <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>

/**
 * A sender all of whose messages go through a guard. Its reports go through one of their own, so
 * that they neither take room from messages nor count as failures of theirs.
 */
export function guarded(sender: SmsSender, newGuard: () => Guard): SmsSender {
  const [sending, reporting] = [newGuard(), newGuard()]
  return {
    ...developmentOnlyOf([sender]),
    send: (message, options) => sending(options.signal, () => sender.send(message, options)),
    ...reportOf([sender], (outcome, options) =>
      reporting(options.signal, async () => sender.report?.(outcome, options)),
    ),
  }
}
