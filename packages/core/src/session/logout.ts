import type { Context } from '../context/context.ts'
import { InvalidAccessTokenError } from '../errors/index.ts'
import { authenticate } from './authenticate.ts'
import { reportRevoked } from './report-revoked.ts'

/** Ends the session of an access token. */
export async function logout(context: Context, accessToken: string): Promise<void> {
  const { sessionId, userId } = await authenticate(context, accessToken, { checkSession: false })
  context.liveSessions.forget(sessionId)
  if (!(await context.stores.sessionStore.revoke(sessionId))) throw new InvalidAccessTokenError()
  context.verifiedTokens.forget(accessToken)
  reportRevoked(context, userId, [sessionId])
}
