import { DatabaseSetupError } from '../schema/setup-error.ts'
import { codeOf } from './error-code.ts'

/** The advice on an error: what to change, and whether the same call fails again until then. */
export interface Advice {
  readonly text: string
  readonly isPermanent: boolean
  /** The code of the problem, if the error has none. */
  readonly code?: string
}

export const permanent = (text: string): Advice => ({ text, isPermanent: true })
export const passing = (text: string): Advice => ({ text, isPermanent: false })

/**
 * Returns an error that says what to do about `error`; `error` itself if there is no advice for it.
 */
export function explained(error: unknown, adviceOn: (error: unknown) => Advice | null): unknown {
  if (error instanceof DatabaseSetupError) return error
  const advice = adviceOn(error)
  if (advice === null) return error
  const { message = '', errors = [] } = error as { message?: string; errors?: readonly Error[] }
  // Node.js reports one error for each address of a host, and no message for all of them.
  const reason = message === '' ? errors.map((each) => each.message).join(', ') : message
  return new DatabaseSetupError(
    advice.code ?? codeOf(error),
    `${sentence(reason)} ${advice.text}`,
    advice.isPermanent,
    error,
  )
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
