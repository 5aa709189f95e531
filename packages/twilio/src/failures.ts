import {
  isPhoneAuthError,
  RateLimitedError,
  SmsRejectedError,
  type SmsRejection,
  SmsUnavailableError,
} from '@phone-auth/core'
import type { ProviderError } from '@phone-auth/core/senders'
import { CONNECT_TIMEOUT } from './http-client.ts'

const VERIFY_LIFE_SECONDS = 600
const CONSOLE = 'https://console.twilio.com'

/**
 * What Twilio's error numbers mean: why it refused, and how whoever runs the application mends it.
 */
const REFUSALS: Readonly<Record<number, readonly [SmsRejection, string]>> = {
  20003: ['credentials', 'wrong credentials. Copy the account SID and auth token, or API key, from the console anew.'],
  20008: ['credentials', 'test credentials do not send. Use the live account SID and auth token of the console.'],
  20404: ['misconfigured', 'there is no such account or service. Check accountSid and serviceSid.'],
  21211: ['invalid_number', 'the number does not exist.'],
  21212: ['misconfigured', 'From is no valid number. Write it in E.164, as in +14155550123.'],
  21265: ['invalid_number', 'the number is a short code, which receives no messages from Twilio.'],
  21266: ['misconfigured', 'From and To are the same number.'],
  21408: [
    'region_not_enabled',
    `the account may not send to this country. Enable it in the Messaging geo permissions.`,
  ],
  21601: ['misconfigured', 'From cannot send SMS. Use a number of the account with the SMS capability.'],
  21603: ['misconfigured', 'From is missing. Give from or messagingServiceSid.'],
  21606: ['misconfigured', 'From is not a number of the account that can send SMS to this destination.'],
  21608: [
    'recipient_not_verified',
    `a trial account sends to verified numbers only. Verify the number under Verified Caller IDs, or upgrade the account: ${CONSOLE}`,
  ],
  21610: ['unsubscribed', 'the owner replied STOP. Only the owner can undo it, by sending START.'],
  21612: ['misconfigured', 'From cannot reach this destination. Use another sender for this country.'],
  21614: ['unreachable', 'the number is no mobile number, so it receives no SMS.'],
  21635: ['unreachable', 'the number is a landline, so it receives no SMS.'],
  21659: ['misconfigured', 'From is no Twilio number. Use a number that the account bought.'],
  21660: ['misconfigured', 'From belongs to another account.'],
  21661: ['misconfigured', 'From cannot send SMS. Use a number of the account with the SMS capability.'],
  21703: ['misconfigured', 'the messaging service has no sender. Add a number to it.'],
  21705: ['misconfigured', 'there is no such messaging service. Check messagingServiceSid.'],
  63016: ['misconfigured', 'WhatsApp takes only approved templates here. Check contentSid.'],
  63038: ['misconfigured', 'the account has sent all the messages of the day that it may. Upgrade it, or wait.'],
  30450: ['blocked', 'Fraud Guard took it for SMS pumping. If it was none, add the prefix to the Global Safe List.'],
  60200: ['misconfigured', 'Verify does not accept a parameter. Check the options of twilioVerify and of the service.'],
  60205: ['unreachable', 'the number is a landline, so it receives no SMS.'],
  60220: ['misconfigured', 'Verify needs a registered sender for China.'],
  60223: ['misconfigured', 'the channel is disabled in the Verify service. Enable it there.'],
  60238: ['blocked', 'Verify blocks this destination.'],
  60410: ['blocked', 'Fraud Guard blocks this prefix. If it was no fraud, add the number to the Verify Safe List.'],
  60413: ['blocked', 'Fraud Guard blocks this attempt. If it was no fraud, add the number to the Verify Safe List.'],
  60605: ['region_not_enabled', 'the account may not verify in this country. Enable it in the Verify geo permissions.'],
}

const TOO_MANY_REQUESTS = 20429

/** Numbers by which Verify says that a number is sent no more for now, and for how many seconds. */
const WAITS: Readonly<Record<number, number>> = { 60203: VERIFY_LIFE_SECONDS, 60207: 60, 60212: 10 }

// The connection never came about, so nothing was sent on it.
const NEVER_SENT = new Set([
  CONNECT_TIMEOUT,
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

/** What the Twilio client threw: an answer of Twilio's, or a connection that failed. */
interface Thrown {
  readonly status: number | null
  readonly code: unknown
}

/** Reads what the Twilio client threw. */
export function readThrown(thrown: unknown): Thrown {
  const { status, code } = (thrown ?? {}) as { status?: unknown; code?: unknown }
  return { status: typeof status === 'number' ? status : null, code }
}

/**
 * Whether Twilio documents that it never processed the request: too many at a time, or a connection
 * that was refused.
 */
export function isNeverProcessed(thrown: unknown): boolean {
  const { status, code } = readThrown(thrown)
  return code === 'ECONNREFUSED' || (status === 429 && (code === TOO_MANY_REQUESTS || code === undefined))
}

/**
 * What went wrong, as an error of ours. What Twilio wrote is not passed on, because it quotes the
 * number, and neither is the error of the connection, because it holds the request, and so the
 * code.
 */
export function failureOf(thrown: unknown): ProviderError {
  if (isPhoneAuthError(thrown)) return thrown as ProviderError
  const { status, code } = readThrown(thrown)
  if (status === null) return connectionFailure(code)
  const providerCode = typeof code === 'number' ? code : null
  const wait = providerCode === null ? undefined : WAITS[providerCode]
  if (wait !== undefined) return new RateLimitedError(wait)
  const known = status === 401 ? REFUSALS[20003] : REFUSALS[providerCode ?? 0]
  if (known !== undefined && status < 500) {
    const [reason, meaning] = known
    return new SmsRejectedError(reason, {
      providerCode,
      explanation: `Twilio error ${providerCode ?? status}: ${meaning}`,
    })
  }
  if (status === 429) {
    const explanation = `Twilio error ${providerCode ?? status}: too many requests at a time. Nothing was sent; raise the limit of the account.`
    return new SmsUnavailableError(false, { providerCode, explanation })
  }
  if (status >= 500 || status < 400) {
    return new SmsUnavailableError(true, { providerCode, explanation: `Twilio failed with HTTP status ${status}.` })
  }
  const where = providerCode === null ? '' : `: see https://www.twilio.com/docs/api/errors/${providerCode}`
  return new SmsRejectedError('other', {
    providerCode,
    explanation: `Twilio refused with error ${providerCode ?? 'unknown'}, HTTP status ${status}${where}`,
  })
}

function connectionFailure(code: unknown): SmsUnavailableError {
  const isNeverSent = typeof code === 'string' && NEVER_SENT.has(code)
  const name = typeof code === 'string' ? ` (${code})` : ''
  return new SmsUnavailableError(!isNeverSent, {
    explanation: isNeverSent
      ? `Twilio could not be reached${name}. Nothing was sent; check the network and its proxy.`
      : `Twilio gave no answer that can be read${name}. The message may have been sent.`,
  })
}
