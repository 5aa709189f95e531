import type { NumberFacts, PhoneAuthEvent } from '../options/events.ts'
import type { OperationOptions } from '../options/operation.ts'

/** An event without its time, which is added when it is told. */
export type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never

/** An event about a number without what all of those carry. */
export type WithoutNumber<Event> = Event extends NumberFacts ? Omit<Event, keyof NumberFacts> : never

/** Hands an event to `listener`, whatever the listener does. */
export function emit(listener: OperationOptions['onEvent'], event: PhoneAuthEvent): void {
  if (listener === undefined) return
  try {
    const heard = listener(event)
    if (heard instanceof Promise) heard.catch(() => undefined)
  } catch {
    // A listener's failure is the listener's; the result that the user gets must not depend on it.
  }
}
