import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { HttpAnswer } from '../answers/answer.ts'
import { BodyReadError, BodyTooLargeError } from '../errors/body-errors.ts'
import type { HttpCall } from '../requests/call.ts'

const decoder = new TextDecoder()

/** A request of `node:http` as a call. */
export function callOf(request: IncomingMessage): HttpCall {
  const { method = '', url = '', headersDistinct, socket } = request
  return {
    method,
    path: pathOf(url),
    headers: {
      // Joins repeated headers, as a web-standard request does, so that neither of two
      // contradictory values is used. Cookies may be split over several headers.
      get: (name) => headersDistinct[name.toLowerCase()]?.join(name === 'cookie' ? '; ' : ', ') ?? null,
    },
    source: { ip: socket.remoteAddress },
    readText: (maxBytes) => readText(request, maxBytes),
    asRequest: async (maxBytes) => {
      const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      )
      // Without the host and credentials of an absolute URL: the webhook's URL is configured.
      const { search = '' } = URL.parse(url, 'http://localhost') ?? {}
      const body = await readText(request, maxBytes)
      return new Request(`http://localhost${pathOf(url)}${search}`, { method, headers, body })
    },
  }
}

/** Writes an answer to a response of `node:http`. */
export function writeAnswer(
  { status, headers, body, cookies = [] }: HttpAnswer,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // The rest of a body that is too large is not read.
  const closing = request.isPaused() ? { connection: 'close' } : {}
  // RFC 9110 section 8.6: a 204 has no Content-Length.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  const setCookie = cookies.length === 0 ? {} : { 'set-cookie': cookies }
  response.writeHead(status, { ...headers, ...setCookie, ...closing, ...length } as OutgoingHttpHeaders)
  response.end(body)
}

function pathOf(url: string): string {
  // RFC 9112 section 3.2.2: a server must accept an absolute URL as well.
  if (!url.startsWith('/')) return URL.parse(url)?.pathname ?? url
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  if (request.readableEnded) return Promise.reject(new BodyReadError())
  if (request.destroyed) return Promise.reject(new Error('The client closed the connection.'))
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.byteLength
      if (bytes <= maxBytes) {
        parts.push(part)
        return
      }
      request.removeAllListeners('data')
      request.pause()
      reject(new BodyTooLargeError())
    })
    request.on('end', () => resolve(decoder.decode(Buffer.concat(parts))))
    // A client that closes the connection early causes one of these.
    request.on('error', reject)
    request.on('close', () => reject(new Error('The connection was closed before the end of the body.')))
  })
}
