import type { Context } from '../context/context.ts'
import { InvalidRefreshTokenError, RefreshTokenReusedError } from '../errors/index.ts'
import { verifyRefreshToken } from '../token/refresh-token.ts'
import { reportRevoked } from './report-revoked.ts'
import { issueTokens, type Tokens } from './tokens.ts'

/**
 * Exchanges a refresh token for new tokens. A token that was already exchanged ends the session.
 */
export async function refresh(context: Context, { refreshToken }: { readonly refreshToken: string }): Promise<Tokens> {
  const genuine = await verifyRefreshToken(await context.keyRing(), refreshToken)
  if (genuine === null) throw new InvalidRefreshTokenError()
  const { sessionId, hash, next } = genuine
  const { idleSeconds, reuseWindowSeconds } = context.settings.session
  const result = await context.stores.sessionStore.rotate({
    sessionId,
    refreshTokenHash: hash,
    nextRefreshTokenHash: next.hash,
    idleSeconds,
    reuseWindowSeconds,
  })
  if (result.outcome === 'gone') throw new InvalidRefreshTokenError()
  const { session } = result
  if (result.outcome === 'reused') {
    context.emit({ type: 'refresh_token_reused', sessionId, userId: session.userId })
    reportRevoked(context, session.userId, [sessionId])
    throw new RefreshTokenReusedError()
  }
  context.emit({ type: 'session_refreshed', sessionId, userId: session.userId })
  return issueTokens(context, session, next)
}
