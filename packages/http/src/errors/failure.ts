import { type AnyPhoneAuthError, isPhoneAuthError } from '@phone-auth/core'
import { type HttpAnswer, json } from '../answers/answer.ts'
import { detailsOf } from './details.ts'
import { HttpError } from './http-error.ts'
import { messageOf } from './message.ts'
import { STATUS } from './status.ts'

/**
 * Hears of errors that are no answer to anything a client did. `id` is what the client was given to
 * quote. It is called and not awaited; what it throws or rejects with changes nothing.
 */
export type UnexpectedErrorListener = (error: unknown, id: string) => unknown

// How long clients should leave a database alone that is away.
const STORE_RETRY_SECONDS = 5

/**
 * The answer to a request that failed: the honest status, the envelope, and what the client can do
 * about it.
 */
export function failureAnswer(
  thrown: unknown,
  onUnexpectedError: UnexpectedErrorListener,
  cleared: readonly string[] = [],
): HttpAnswer {
  // Options that cannot serve are nobody's business but the operator's.
  const isKnown = thrown instanceof HttpError || (isPhoneAuthError(thrown) && thrown.code !== 'invalid_options')
  const id = crypto.randomUUID()
  if (!isKnown || (isPhoneAuthError(thrown) && concernsOperator(thrown))) report(onUnexpectedError, thrown, id)
  const error = isKnown ? thrown : new HttpError('internal_error', `Something went wrong on our side. Reference: ${id}`)
  const status = STATUS[error.code]
  const retryAfter = retryAfterSeconds(error)
  const headers = {
    ...(status === 401 && { 'www-authenticate': authenticateHeaderFor(error) }),
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

// RFC 9470 section 3 for a token that is good but too old for what was asked.
function authenticateHeaderFor(error: HttpError | AnyPhoneAuthError): string {
  return error.code === 'step_up_required'
    ? `Bearer error="insufficient_user_authentication", max_age=${error.maxAgeSeconds}`
    : 'Bearer'
}

function report(listener: UnexpectedErrorListener, error: unknown, id: string): void {
  try {
    const heard = listener(error, id)
    if (heard instanceof Promise) heard.catch(() => undefined)
  } catch {
    // The client's answer must not depend on the listener.
  }
}

function retryAfterSeconds(error: HttpError | AnyPhoneAuthError): number | null {
  if (error.code === 'rate_limited') return error.retryAfterSeconds
  return error.code === 'store_unavailable' ? STORE_RETRY_SECONDS : null
}

// No client can mend these; whoever runs the application must hear of them.
function concernsOperator(error: AnyPhoneAuthError): boolean {
  if (error.code === 'sms_rejected') return !error.concernsRecipient
  return error.code === 'store_unavailable' || error.code === 'sms_unavailable'
}
