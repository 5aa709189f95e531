/**
 * The HTTP contract of Phone Auth as a web-standard request handler.
 *
 * @module
 */

export {
  BodyReadError,
  BodyTooLargeError,
  type HttpAnswer,
  type HttpCall,
  type RequestHead,
  type RequestSource,
} from './call.ts'
export type { CookieTransportOptions } from './cookies.ts'
export { type HttpErrorCode, STATUS } from './errors.ts'
export type { UnexpectedErrorListener } from './failure.ts'
export { createHandler, type HandlerOptions, type HttpHandler } from './handler.ts'
export type { Webhook } from './webhook-routes.ts'
