import { InvalidOptionsError, isPhoneAuthError, type PhoneAuth } from '@phone-auth/core'
import type { DeliveryReport } from '@phone-auth/core/adapters'
import twilio from 'twilio'
import { isHttpUrl } from './access.ts'

/** Options for {@link twilioReceipts}. */
export interface TwilioReceiptsOptions {
  /**
   * The auth token of the account, with which Twilio signs its callbacks. During a rotation, pass
   * the old and the new token. Twilio does not sign with API keys.
   */
  readonly authToken: string | readonly string[]
  /**
   * The public URL that `twilioSender` has as `statusCallback`. It is needed because a server
   * behind a proxy receives the request under another URL.
   */
  readonly url: string
}

const MAX_BODY_BYTES = 16 * 1024
// Far more than Twilio sends. An unsigned request must not cost more than this to refuse.
const MAX_FIELDS = 100

const BASE64_SHA1 = /^[A-Za-z0-9+/]{27}=$/

// Twilio's states of a message. Other states, such as those of received messages, do not concern
// codes.
const DELIVERIES: ReadonlyMap<string, DeliveryReport['delivery']> = new Map([
  ['accepted', 'queued'],
  ['scheduled', 'queued'],
  ['queued', 'queued'],
  ['sending', 'queued'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
] as const)

/**
 * Creates the handler of Twilio's status callbacks. It updates the `delivery` of the challenge and
 * emits events.
 *
 * The handler is a web-standard function. You can pass it to `createHandler` of `@phone-auth/http`
 * as one of the `webhooks`. It accepts only callbacks that Twilio signed (`X-Twilio-Signature`).
 * Callbacks may arrive twice and in any order.
 *
 * @throws `InvalidOptionsError` if the options are invalid.
 */
export function twilioReceipts(
  auth: Pick<PhoneAuth, 'recordDelivery'>,
  { authToken, url }: TwilioReceiptsOptions,
): (request: Request) => Promise<Response> {
  const tokens = [authToken].flat()
  const problems: string[] = []
  if (tokens.length === 0 || tokens.some((token) => typeof token !== 'string' || token === '')) {
    problems.push('authToken is required, because Twilio signs its callbacks with it.')
  }
  if (!isHttpUrl(url)) problems.push('url must be the public http(s) URL of the callbacks.')
  if (problems.length > 0) throw new InvalidOptionsError(problems.map((problem) => `twilioReceipts: ${problem}`))

  return async (request) => {
    if (request.method !== 'POST') return answer(405)
    const signature = request.headers.get('x-twilio-signature') ?? ''
    if (!BASE64_SHA1.test(signature)) return answer(403)
    const body = await readText(request)
    if (body === null) return answer(413)
    const fields = formFields(body)
    if (Object.keys(fields).length > MAX_FIELDS) return answer(413)
    const { search } = new URL(request.url)
    const isSigned = tokens.some((token) => twilio.validateRequest(token, signature, new URL(search, url).href, fields))
    if (!isSigned) return answer(403)
    const delivery = DELIVERIES.get(String(fields.MessageStatus))
    if (delivery === undefined) return answer(204)
    const reference = new URLSearchParams(search).get('ref') ?? ''
    const messageId = typeof fields.MessageSid === 'string' ? fields.MessageSid : null
    const providerCode = /^[0-9]{1,6}$/.test(String(fields.ErrorCode)) ? Number(fields.ErrorCode) : null
    try {
      await auth.recordDelivery({ reference, delivery, messageId, providerCode })
      return answer(204)
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error
      // 400: the reference is invalid. 503: the callback can be sent again when the store works.
      return answer(error.code.startsWith('store_') ? 503 : 400)
    }
  }
}

function answer(status: number): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store' } })
}

function formFields(body: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(body)) {
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return fields
}

async function readText(request: Request): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const part of request.body ?? []) {
    bytes += part.byteLength
    if (bytes > MAX_BODY_BYTES) return null
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}
