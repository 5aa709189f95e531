/**
 * The handler of `@phone-auth/http` as a listener of `node:http`.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpHandler } from './handler.ts'
import { callOf, writeAnswer } from './mounts/node.ts'

/**
 * Makes a listener for `http.createServer` of a handler. The handler learns the address of the
 * socket. No `Request` and no `Response` is made on the way, which would cost more than the rest.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import type { HttpHandler } from '@phone-auth/http'
 * import { nodeListener } from '@phone-auth/http/node'
 *
 * export const serve = (handler: HttpHandler) => createServer(nodeListener(handler)).listen(8000)
 * ```
 */
export function nodeListener(
  handler: HttpHandler,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { socket } = request
    // A client that reset its connection has no address any more, and waits for no answer. It must
    // not pass for one of those whose address is unknown for good reason, as on a Unix socket,
    // which has no local address either.
    if (socket.remoteAddress === undefined && (socket.destroyed || socket.localAddress !== undefined)) {
      response.destroy()
      return
    }
    writeAnswer(await handler.answer(callOf(request)), request, response)
  }
}
