/** What can be wrong with a request before it reaches the library. */
export type HttpErrorCode =
  | 'malformed_json'
  | 'not_found'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'cross_origin'
  | 'internal_error'

/** Thrown within the handler for a request that the library never gets to see. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: HttpErrorCode | 'invalid_input'
  /** The field at fault, by its name on the wire. */
  readonly field: string | null

  constructor(code: HttpErrorCode | 'invalid_input', message: string, field: string | null = null) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** The answer to everything that is no route. */
export function nothingHere(): HttpError {
  return new HttpError('not_found', 'There is nothing here.')
}

/** The error for a field that the request does not have. */
export function unknownField(field: string): HttpError {
  return new HttpError('invalid_input', `${field} is not a field of this request.`, field)
}
