import { type AnyPhoneAuthError, isPhoneAuthError } from '@phone-auth/core'
import { type HttpAnswer, json } from '../answers/answer.ts'
import { detailsOf } from './details.ts'
import { HttpError, MethodNotAllowedError } from './http-error.ts'
import { messageOf } from './message.ts'
import { STATUS } from './status.ts'

/**
 * Receives errors that the client did not cause. The message of an `internal_error` contains the
 * same `id` as a reference. The handler does not await the listener, and ignores what it throws or
 * rejects with.
 */
export type UnexpectedErrorListener = (error: unknown, id: string) => unknown

// How long clients wait before they retry while the database is unavailable.
const STORE_RETRY_SECONDS = 5

/** Creates the answer to a failed request: its status, the envelope and the error's details. */
export function failureAnswer(
  thrown: unknown,
  onUnexpectedError: UnexpectedErrorListener,
  cleared: readonly string[] = [],
): HttpAnswer {
  // Which options are invalid is reported to the operator only.
  const isKnown = thrown instanceof HttpError || (isPhoneAuthError(thrown) && thrown.code !== 'invalid_options')
  const id = crypto.randomUUID()
  if (!isKnown || (isPhoneAuthError(thrown) && concernsOperator(thrown))) report(onUnexpectedError, thrown, id)
  const error = isKnown ? thrown : new HttpError('internal_error', `Something went wrong on our side. Reference: ${id}`)
  const status = STATUS[error.code]
  const retryAfter = retryAfterSeconds(error)
  const headers = {
    ...(status === 401 && { 'www-authenticate': authenticateHeaderFor(error) }),
    // RFC 9110 section 15.5.6.
    ...(error instanceof MethodNotAllowedError && { allow: error.allowed.join(', ') }),
    ...(retryAfter !== null && { 'retry-after': String(retryAfter) }),
  }
  const body = {
    success: false,
    message: messageOf(error),
    data: null,
    token: null,
    error: { code: error.code, ...detailsOf(error) },
  }
  const isOver = error.code === 'invalid_refresh_token' || error.code === 'refresh_token_reused'
  return { ...json(body, status, headers), cookies: isOver ? cleared : [] }
}

// RFC 9470 section 3: the token is valid, but its authentication is too old for this request.
function authenticateHeaderFor(error: HttpError | AnyPhoneAuthError): string {
  return error.code === 'step_up_required'
    ? `Bearer error="insufficient_user_authentication", max_age=${error.maxAgeSeconds}`
    : 'Bearer'
}

/** Calls the listener and ignores its errors. */
export function report(listener: UnexpectedErrorListener, error: unknown, id: string): void {
  try {
    const result = listener(error, id)
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // The client's answer must not depend on the listener.
  }
}

function retryAfterSeconds(error: HttpError | AnyPhoneAuthError): number | null {
  if (error.code === 'rate_limited') return error.retryAfterSeconds
  if (error.code === 'sms_unavailable') return error.retryAfterSeconds
  return error.code === 'store_unavailable' ? STORE_RETRY_SECONDS : null
}

// Clients cannot fix these errors, so they are reported to the operator.
function concernsOperator(error: AnyPhoneAuthError): boolean {
  if (error.code === 'sms_rejected') return !error.concernsRecipient && error.reason !== 'not_on_channel'
  return ['store_unavailable', 'store_misconfigured', 'sms_unavailable'].includes(error.code)
}
