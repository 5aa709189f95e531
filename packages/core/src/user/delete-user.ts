import { type Context, emitAbout } from '../context/context.ts'
import { InvalidAccessTokenError, UserNotFoundError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { requireFresh } from '../session/authenticate.ts'
import { reportRevoked } from '../session/report-revoked.ts'
import { isByToken, type UserReference } from '../session/user-reference.ts'

/** Deletes a user and everything that belongs to the user. */
export async function deleteUser(context: Context, user: UserReference): Promise<void> {
  const asking = isByToken(user) ? await requireFresh(context, { accessToken: user.accessToken }) : null
  const userId = asking?.userId ?? (user.userId as UserId)
  // Even if the store fails, the sessions may have ended.
  const forget = () => context.liveSessions.forgetAllOf(userId, null)
  const request = { userId, sessionId: asking?.sessionId ?? null }
  const result = await context.jointSteps.deleteUser(request).finally(forget)
  if (result.outcome !== 'deleted') throw asking === null ? new UserNotFoundError() : new InvalidAccessTokenError()
  reportRevoked(context, userId, result.endedSessionIds)
  await emitAbout(context, result.user.phoneNumber, { type: 'user_deleted', userId })
}
