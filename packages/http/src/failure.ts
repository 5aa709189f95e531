import { type AnyPhoneAuthError, isPhoneAuthError, type SmsRejection, type SmsUnavailableError } from '@phone-auth/core'
import { type HttpAnswer, json } from './call.ts'
import { HttpError, STATUS } from './errors.ts'
import { snakeCase, wireName } from './wire-names.ts'

/**
 * Hears of errors that are no answer to anything a client did. `id` is what the client was given to quote. It is called and not awaited;
 * what it throws or rejects with changes nothing.
 */
export type UnexpectedErrorListener = (error: unknown, id: string) => unknown

// How long clients should leave a database alone that is away.
const STORE_RETRY_SECONDS = 5

// What a provider refused, in words for the person with the phone; what is wrong with the account is not told to strangers.
const REFUSALS: Readonly<Partial<Record<SmsRejection, string>>> = {
  invalid_number: 'This number does not exist. Check it, or use another one.',
  unreachable: 'This number cannot receive messages. Use a mobile number.',
  unsubscribed: 'This number has unsubscribed from our messages. Reply START to one of them, or use another number.',
  region_not_enabled: 'We cannot send messages to this country at the moment.',
}

/** The answer to a request that failed: the honest status, the envelope, and what the client can do about it. */
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
    ...(status === 401 && { 'www-authenticate': challengeFor(error) }),
    ...(retryAfter !== null && { 'retry-after': String(retryAfter) }),
  }
  const details = error instanceof HttpError ? wireDetailsOf(error) : detailsOf(error)
  const body = {
    success: false,
    message: messageOf(error),
    data: null,
    token: null,
    error: { code: error.code, ...details },
  }
  const isOver = error.code === 'invalid_refresh_token' || error.code === 'refresh_token_reused'
  return { ...json(body, status, headers), cookies: isOver ? cleared : [] }
}

// RFC 9470 section 3 for a token that is good but too old for what was asked.
function challengeFor(error: HttpError | AnyPhoneAuthError): string {
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

function wireDetailsOf({ field }: HttpError): Record<string, unknown> {
  return field === null ? {} : { field }
}

function detailsOf(error: AnyPhoneAuthError): Record<string, unknown> {
  switch (error.code) {
    case 'invalid_code':
      return { attempts_remaining: error.attemptsRemaining }
    case 'rate_limited':
      return { retry_after_seconds: error.retryAfterSeconds }
    case 'invalid_profile': {
      const issues = error.issues.map(({ field, message }) => ({ field: snakeCase(field), message }))
      return { field: issues[0]?.field, issues }
    }
    case 'invalid_phone_number':
      return { field: wireName(error.field), reason: error.reason }
    case 'region_not_allowed':
      return { field: wireName(error.field), region: error.region ?? null }
    case 'sms_rejected':
      return { reason: error.reason in REFUSALS ? error.reason : 'other' }
    case 'sms_unavailable':
      return { may_have_been_sent: error.mayHaveBeenSent, ...challengeOf(error) }
    case 'step_up_required':
      return { max_age_seconds: error.maxAgeSeconds }
    case 'invalid_input':
    case 'phone_number_taken':
    case 'challenge_id_required':
      return { field: wireName(error.field) }
    default:
      return {}
  }
}

// The code may arrive all the same: these are what a client needs to go on.
function challengeOf({ challenge }: SmsUnavailableError): Record<string, unknown> {
  if (challenge === null) return {}
  const { challengeId, expiresAt, resendAt } = challenge
  return {
    challenge_id: challengeId,
    expires_at: expiresAt.toISOString(),
    resend_at: resendAt?.toISOString() ?? null,
  }
}

// Messages name fields as the library does; the client knows them by the names it sent.
function messageOf(error: HttpError | AnyPhoneAuthError): string {
  if (error instanceof HttpError) return error.message
  if (error.code === 'invalid_input') return wireName(error.field) + error.message.slice(error.field.length)
  if (error.code === 'invalid_profile') {
    return `Invalid profile. ${error.issues.map(({ field, message }) => `${snakeCase(field)}: ${message}`).join('; ')}`
  }
  if (error.code === 'sms_rejected') return REFUSALS[error.reason] ?? 'The message could not be sent. Try again later.'
  if (error.code === 'sms_unavailable') {
    return error.challenge === null
      ? 'The SMS provider is not available at the moment. Try again shortly.'
      : 'The message may still arrive. If it does, enter its code.'
  }
  return error.message
}
