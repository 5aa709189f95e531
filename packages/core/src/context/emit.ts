import type { NumberFacts, PhoneAuthEvent } from '../options/events.ts'
import type { OperationOptions } from '../options/operation.ts'

/** An event without its time, which is added when it is emitted. */
export type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never

/** An event about a number, without the properties that all such events share. */
export type WithoutNumber<Event> = Event extends NumberFacts ? Omit<Event, keyof NumberFacts> : never

/** Calls `listener` with an event and ignores its errors. */
export function emit(listener: OperationOptions['onEvent'], event: PhoneAuthEvent): void {
  if (listener === undefined) return
  try {
    const returned = listener(event)
    if (returned instanceof Promise) returned.catch(() => undefined)
  } catch {
    // The result of the user's call must not depend on a listener.
  }
}
