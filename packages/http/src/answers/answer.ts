/** The answer to a call: the status, headers and body of the HTTP response. */
export interface HttpAnswer {
  readonly status: number
  /** The names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** One value for each `set-cookie` header. */
  readonly cookies?: readonly string[]
}

/**
 * Creates an answer in JSON. Caches must not store it, because it may contain a token (RFC 9700
 * section 4.3.1, OWASP ASVS 5 section 14.2.2).
 */
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

/** Creates the answer to a successful call that returns no tokens. */
export function done(message: string, data: unknown = null): HttpAnswer {
  return json({ success: true, message, data, token: null })
}
