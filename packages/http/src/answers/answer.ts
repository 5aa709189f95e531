/** The answer to a call. */
export interface HttpAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The values of `set-cookie` headers, of which there may be several. */
  readonly cookies?: readonly string[]
}

/**
 * An answer in JSON. No cache may keep it, because it may hold a token (RFC 9700 section 4.3.1,
 * OWASP ASVS 5 section 14.2.2).
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

/** The answer to what was done and gives nothing back. */
export function done(message: string, data: unknown = null): HttpAnswer {
  return json({ success: true, message, data, token: null })
}
