import { type Context, emitAbout } from '../context/context.ts'
import { InvalidAccessTokenError, UserNotFoundError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { requireFresh } from '../session/authenticate.ts'
import { forgetKnown } from '../session/forget-known.ts'
import { reportRevoked } from '../session/report-revoked.ts'
import { isByToken, type UserReference } from '../session/user-reference.ts'

/** Deletes a user and everything that belongs to the user. */
export async function deleteUser(context: Context, user: UserReference): Promise<void> {
  const asking = isByToken(user) ? await requireFresh(context, { accessToken: user.accessToken }) : null
  const userId = asking?.userId ?? (user.userId as UserId)
  const result = await context.jointSteps.deleteUser({ userId, sessionId: asking?.sessionId ?? null })
  if (result.outcome !== 'session_ended') reportRevoked(context, userId, result.endedSessionIds)
  if (result.outcome !== 'deleted') throw asking === null ? new UserNotFoundError() : new InvalidAccessTokenError()
  await emitAbout(context, result.user.phoneNumber, { type: 'user_deleted', userId })
  if (result.failure !== undefined) throw result.failure
  await forgetKnown(context, result.user.phoneNumber)
}
