import type { SmsSender } from '../ports/sms-sender.ts'
import { developmentOnlyOf } from './development-only.ts'

/** Lets work on a provider happen, or refuses it with an error of ours; waits no longer than until `signal` is aborted. */
export type Guard = <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>

/** A sender all of whose messages go through a guard. */
export function guarded(sender: SmsSender, guard: Guard): SmsSender {
  return {
    ...developmentOnlyOf([sender]),
    send: (message, options) => guard(options.signal, () => sender.send(message, options)),
  }
}
