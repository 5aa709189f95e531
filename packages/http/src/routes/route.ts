import type { HttpAnswer } from '../answers/answer.ts'
import type { HttpCall } from '../requests/call.ts'

/** The methods of the routes. `HEAD` is answered like `GET`. */
export const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const

/** Answers the calls with one method and path. */
export interface Route {
  readonly method: (typeof METHODS)[number]
  /** Segments that begin with a colon are parameters. */
  readonly path: string
  /** `ip` is the client's address, which limits are charged to. */
  answer(call: HttpCall, ip: string | undefined, parameters: Readonly<Record<string, string>>): Promise<HttpAnswer>
}

/** Whether a text is a path that requests can have: segments of unreserved characters only. */
export function isPath(text: string): boolean {
  // Clients resolve the segments `.` and `..` before they send a request.
  return /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/.test(text)
}
