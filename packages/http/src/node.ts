/**
 * A listener of `node:http`, and middlewares of Connect and Express, for the handler of
 * `@phone-auth/http`.
 *
 * @module @phone-auth/http/node
 */

import type { HttpAnswer } from './answers/answer.ts'
import type { HttpHandler } from './handler.ts'
import { MIDDLEWARE_PARTS, type MiddlewareRequest } from './mounts/middleware.ts'
import {
  callOf,
  type NodeRequest,
  type NodeResponse,
  PLAIN_PARTS,
  pathOf,
  type RequestParts,
  writeAnswer,
} from './mounts/node.ts'
import type { FreshOptions, Guard, RequestAuth } from './routes/guard.ts'

export type { MiddlewareRequest } from './mounts/middleware.ts'
export type { NodeRequest, NodeResponse } from './mounts/node.ts'

declare global {
  namespace Express {
    interface Request {
      /** The user and session, set by `requireAuth` and `requireFresh`. */
      auth?: RequestAuth
    }
  }
}

/** A middleware of Connect 3, Express 4 or Express 5. */
export type NodeMiddleware = (
  request: MiddlewareRequest,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => Promise<void> | void

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
  return (request, response) => respond(handler, request, response, PLAIN_PARTS)
}

/**
 * Creates a middleware for Connect, Express and NestJS on Express. Requests for paths that are not
 * those of the API continue with `next()`.
 *
 * - The path is the one that the client requested, wherever the middleware is mounted: with
 *   `app.use('/v1', …)`, set `basePath: '/v1'` on the handler.
 * - A body that a parser has read is taken from `request.body`. The parser has then decided what a
 *   key with two values means, and the limit of 8 kB is applied to the JSON of an object.
 * - The client's address is `request.ip`, so the setting `trust proxy` of Express applies, or else
 *   the socket's. The option `clientIp` of the handler takes precedence over both.
 *
 * @throws `TypeError` at the first request if requests are not those of `node:http`.
 *
 * @example
 * ```ts
 * import type { HttpHandler } from '@phone-auth/http'
 * import { nodeMiddleware } from '@phone-auth/http/node'
 * import express from 'express'
 *
 * export const serve = (handler: HttpHandler) =>
 *   express().use(nodeMiddleware(handler)).listen(8000)
 * ```
 */
export function nodeMiddleware(handler: HttpHandler): NodeMiddleware {
  return (request, response, next) => {
    requireNode(response)
    if (!handler.owns(pathOf(MIDDLEWARE_PARTS.url(request)))) return next()
    return respond(handler, request, response, MIDDLEWARE_PARTS)
  }
}

/**
 * Creates a middleware that protects your own routes: it sets `request.auth` to the user and the
 * session of the access token, or answers 401, or 403 to a request that another site caused, in
 * the form of the API. After any error your route does not run.
 *
 * The answers have no CORS headers, because those of your own routes are yours.
 *
 * @example
 * ```ts
 * import type { HttpHandler } from '@phone-auth/http'
 * import { requireAuth } from '@phone-auth/http/node'
 * import express from 'express'
 *
 * export const serve = (handler: HttpHandler) =>
 *   express()
 *     .get('/me', requireAuth(handler), (request, response) => {
 *       response.json({ userId: request.auth?.userId })
 *     })
 *     .listen(8000)
 * ```
 */
export function requireAuth(handler: HttpHandler): NodeMiddleware {
  return guarding(handler, handler.requireAuth())
}

/**
 * Creates a middleware like {@link requireAuth} that also requires a recent verification of the
 * number. It answers an older one with 401 and `step_up_required`.
 *
 * @throws `InvalidOptionsError` if `maxAgeSeconds` is invalid.
 */
export function requireFresh(handler: HttpHandler, options: FreshOptions = {}): NodeMiddleware {
  return guarding(handler, handler.requireFresh(options))
}

function guarding(handler: HttpHandler, guard: Guard): NodeMiddleware {
  return async (request, response, next) => {
    requireNode(response)
    const result = await guard(callOf(request, MIDDLEWARE_PARTS))
    if ('refusal' in result) return write(handler, result.refusal, request, response)
    contained(handler, response, () => {
      request.auth = result.auth
      next()
    })
  }
}

async function respond<Request extends NodeRequest>(
  handler: HttpHandler,
  request: Request,
  response: NodeResponse,
  parts: RequestParts<Request>,
): Promise<void> {
  requireNode(response)
  const { socket } = request
  // A client that reset its connection has no address and reads no answer. It must not be charged
  // to the limits for unknown addresses. Clients on a Unix socket are: there the local address is
  // unknown too.
  if (socket?.remoteAddress === undefined && (socket?.destroyed || socket?.localAddress !== undefined)) {
    response.destroy()
    return
  }
  write(handler, await handler.answer(callOf(request, parts)), request, response)
}

function requireNode(response: NodeResponse): void {
  if (typeof response?.writeHead !== 'function') {
    throw new TypeError(
      '@phone-auth/http/node requires the request and response of node:http. Use the handler itself where requests are web-standard.',
    )
  }
}

function write(handler: HttpHandler, answer: HttpAnswer, request: NodeRequest, response: NodeResponse): void {
  contained(handler, response, () => writeAnswer(answer, request, response))
}

/** Runs code of other middlewares. If it throws, no answer can be written. */
function contained(handler: HttpHandler, response: NodeResponse, run: () => void): void {
  try {
    run()
  } catch (error) {
    handler.report(error)
    response.destroy()
  }
}
