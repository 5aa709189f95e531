import { InvalidAccessTokenError } from '@phone-auth/core'
import { readBody } from '../requests/body.ts'
import type { RequestHead } from '../requests/call.ts'
import { refreshBody } from '../requests/schemas.ts'
import type { TokenTransport } from './transport.ts'

/** Uses the `Authorization` header and JSON bodies, for mobile apps and other servers. */
export const bearerTransport: TokenTransport = {
  // Browsers do not send this header unless a page of the application sets it.
  checkOrigin: () => undefined,
  crossOriginHeaders: () => ({}),
  accessToken: (call) => required(bearerToken(call)),
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

/**
 * Returns the token of the `Authorization` header (RFC 6750 section 2.1). Tokens in URLs are not
 * read, because URLs appear in logs.
 */
export function bearerToken({ headers }: RequestHead): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/** @throws `InvalidAccessTokenError` if there is no token. */
export function required(token: string | undefined): string {
  if (token === undefined) throw new InvalidAccessTokenError()
  return token
}
