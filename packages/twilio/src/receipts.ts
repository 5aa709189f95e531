import { type DeliveryReport, InvalidOptionsError, isPhoneAuthError, type PhoneAuth } from '@phone-auth/core'
import twilio from 'twilio'
import { isHttpUrl } from './access.ts'

/** What {@link twilioReceipts} takes. */
export interface TwilioReceiptsOptions {
  /**
   * The auth token of the account, with which Twilio signs; while it is being rotated, both. An API
   * key does not sign.
   */
  readonly authToken: string | readonly string[]
  /**
   * The public URL that was given to `twilioSender` as `statusCallback`: behind a proxy the server
   * sees another one.
   */
  readonly url: string
}

const MAX_BODY_BYTES = 16 * 1024
// Far more than Twilio sends; what a stranger sends must not cost more to refuse.
const MAX_FIELDS = 100

const BASE64_SHA1 = /^[A-Za-z0-9+/]{27}=$/

// Twilio's words for the way of a message. Others, such as those of received messages, are no news
// of a code.
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
 * Makes the handler of Twilio's status callbacks, which turns them into events and into the
 * `delivery` of challenges.
 *
 * It is a web-standard function; `createHandler` of `@phone-auth/http` takes it among its
 * `webhooks`. Only what Twilio signed (`X-Twilio-Signature`) is believed; callbacks may come twice
 * and in any order.
 *
 * @throws `InvalidOptionsError` if the options cannot serve.
 */
export function twilioReceipts(
  auth: Pick<PhoneAuth, 'noteDelivery'>,
  { authToken, url }: TwilioReceiptsOptions,
): (request: Request) => Promise<Response> {
  const tokens = [authToken].flat()
  const problems: string[] = []
  if (tokens.length === 0 || tokens.some((token) => typeof token !== 'string' || token === '')) {
    problems.push('authToken is required: with it Twilio signs its callbacks.')
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
      await auth.noteDelivery({ reference, delivery, messageId, providerCode })
      return answer(204)
    } catch (error) {
      if (!isPhoneAuthError(error)) throw error
      // A callback that names no message was meant for somebody else; one that meets a database
      // that is away can come again.
      return answer(error.code === 'store_unavailable' ? 503 : 400)
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
