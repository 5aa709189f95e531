import type { Context } from '../context/context.ts'
import type { Session } from '../ports/session-store.ts'
import { issueAccessToken } from '../token/access-token.ts'
import type { RefreshToken } from '../token/refresh-token.ts'

/** An access token of a session. */
export interface AccessToken {
  readonly sessionId: string
  /** A JWT for the `Authorization: Bearer` header. */
  readonly accessToken: string
  /** Whole seconds until the access token expires. */
  readonly expiresInSeconds: number
}

/** The tokens of a session. */
export interface Tokens extends AccessToken {
  /** Opaque; {@link PhoneAuth.refresh} exchanges it once for new tokens. */
  readonly refreshToken: string
}

/** Issues the access token of a session, and returns it with the refresh token. */
export async function issueTokens(context: Context, session: Session, refreshToken: RefreshToken): Promise<Tokens> {
  return { ...(await issueAccess(context, session)), refreshToken: refreshToken.token }
}

/**
 * Issues an access token of a session. It states when possession of the number was proven: by
 * default at the sign-in.
 */
export async function issueAccess(
  context: Context,
  session: Session,
  provenAt: Date = session.createdAt,
): Promise<AccessToken> {
  const { token, expiresInSeconds, claims } = await issueAccessToken(
    await context.accessTokenSigner(),
    context.settings.accessToken,
    session,
    provenAt,
  )
  context.verifiedTokens.keep(token, claims)
  return { sessionId: session.id, accessToken: token, expiresInSeconds }
}
