import type { AccessToken, Tokens } from '@phone-auth/core'
import type { HandedTokens } from '../answers/tokens.ts'
import type { HttpCall, RequestHead } from '../requests/call.ts'

/** How tokens travel between client and server. */
export interface TokenTransport {
  /** Refuses what another site made a browser send. @throws {@link HttpError} */
  checkOrigin(call: RequestHead): void
  /** @throws `InvalidAccessTokenError` if the call brings none. */
  accessToken(call: RequestHead): string
  /** @throws `InvalidRefreshTokenError` if the call brings none. */
  refreshToken(call: HttpCall): Promise<string>
  /** A refresh token that comes with every call, also when the access token is over. */
  lastingToken(call: RequestHead): string | undefined
  hand(tokens: Tokens | AccessToken): HandedTokens
  /** The cookies to set when the client has no session any more. */
  readonly cleared: readonly string[]
}
