import { BodyReadError, BodyTooLargeError } from '../errors/body-errors.ts'
import type { RequestAuth } from '../routes/guard.ts'
import { type NodeRequest, type RequestParts, readText } from './node.ts'

/** A request of Connect or Express, with what these frameworks and body parsers add to it. */
export type MiddlewareRequest = NodeRequest & {
  /** The URL that the client requested. In `url`, the path of the mount is missing. */
  readonly originalUrl?: string
  /** The client's address, which Express determines by its setting `trust proxy`. */
  readonly ip?: string | undefined
  /** The body, if a parser has read it: what JSON or a form contained, or the text or bytes. */
  readonly body?: unknown
  /** The user and session, set by `requireAuth` and `requireFresh`. */
  auth?: RequestAuth
}

const decoder = new TextDecoder()

/** The parts of a request that a framework and its parsers may have changed. */
export const MIDDLEWARE_PARTS: RequestParts<MiddlewareRequest> = {
  url: ({ originalUrl, url = '' }) => originalUrl ?? url,
  source: (request) => ({
    // Read within the call: the application's own `trust proxy` function may throw.
    get ip() {
      return request.ip ?? request.socket?.remoteAddress
    },
  }),
  text: async (request, maxBytes) => {
    // Some parsers set an empty `body` also for a request that they did not read.
    if (!request.readableDidRead && !request.readableEnded) return readText(request, maxBytes)
    const bytes = bytesOf(request)
    if (bytes.byteLength > maxBytes) throw new BodyTooLargeError()
    return decoder.decode(bytes)
  },
}

function bytesOf({ body, headers }: MiddlewareRequest): Uint8Array {
  if (body === undefined) throw new BodyReadError()
  if (body instanceof Uint8Array) return body
  if (typeof body === 'string') return Buffer.from(body)
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return Buffer.from(isForm ? formOf(body as object) : JSON.stringify(body))
}

// For webhooks: the API itself accepts only JSON.
function formOf(fields: object): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]))
  return new URLSearchParams(pairs).toString()
}
