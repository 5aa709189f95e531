/** Thrown by `HttpCall.readText` as soon as the body exceeds the limit. The rest is not read. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/**
 * Thrown by `HttpCall.readText` if the body was already read, for example by a body parser that is
 * mounted in front of Phone Auth.
 */
export class BodyReadError extends Error {
  override readonly name = 'BodyReadError'

  constructor() {
    super(
      'The request body was already read. Mount Phone Auth in front of body parsers such as express.json(), or mount it with nodeMiddleware.',
    )
  }
}
