import type { Context } from '../context/context.ts'
import { InvalidAccessTokenError } from '../errors/index.ts'
import { readAccessToken } from './authenticate.ts'
import { reportRevoked } from './report-revoked.ts'
import type { TokenReference } from './user-reference.ts'

/** Ends the session of an access token. */
export async function logout(context: Context, { accessToken }: TokenReference): Promise<void> {
  const { token, claims } = await readAccessToken(context, accessToken)
  const { sessionId, userId } = claims
  if (!(await context.stores.sessionStore.revoke(sessionId))) throw new InvalidAccessTokenError()
  context.verifiedTokens.forget(token)
  reportRevoked(context, userId, [sessionId])
}
