import type { Context } from '../context.ts'
import { InvalidAccessTokenError } from '../errors.ts'
import { authenticate } from './authenticate.ts'

/** Ends the session of an access token. */
export async function logout(context: Context, accessToken: string): Promise<void> {
  const { sessionId, userId } = await authenticate(context, accessToken, { checkSession: false })
  if (!(await context.stores.sessionStore.revoke(sessionId))) throw new InvalidAccessTokenError()
  context.verifiedTokens.forget(accessToken)
  context.emit({ type: 'session_revoked', sessionId, userId })
}
