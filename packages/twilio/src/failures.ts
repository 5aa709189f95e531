import { isPhoneAuthError, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '@phone-auth/core'
import type { SmsRejection } from '@phone-auth/core/adapters'
import type { ProviderError } from '@phone-auth/core/senders'
import { CONNECT_TIMEOUT } from './connecting.ts'
import { PROXY_FAILED } from './proxy.ts'

const VERIFY_LIFE_SECONDS = 600
const CONSOLE = 'https://console.twilio.com'

/** Twilio's error codes: the reason of the refusal, and what the operator can do to fix it. */
const REFUSALS: Readonly<Record<number, readonly [SmsRejection, string]>> = {
  20003: [
    'credentials',
    'the credentials are wrong. Copy the account SID and the auth token or API key from the console again.',
  ],
  20005: ['misconfigured', 'the account is not active. Its page in the console says why, such as a suspension.'],
  20008: ['credentials', 'test credentials cannot send. Use the live account SID and auth token from the console.'],
  20404: ['misconfigured', 'the account or service does not exist. Check accountSid and serviceSid.'],
  21211: ['invalid_number', 'the phone number does not exist.'],
  21212: ['misconfigured', 'From is not a valid phone number. Use E.164, such as +14155550123.'],
  21265: ['invalid_number', 'the phone number is a short code, which cannot receive messages from Twilio.'],
  21266: ['misconfigured', 'From and To are the same phone number.'],
  21408: [
    'region_not_enabled',
    `the account cannot send to this country. Enable the country in the Messaging geo permissions.`,
  ],
  21601: ['misconfigured', 'From cannot send SMS. Use a number of the account with the SMS capability.'],
  21603: ['misconfigured', 'From is missing. Set from or messagingServiceSid.'],
  21606: ['misconfigured', 'From is not a phone number of the account that can send SMS to this destination.'],
  21608: [
    'recipient_not_verified',
    `a trial account sends to verified numbers only. Verify the phone number under Verified Caller IDs, or upgrade the account: ${CONSOLE}`,
  ],
  21610: ['unsubscribed', 'the recipient replied STOP. Only the recipient can undo this, by sending START.'],
  21612: ['misconfigured', 'From cannot reach this destination. Use another sender for this country.'],
  21614: ['unreachable', 'the phone number is not a mobile number, so it cannot receive SMS.'],
  21635: ['unreachable', 'the phone number is a landline, so it cannot receive SMS.'],
  21659: ['misconfigured', 'From is not a Twilio phone number. Use a phone number that the account has bought.'],
  21660: ['misconfigured', 'From belongs to another account. Use a phone number of this account.'],
  21661: ['misconfigured', 'From cannot send SMS. Use a number of the account with the SMS capability.'],
  21703: ['misconfigured', 'the messaging service has no sender. Add a phone number to it.'],
  21705: ['misconfigured', 'the messaging service does not exist. Check messagingServiceSid.'],
  63003: ['not_on_channel', 'the recipient has no account on WhatsApp.'],
  63007: ['misconfigured', 'From is not an approved WhatsApp sender of the account. Register it, or correct from.'],
  63015: ['recipient_not_verified', 'the WhatsApp sandbox sends only to phone numbers that have joined it.'],
  63016: ['misconfigured', 'WhatsApp accepts only approved templates here. Check contentSid.'],
  63024: ['not_on_channel', 'WhatsApp cannot deliver to the recipient.'],
  63038: ['misconfigured', 'the account has reached its daily message limit. Upgrade the account, or wait.'],
  30450: [
    'blocked',
    'Fraud Guard blocked the message as SMS pumping. If it is not fraud, add the prefix to the Global Safe List.',
  ],
  60200: [
    'misconfigured',
    'Verify does not accept a parameter. Check the options of twilioVerify and of the Verify service.',
  ],
  60205: ['unreachable', 'the phone number is a landline, so it cannot receive SMS.'],
  60220: ['misconfigured', 'Verify requires a registered sender for China.'],
  60223: ['misconfigured', 'the channel is disabled in the Verify service. Enable it there.'],
  60238: ['blocked', 'Verify blocks this destination.'],
  60410: [
    'blocked',
    'Fraud Guard blocks this prefix. If it is not fraud, add the phone number to the Verify Safe List.',
  ],
  60413: [
    'blocked',
    'Fraud Guard blocks this attempt. If it is not fraud, add the phone number to the Verify Safe List.',
  ],
  60436: ['invalid_number', 'Verify does not accept the phone number.'],
  60605: [
    'region_not_enabled',
    'the account cannot verify in this country. Enable the country in the Verify geo permissions.',
  ],
}

const TOO_MANY_REQUESTS = 20429

const INVALID_PARAMETER = 60200

// Twilio rarely says how long to wait.
const PAUSE_SECONDS = 1

/** The error codes with which Verify limits a phone number, and how many seconds to wait. */
const WAITS: Readonly<Record<number, number>> = { 60203: VERIFY_LIFE_SECONDS, 60207: 60, 60212: 10 }

// The connection was never established, so nothing was sent.
const NEVER_SENT = new Set([
  CONNECT_TIMEOUT,
  PROXY_FAILED,
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** An error of the Twilio client: a response with an error, or a failed connection. */
interface Thrown {
  readonly status: number | null
  readonly code: unknown
  /** How many seconds Twilio asked to wait. */
  readonly retryAfterSeconds: number | null
}

/** Reads an error of the Twilio client. */
export function readThrown(thrown: unknown): Thrown {
  const { status, code, retryAfterSeconds } = (thrown ?? {}) as { [Name in keyof Thrown]?: unknown }
  return {
    status: typeof status === 'number' ? status : null,
    code,
    retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : null,
  }
}

/**
 * Whether Twilio documents that it never processed the request: too many requests, or a refused
 * connection.
 */
export function isNeverProcessed(thrown: unknown): boolean {
  const { status, code } = readThrown(thrown)
  return code === 'ECONNREFUSED' || (status === 429 && (code === TOO_MANY_REQUESTS || code === undefined))
}

/**
 * Converts an error of the Twilio client to an error of Phone Auth. The original is not included:
 * Twilio's message quotes the phone number, and a connection error contains the request with the
 * code.
 */
export function failureOf(thrown: unknown): ProviderError {
  if (isPhoneAuthError(thrown)) return thrown as ProviderError
  const { status, code, retryAfterSeconds } = readThrown(thrown)
  if (status === null) return connectionFailure(code)
  const providerCode = typeof code === 'number' ? code : null
  const wait = providerCode === null ? undefined : WAITS[providerCode]
  if (wait !== undefined) return new RateLimitedError(wait)
  const known = refusalOf(thrown)
  if (known !== undefined && status < 500) {
    return rejection(known, providerCode, status)
  }
  if (status === 429) {
    const explanation = `Twilio error ${providerCode ?? status}: too many concurrent requests. Nothing was sent. Raise the limit of the account.`
    const failure = { providerCode, explanation, retryAfterSeconds: retryAfterSeconds ?? PAUSE_SECONDS }
    return new SmsUnavailableError(false, failure)
  }
  if (status < 400) return connectionFailure(undefined)
  if (status >= 500) {
    return new SmsUnavailableError(true, { providerCode, explanation: `Twilio failed with HTTP status ${status}.` })
  }
  const where = providerCode === null ? '' : `: see https://www.twilio.com/docs/api/errors/${providerCode}`
  return new SmsRejectedError('other', {
    providerCode,
    explanation: `Twilio refused the message with error ${providerCode ?? 'unknown'}, HTTP status ${status}${where}`,
  })
}

function refusalOf(thrown: unknown): readonly [SmsRejection, string] | undefined {
  const { status, code } = readThrown(thrown)
  if (status === 401) return REFUSALS[20003]
  // Twilio names the parameter in the text: "Invalid parameter `To`: …" or "Invalid parameter: To".
  const { message } = thrown as { message?: unknown }
  const isRecipient = code === INVALID_PARAMETER && /^Invalid parameter:? ?[`'"]?To\b/.test(String(message))
  return isRecipient ? REFUSALS[60436] : REFUSALS[Number(code)]
}

// The states of a message or a verification that was accepted but not sent.
const FAILED: ReadonlySet<unknown> = new Set(['failed', 'undelivered', 'canceled', 'deleted', 'expired'])

/** Throws an error if Twilio accepted a message but reports that it failed. */
export function refuseFailed({ status, errorCode }: { status?: unknown; errorCode?: unknown }): void {
  if (!FAILED.has(status)) return
  const providerCode = typeof errorCode === 'number' ? errorCode : null
  const known = REFUSALS[providerCode ?? 0]
  if (known !== undefined) throw rejection(known, providerCode)
  const explanation = `Twilio accepted the message but reports the state "${status}". Nothing was sent. The log of the account says why.`
  throw new SmsUnavailableError(false, { providerCode, explanation })
}

function rejection(
  [reason, meaning]: readonly [SmsRejection, string],
  providerCode: number | null,
  status: number | null = null,
): SmsRejectedError {
  return new SmsRejectedError(reason, {
    providerCode,
    explanation: `Twilio error ${providerCode ?? status}: ${meaning}`,
  })
}

function connectionFailure(code: unknown): SmsUnavailableError {
  const isNeverSent = typeof code === 'string' && NEVER_SENT.has(code)
  const name = typeof code === 'string' ? ` (${code})` : ''
  return new SmsUnavailableError(!isNeverSent, {
    explanation: isNeverSent
      ? `Twilio could not be reached${name}. Nothing was sent. Check the network and the proxy.`
      : `Twilio sent no valid response${name}. The message may have been sent.`,
  })
}
