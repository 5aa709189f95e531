/** Thrown by `HttpCall.readText`, before more than the limit is held in memory. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/**
 * Thrown by `HttpCall.readText` if the body was read before the call came here: by a body parser
 * that is mounted in front.
 */
export class BodyReadError extends Error {
  override readonly name = 'BodyReadError'

  constructor() {
    super(
      'The body was read before Phone Auth got the request. Mount Phone Auth in front of body parsers such as express.json().',
    )
  }
}
