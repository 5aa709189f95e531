/** What the caller of a handler knows about a request besides the request itself. */
export interface RequestSource {
  /** The address of the socket that the request came in on. */
  readonly ip?: string | undefined
}

/** What the routes find in the context of a request. */
export interface RouteEnvironment {
  Bindings: { source: RequestSource }
  Variables: { ip: string | undefined }
}
