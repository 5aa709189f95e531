/**
 * A listener of `node:http` for the handler of `@phone-auth/http`.
 *
 * @module @phone-auth/http/node
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpHandler } from './handler.ts'
import { callOf, writeAnswer } from './mounts/node.ts'

/**
 * Creates a listener for `http.createServer` from a handler, which receives the socket's address.
 * The listener creates no `Request` and no `Response`, which would cost more than the rest of a
 * call.
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
    // A client that reset its connection has no address and reads no answer. It must not be charged
    // to the limits for unknown addresses. Clients on a Unix socket are: there the local address is
    // unknown too.
    if (socket.remoteAddress === undefined && (socket.destroyed || socket.localAddress !== undefined)) {
      response.destroy()
      return
    }
    writeAnswer(await handler.answer(callOf(request)), request, response)
  }
}
