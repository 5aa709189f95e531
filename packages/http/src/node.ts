/**
 * A listener of `node:http` for the handler of `@phone-auth/http`.
 *
 * @module @phone-auth/http/node
 */

import type { HttpHandler } from './handler.ts'
import { callOf, type NodeRequest, type NodeResponse, writeAnswer } from './mounts/node.ts'

export type { NodeRequest, NodeResponse } from './mounts/node.ts'

/**
 * Creates a listener for `http.createServer` from a handler, which receives the socket's address.
 * The listener creates no `Request` and no `Response`, which would cost more than the rest of a
 * call.
 *
 * It also works with the compatible form of `node:http2`, and beside other middlewares: if one of
 * them has begun, ended or destroyed the response, the listener leaves it alone. It does not
 * reject.
 *
 * @throws `TypeError` at the first request if it is mounted where requests are not those of
 *   `node:http`. Use the handler itself where they are web-standard.
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
export function nodeListener(handler: HttpHandler): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    if (typeof response?.writeHead !== 'function') {
      throw new TypeError(
        'nodeListener requires the request and response of node:http. Use the handler itself where requests are web-standard.',
      )
    }
    const { socket } = request
    // A client that reset its connection has no address and reads no answer. It must not be charged
    // to the limits for unknown addresses. Clients on a Unix socket are: there the local address is
    // unknown too.
    if (socket?.remoteAddress === undefined && (socket?.destroyed || socket?.localAddress !== undefined)) {
      response.destroy()
      return
    }
    const answer = await handler.answer(callOf(request))
    try {
      writeAnswer(answer, request, response)
    } catch (error) {
      // A middleware that wraps the response may throw. No answer can be written then.
      handler.report(error)
      response.destroy()
    }
  }
}
