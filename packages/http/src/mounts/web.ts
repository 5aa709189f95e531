import type { HttpAnswer } from '../answers/answer.ts'
import { BodyReadError, BodyTooLargeError } from '../errors/body-errors.ts'
import type { HttpCall, RequestSource } from '../requests/call.ts'

/** A web-standard request as a call. */
export function callOf(request: Request, source: RequestSource): HttpCall {
  const { method, headers, url } = request
  const readText = async (maxBytes: number) => {
    if (request.bodyUsed || request.body?.locked === true) throw new BodyReadError()
    return readLimited(request.body?.getReader(), maxBytes)
  }
  return {
    method,
    headers,
    path: new URL(url).pathname,
    source,
    readText,
    asRequest: async (maxBytes) => new Request(url, { method, headers, body: await readText(maxBytes) }),
  }
}

/** An answer as a web-standard response. */
export function responseOf({ status, headers, body, cookies = [] }: HttpAnswer, method: string): Response {
  const response = new Response(method === 'HEAD' || body === '' ? null : body, { status, headers })
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}

async function readLimited(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.byteLength
    if (bytes > maxBytes) {
      // Not awaited: a client that keeps sending must not delay the answer.
      reader?.cancel().catch(() => undefined)
      throw new BodyTooLargeError()
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}
