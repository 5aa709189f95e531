/** The error codes that the HTTP layer adds to those of the library. */
export type HttpErrorCode =
  | 'malformed_json'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'cross_origin'
  | 'internal_error'

/** Thrown within the handler for a request that it refuses without calling the library. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: HttpErrorCode | 'invalid_input'
  /** The JSON name of the invalid field. */
  readonly field: string | null

  constructor(code: HttpErrorCode | 'invalid_input', message: string, field: string | null = null) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** Thrown within the handler for a path that has routes with other methods only. */
export class MethodNotAllowedError extends HttpError {
  readonly allowed: readonly string[]

  constructor(allowed: readonly string[]) {
    super('method_not_allowed', `This endpoint accepts only ${allowed.join(', ')}.`)
    this.allowed = allowed
  }
}

/** Creates the error for a request that matches no route. */
export function notFound(): HttpError {
  return new HttpError('not_found', 'Not found.')
}

/** Creates the error for an unknown field of a request body. */
export function unknownField(field: string): HttpError {
  return new HttpError('invalid_input', `${field} is not a field of this request.`, field)
}
