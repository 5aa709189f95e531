import type { PhoneAuthEvent } from '../options/events.ts'
import type { WithoutTime } from './emit.ts'

/** A fault of the configuration that weakens a promise, without its time. */
export type Warning = Extract<WithoutTime<PhoneAuthEvent>, { readonly type: 'configuration_warning' }>

/**
 * Returns a function that reports each fault of the configuration once, as an event and in the log:
 * an application without a listener must not miss it.
 */
export function warnings(emit: (event: Warning) => void): (about: Warning['about'], explanation: string) => void {
  const reported = new Set<string>()
  return (about, explanation) => {
    if (reported.has(explanation)) return
    reported.add(explanation)
    console.warn(`Phone Auth: ${explanation}`)
    emit({ type: 'configuration_warning', about, explanation })
  }
}
