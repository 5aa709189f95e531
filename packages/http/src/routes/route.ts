import type { PhoneAuth, ProfileSchema } from '@phone-auth/core'
import type { HttpAnswer } from '../answers/answer.ts'
import type { HttpCall } from '../requests/call.ts'

/** A `PhoneAuth` of any profile: bodies are not typed, and core checks their fields. */
export type AnyPhoneAuth = PhoneAuth<ProfileSchema<object, Record<string, unknown>>>

/** Answers the calls with one method and path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Segments that begin with a colon are parameters. */
  readonly path: string
  /** `ip` is the client's address, which limits are charged to. */
  answer(call: HttpCall, ip: string | undefined, parameters: Readonly<Record<string, string>>): Promise<HttpAnswer>
}
