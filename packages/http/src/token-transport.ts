import { type AccessToken, InvalidAccessTokenError, type Tokens } from '@phone-auth/core'
import { readBody } from './body.ts'
import type { HttpCall, RequestHead } from './call.ts'
import { refreshBody } from './schemas.ts'

/** Tokens on their way to a client: fields of the answer's body, and cookies to set. */
export interface HandedTokens {
  readonly fields: {
    readonly token: string | null
    readonly refresh_token?: string | null
    readonly expires_in: number
  }
  readonly cookies: readonly string[]
}

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

/** Tokens in the `Authorization` header and in bodies: for mobile apps and other servers. */
export const bearerTransport: TokenTransport = {
  // A browser adds no such header by itself.
  checkOrigin: () => undefined,
  accessToken: bearerToken,
  refreshToken: async (call) => (await readBody(call, refreshBody)).refresh_token,
  lastingToken: () => undefined,
  hand: (tokens) => ({
    fields: {
      token: tokens.accessToken,
      ...('refreshToken' in tokens && { refresh_token: tokens.refreshToken }),
      expires_in: tokens.expiresInSeconds,
    },
    cookies: [],
  }),
  cleared: [],
}

/** The token of the `Authorization` header. RFC 6750 section 2.1: no other place is asked; in a URL it would reach logs. */
export function bearerToken({ headers }: RequestHead): string {
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (token === undefined) throw new InvalidAccessTokenError()
  return token
}
