import { type AnyPhoneAuth, type AuthenticateResult, InvalidOptionsError } from '@phone-auth/core'
import type { HttpAnswer } from '../answers/answer.ts'
import { failureAnswer, type UnexpectedErrorListener } from '../errors/failure.ts'
import type { RequestHead } from '../requests/call.ts'
import type { TokenTransport } from '../token-transport/transport.ts'

/** The user and the session of a request. */
export type RequestAuth = Pick<AuthenticateResult, 'userId' | 'sessionId' | 'authenticatedAt'>

/** What a guard returns: the user and the session of a request, or the answer that refuses it. */
export type GuardResult = { readonly auth: RequestAuth } | { readonly refusal: HttpAnswer }

/** Decides whether a request to one of your own routes is allowed. Never rejects. */
export type Guard = (request: RequestHead) => Promise<GuardResult>

/** Options for the guard of a sensitive operation. */
export interface FreshOptions {
  /**
   * How long ago the user may have proved possession of the number, in seconds.
   * @defaultValue `session.fresh` of the `PhoneAuth`, 10 minutes
   */
  readonly maxAgeSeconds?: number
}

/** The guards of a handler. */
export interface Guards {
  /** Creates a guard that requires a valid access token of an active session. */
  requireAuth(): Guard
  /**
   * Creates a guard that also requires a recent verification of the number, for sensitive
   * operations (OWASP ASVS 5 section 7.5.1).
   *
   * @throws `InvalidOptionsError` if `maxAgeSeconds` is invalid.
   */
  requireFresh(options?: FreshOptions): Guard
}

/** Creates the guards of a handler. */
export function guardsOf(
  auth: AnyPhoneAuth,
  transport: TokenTransport,
  onUnexpectedError: UnexpectedErrorListener,
): Guards {
  const guard =
    (authenticate: (accessToken: string) => Promise<AuthenticateResult>): Guard =>
    async (request) => {
      try {
        transport.checkOrigin(request)
        const { userId, sessionId, authenticatedAt } = await authenticate(transport.accessToken(request))
        return { auth: { userId, sessionId, authenticatedAt } }
      } catch (error) {
        return { refusal: failureAnswer(error, onUnexpectedError) }
      }
    }
  return {
    requireAuth: () => guard((accessToken) => auth.authenticate({ accessToken })),
    requireFresh: (options = {}) => {
      const { maxAgeSeconds } = options
      if (maxAgeSeconds !== undefined && !(Number.isFinite(maxAgeSeconds) && maxAgeSeconds > 0)) {
        throw new InvalidOptionsError(['maxAgeSeconds must be a number of seconds, more than 0.'])
      }
      return guard((accessToken) =>
        auth.requireFresh({ accessToken, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }),
      )
    },
  }
}
