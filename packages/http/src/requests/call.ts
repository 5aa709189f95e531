/** Where a request comes from. */
export interface RequestSource {
  /** The address of the socket on which the request arrived. */
  readonly ip?: string | undefined
}

/** The method and headers of a request, on any kind of server. */
export interface RequestHead {
  readonly method: string
  readonly headers: { get(name: string): string | null }
}

/** A request to the API, on any kind of server. */
export interface HttpCall extends RequestHead {
  /** The path, without the query. */
  readonly path: string
  readonly source: RequestSource
  /**
   * Returns the body.
   *
   * @throws `BodyTooLargeError` if it has more than `maxBytes` bytes.
   * @throws `BodyReadError` if it was already read.
   */
  readText(maxBytes: number): Promise<string>
  /** Returns the call as a web-standard request, for webhooks. Throws what `readText` throws. */
  asRequest(maxBytes: number): Promise<Request>
}
