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
   * @throws `BodyTooLargeError` if it has more.
   * @throws `BodyReadError` if it was read before.
   */
  readText(maxBytes: number): Promise<string>
  /** The same as a web-standard request, for webhooks. Throws what `readText` does. */
  asRequest(maxBytes: number): Promise<Request>
}
