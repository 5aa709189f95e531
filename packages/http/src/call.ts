/** What the caller of a handler knows about a request besides the request itself. */
export interface RequestSource {
  /** The address of the socket that the request came in on. */
  readonly ip?: string | undefined
}

/** What every kind of request says of itself before its body. */
export interface RequestHead {
  readonly method: string
  readonly headers: { get(name: string): string | null }
}

/** A request of the contract, whatever kind of server it came in on. */
export interface HttpCall extends RequestHead {
  /** The path, without the query. */
  readonly path: string
  readonly source: RequestSource
  /**
   * The body, up to `maxBytes`.
   *
   * @throws {@link BodyTooLargeError} if it has more.
   * @throws {@link BodyReadError} if somebody else has read it.
   */
  readText(maxBytes: number): Promise<string>
  /** The same as a web-standard request, for webhooks. Throws what `readText` does. */
  asRequest(maxBytes: number): Promise<Request>
}

/** Thrown by {@link HttpCall.readText}, before more than the limit is held in memory. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/** Thrown by {@link HttpCall.readText} if the body was read before the call came here: by a body parser that is mounted in front. */
export class BodyReadError extends Error {
  override readonly name = 'BodyReadError'

  constructor() {
    super(
      'The body was read before Phone Auth got the request. Mount Phone Auth in front of body parsers such as express.json().',
    )
  }
}

/** The answer to a call. */
export interface HttpAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer in JSON. No cache may keep it, because it may hold a token (RFC 9700 section 4.3.1, OWASP ASVS 5 section 14.2.2). */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

/** What answers the calls of one method and path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  /** `ip` is the client's address, by which limits are kept. */
  answer(call: HttpCall, ip: string | undefined): Promise<HttpAnswer>
}
