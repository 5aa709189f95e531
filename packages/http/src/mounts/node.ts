import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { HttpAnswer } from '../answers/answer.ts'
import { BodyReadError, BodyTooLargeError } from '../errors/body-errors.ts'
import type { HttpCall, RequestSource } from '../requests/call.ts'

/** A request of `node:http`, or of `node:http2` in its compatible form. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** A response of `node:http`, or of `node:http2` in its compatible form. */
export type NodeResponse = ServerResponse | Http2ServerResponse

const decoder = new TextDecoder()

/** Where the parts of a request come from that frameworks change. */
export interface RequestParts<Request extends NodeRequest> {
  url(request: Request): string
  source(request: Request): RequestSource
  /** Reads the body. @throws what {@link HttpCall.readText} throws. */
  text(request: Request, maxBytes: number): Promise<string>
}

/** The parts of a request that no framework has changed. */
export const PLAIN_PARTS: RequestParts<NodeRequest> = {
  url: ({ url = '' }) => url,
  source: ({ socket }) => ({ ip: socket?.remoteAddress }),
  text: readText,
}

/** A request of `node:http` as a call. */
export function callOf<Request extends NodeRequest>(request: Request, parts: RequestParts<Request>): HttpCall {
  const { method = '' } = request
  const url = parts.url(request)
  const headers = headersOf(request)
  return {
    method,
    path: pathOf(url),
    headers: {
      // Joins repeated headers, as a web-standard request does, so that neither of two
      // contradictory values is used. Cookies may be split over several headers.
      get: (name) => headers.get(name.toLowerCase())?.join(name === 'cookie' ? '; ' : ', ') ?? null,
    },
    source: parts.source(request),
    readText: (maxBytes) => parts.text(request, maxBytes),
    asRequest: async (maxBytes) => {
      const pairs = [...headers].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]))
      // Without the host and credentials of an absolute URL: the webhook's URL is configured.
      const { search = '' } = URL.parse(url, 'http://localhost') ?? {}
      const body = await parts.text(request, maxBytes)
      return new Request(`http://localhost${pathOf(url)}${search}`, { method, headers: pairs, body })
    },
  }
}

/**
 * Writes an answer to a response of `node:http`. Leaves a response alone that another part of the
 * application has begun, such as a time-out, and one whose client has gone.
 */
export function writeAnswer(
  { status, headers, body, cookies = [] }: HttpAnswer,
  request: NodeRequest,
  response: NodeResponse,
): void {
  if (!isOpen(response)) return
  // The rest of a body that is too large is not read: the connection or the stream is closed.
  const isCut = request.isPaused()
  const isHttp2 = 'stream' in response
  const closing = isCut && !isHttp2 ? { connection: 'close' } : {}
  // RFC 9110 section 8.6: a 204 has no Content-Length.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  const setCookie = cookies.length === 0 ? {} : { 'set-cookie': cookies }
  const { writeHead } = response as ServerResponse
  writeHead.call(response, status, { ...headers, ...setCookie, ...closing, ...length } as OutgoingHttpHeaders)
  response.end(body)
  if (isCut && isHttp2) response.stream.close()
}

function isOpen(response: NodeResponse): boolean {
  return !response.headersSent && !response.writableEnded && !response.destroyed
}

/**
 * The values of each header, by its name in lower case. They are read as they arrived: `headers`
 * drops some repeated values. Adapters of other runtimes may have only `headers`.
 */
function headersOf({ rawHeaders = [], headers = {} }: NodeRequest): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const add = (given: string, value: string) => {
    const name = given === ':authority' ? 'host' : given.toLowerCase()
    if (!name.startsWith(':')) found.set(name, [...(found.get(name) ?? []), value])
  }
  for (let index = 0; index < rawHeaders.length; index += 2) add(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  if (rawHeaders.length > 0) return found
  for (const [name, values = []] of Object.entries(headers)) for (const value of [values].flat()) add(name, value)
  return found
}

/** The path of the URL of a request. */
export function pathOf(url: string): string {
  // RFC 9112 section 3.2.2: a server must accept an absolute URL as well.
  if (!url.startsWith('/')) return URL.parse(url)?.pathname ?? url
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** Reads a body that nothing has read before. */
export function readText(request: NodeRequest, maxBytes: number): Promise<string> {
  // Also if only a part of it was read: the rest would be another body.
  if (request.readableDidRead) return Promise.reject(new BodyReadError())
  if (request.destroyed) return Promise.reject(new Error('The client closed the connection.'))
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    const read = (part: Buffer | string) => {
      // A middleware may have set an encoding, so that the parts are texts.
      const buffer = typeof part === 'string' ? Buffer.from(part, request.readableEncoding ?? 'utf8') : part
      bytes += buffer.byteLength
      if (bytes <= maxBytes) {
        parts.push(buffer)
        return
      }
      request.off('data', read)
      request.pause()
      reject(new BodyTooLargeError())
    }
    request.on('data', read)
    request.on('end', () => resolve(decoder.decode(Buffer.concat(parts))))
    // A client that closes the connection early causes one of these.
    request.on('error', reject)
    request.on('close', () => reject(new Error('The connection was closed before the end of the body.')))
    // A middleware may have paused the request.
    request.resume()
  })
}
