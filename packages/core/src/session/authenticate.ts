import type { Context } from '../context.ts'
import { InvalidAccessTokenError } from '../errors.ts'
import { type AuthenticateResult, verifyAccessToken } from '../token/access-token.ts'

/** How {@link PhoneAuth.authenticate} checks. */
export interface AuthenticateOptions {
  /**
   * Whether to ask the session store that the session still stands. Without it a revoked session's access token serves until it expires.
   * @defaultValue true
   */
  readonly checkSession?: boolean
}

/** Verifies an access token and says whom it stands for. */
export async function authenticate(
  context: Context,
  accessToken: string,
  { checkSession = true }: AuthenticateOptions,
): Promise<AuthenticateResult> {
  const claims = await verifyAccessToken(
    await context.keyRing(),
    context.settings.accessToken,
    accessToken,
    context.now(),
  )
  if (!checkSession) return claims
  const session = await context.stores.sessionStore.find(claims.sessionId)
  if (session === null || session.userId !== claims.userId) throw new InvalidAccessTokenError()
  return claims
}
