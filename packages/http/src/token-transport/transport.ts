import type { AccessToken, Tokens } from '@phone-auth/core'
import type { HandedTokens } from '../answers/tokens.ts'
import type { HttpCall, RequestHead } from '../requests/call.ts'

/** How clients send and receive tokens. */
export interface TokenTransport {
  /** Refuses a request that another site made the browser send. @throws {@link HttpError} */
  checkOrigin(call: RequestHead): void
  /** The headers that let pages of allowed origins read the answer. */
  crossOriginHeaders(call: RequestHead): Readonly<Record<string, string>>
  /** @throws `InvalidAccessTokenError` if the call has none. */
  accessToken(call: RequestHead): string
  /** @throws `InvalidRefreshTokenError` if the call has none. */
  refreshToken(call: HttpCall): Promise<string>
  /** The refresh token, if clients send it with every call, even after the access token expired. */
  lastingToken(call: RequestHead): string | undefined
  hand(tokens: Tokens | AccessToken): HandedTokens
  /** The cookies to set when the client no longer has a session. */
  readonly cleared: readonly string[]
}
