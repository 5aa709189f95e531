/**
 * The HTTP API of Phone Auth as a web-standard request handler.
 *
 * @module @phone-auth/http
 */

export type { HttpAnswer } from './answers/answer.ts'
export { BodyReadError, BodyTooLargeError } from './errors/body-errors.ts'
export type { UnexpectedErrorListener } from './errors/failure.ts'
export type { HttpErrorCode } from './errors/http-error.ts'
export { STATUS } from './errors/status.ts'
export { createHandler, type HandlerOptions, type HttpHandler } from './handler.ts'
export type { HttpCall, RequestHead, RequestSource } from './requests/call.ts'
export type { FreshOptions, Guard, GuardResult, Guards, RequestAuth } from './routes/guard.ts'
export type { Webhook } from './routes/webhooks.ts'
export type { CookieTransportOptions } from './token-transport/cookies.ts'
