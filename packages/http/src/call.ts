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
   */
  readText(maxBytes: number): Promise<string>
}

/** Thrown by {@link HttpCall.readText}, before more than the limit is held in memory. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
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

/** A call that was routed. */
export interface RoutedCall extends HttpCall {
  /** The client's address, by which limits are kept. */
  readonly ip: string | undefined
}

/** What answers the calls of one method and path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  answer(call: RoutedCall): Promise<HttpAnswer>
}
