import { randomInt, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const ACCOUNT_SID = `AC${'a'.repeat(32)}`
export const AUTH_TOKEN = 'the-auth-token-of-the-tests'
export const SERVICE_SID = `VA${'b'.repeat(32)}`
export const MESSAGING_SERVICE_SID = `MG${'c'.repeat(32)}`
export const FROM = '+15005550006'

/** A request as it arrived. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly form: Readonly<Record<string, string>>
}

/** What the server does with one request instead of the usual answer. */
export type Behaviour =
  | 'hang'
  | 'cut_before_answer'
  | 'cut_in_answer'
  | 'garbage'
  | 'empty_201'
  /** Delivers the message, then fails. */
  | 'fail_after_send'
  | {
      readonly status: number
      readonly code?: number
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Accepts the message, and reports in the same answer that it failed. */
  | { readonly accepted: string; readonly errorCode?: number }

interface Answer {
  readonly status: number
  readonly body: object
}

/** An open verification of a number. */
interface Verification {
  readonly sid: string
  readonly code: string
  sends: number
  checks: number
}

/**
 * A local server that speaks Twilio's wire format: form-encoded requests, basic auth, Twilio's
 * answers and error bodies.
 */
export class TwilioServer {
  readonly seen: Seen[] = []
  /** The messages that were delivered, in order. */
  readonly delivered: { to: string; text: string; sid: string }[] = []
  /** The feedback on messages that were sent with `ProvideFeedback`, by message id. */
  readonly feedback = new Map<string, string>()
  readonly #behaviours: Behaviour[] = []
  readonly #verifications = new Map<string, Verification>()
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy())
  })
  #changed: () => void = () => undefined

  static async start(): Promise<TwilioServer> {
    const server = new TwilioServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Sets what happens to the next requests, in order. Later requests get the usual answers. */
  next(...behaviours: Behaviour[]): void {
    this.#behaviours.push(...behaviours)
  }

  /** Resolves when `count` requests have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.seen.length < count) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** The code in the last message to a number, read from its text. */
  codeFor(to: string): string {
    const text = this.delivered.findLast((message) => message.to === to)?.text ?? ''
    return /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}|[0-9]{6}/.exec(text)?.[0] ?? ''
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
    })
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    let body = ''
    for await (const part of request) body += part
    const form = Object.fromEntries(new URLSearchParams(body))
    this.seen.push({ method, path: url, headers, form })
    this.#changed()
    const behaviour = this.#behaviours.shift()
    if (behaviour === undefined) write(response, this.#serve(url, headers, form))
    else this.#misbehave(response, behaviour, form)
  }

  #misbehave(response: ServerResponse, behaviour: Behaviour, form: Seen['form']): void {
    if (typeof behaviour === 'object') {
      if ('accepted' in behaviour) {
        const { accepted: status, errorCode: error_code = null } = behaviour
        write(response, { status: 201, body: { sid: `SM${'0'.repeat(32)}`, status, error_code } })
        return
      }
      const { status, code, message = 'The request is invalid.', headers = {} } = behaviour
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      if (code === undefined) response.writeHead(status).end('not JSON')
      else write(response, refusal(status, code, message))
      return
    }
    switch (behaviour) {
      case 'hang':
        break
      case 'cut_before_answer':
        response.destroy()
        break
      case 'cut_in_answer':
        response.writeHead(201, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"sid": "SM', () => response.destroy())
        break
      case 'garbage':
        response.writeHead(201).end('<html>not JSON</html>')
        break
      case 'empty_201':
        write(response, { status: 201, body: {} })
        break
      case 'fail_after_send':
        this.#deliver(form.To ?? '', form.Body ?? '')
        write(response, refusal(500, 20500, 'Internal Server Error'))
    }
  }

  #serve(url: string, headers: IncomingMessage['headers'], form: Seen['form']): Answer {
    const expected = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`
    if (headers.authorization !== expected) return refusal(401, 20003, 'Authenticate')
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      return refusal(400, 20001, 'Unsupported content type')
    }
    if (url === `/2010-04-01/Accounts/${ACCOUNT_SID}/Messages.json`) return this.#createMessage(form)
    const [, sid] = new RegExp(`^/2010-04-01/Accounts/${ACCOUNT_SID}/Messages/([^/]+)/Feedback.json$`).exec(url) ?? []
    if (sid !== undefined) return this.#createFeedback(url, sid, form)
    if (url === `/v2/Services/${SERVICE_SID}/Verifications`) return this.#startVerification(form)
    if (url === `/v2/Services/${SERVICE_SID}/VerificationCheck`) return this.#checkVerification(form)
    return refusal(404, 20404, `The requested resource ${url} was not found`)
  }

  #createMessage(form: Seen['form']): Answer {
    const { To = '', From, MessagingServiceSid, Body, ContentSid, ContentVariables, ProvideFeedback } = form
    if (To === '') return refusal(400, 21604, "A 'To' phone number is required.")
    if (From === undefined && MessagingServiceSid === undefined) return refusal(400, 21603, "A 'From' is required.")
    if (Body === undefined && ContentSid === undefined) return refusal(400, 21619, 'A message body is required.')
    const sid = this.#deliver(To, Body ?? ContentVariables ?? '')
    if (ProvideFeedback === 'true') this.feedback.set(sid, 'unconfirmed')
    const body = {
      account_sid: ACCOUNT_SID,
      api_version: '2010-04-01',
      body: Body ?? null,
      date_created: 'Mon, 23 Nov 2026 10:00:00 +0000',
      date_sent: null,
      date_updated: 'Mon, 23 Nov 2026 10:00:00 +0000',
      direction: 'outbound-api',
      error_code: null,
      error_message: null,
      from: From ?? null,
      messaging_service_sid: MessagingServiceSid ?? null,
      num_media: '0',
      num_segments: MessagingServiceSid === undefined ? '1' : '0',
      price: null,
      price_unit: null,
      sid,
      status: MessagingServiceSid === undefined ? 'queued' : 'accepted',
      subresource_uris: {},
      to: To,
      uri: `/2010-04-01/Accounts/${ACCOUNT_SID}/Messages/${sid}.json`,
    }
    return { status: 201, body }
  }

  #createFeedback(uri: string, sid: string, { Outcome = 'unconfirmed' }: Seen['form']): Answer {
    if (!this.feedback.has(sid)) return refusal(404, 20404, `The requested resource ${uri} was not found`)
    if (!['confirmed', 'unconfirmed'].includes(Outcome)) return refusal(400, 20001, 'Invalid Outcome')
    this.feedback.set(sid, Outcome)
    const date = 'Mon, 23 Nov 2026 10:00:00 +0000'
    const body = {
      account_sid: ACCOUNT_SID,
      message_sid: sid,
      outcome: Outcome,
      date_created: date,
      date_updated: date,
      uri,
    }
    return { status: 201, body }
  }

  #startVerification({ To = '', Channel = '' }: Seen['form']): Answer {
    if (!['sms', 'call', 'whatsapp'].includes(Channel)) return refusal(400, 60200, 'Invalid parameter `Channel`')
    const verification = this.#verifications.get(To) ?? {
      sid: `VE${randomUUID().replaceAll('-', '')}`,
      code: String(randomInt(1_000_000)).padStart(6, '0'),
      sends: 0,
      checks: 0,
    }
    if (verification.sends === 5) return refusal(429, 60203, 'Max send attempts reached')
    verification.sends += 1
    this.#verifications.set(To, verification)
    this.#deliver(To, `Your Acme verification code is: ${verification.code}`)
    return { status: 201, body: verificationBody(verification, To, 'pending') }
  }

  #checkVerification({ To, VerificationSid, Code }: Seen['form']): Answer {
    if (To === undefined && VerificationSid === undefined) return refusal(400, 60200, 'Missing To or VerificationSid')
    const [to = '', verification] =
      [...this.#verifications].find(([number, { sid }]) => number === To || sid === VerificationSid) ?? []
    if (verification === undefined) return refusal(404, 20404, 'VerificationCheck was not found')
    if (verification.checks === 5) return refusal(429, 60202, 'Max check attempts reached')
    verification.checks += 1
    const isRight = verification.code === Code
    if (isRight) this.#verifications.delete(to)
    return { status: 200, body: verificationBody(verification, to, isRight ? 'approved' : 'pending') }
  }

  #deliver(to: string, text: string): string {
    const sid = `SM${randomUUID().replaceAll('-', '')}`
    this.delivered.push({ to, text, sid })
    return sid
  }
}

function verificationBody({ sid }: Verification, to: string, status: string): object {
  const valid = status === 'approved'
  return { sid, service_sid: SERVICE_SID, account_sid: ACCOUNT_SID, to, channel: 'sms', status, valid }
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } }
}

function write(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
