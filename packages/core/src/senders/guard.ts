import type { SendOptions, SmsSender } from '../ports/sms-sender.ts'
import { inherited } from './inherited.ts'
import { reportOf } from './report-of.ts'

/**
 * Runs a call of a provider, or refuses it with a `PhoneAuthError`. Waits no longer than until
 * `signal` is aborted. `source`: the client's network, which has a share of the room.
 */
export type Guard = <Result>(
  options: Pick<SendOptions, 'signal' | 'source'>,
  work: () => Promise<Result>,
) => Promise<Result>

/**
 * A sender with all its messages behind one guard. Its reports have a separate guard, so that they
 * neither take room from messages nor count as their failures.
 */
export function guarded(sender: SmsSender, newGuard: () => Guard): SmsSender {
  const [sending, reporting] = [newGuard(), newGuard()]
  return {
    ...inherited([sender]),
    send: (message, options) => sending(options, () => sender.send(message, options)),
    ...reportOf([sender], (outcome, options) => reporting(options, async () => sender.report?.(outcome, options))),
  }
}
