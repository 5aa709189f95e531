import { type Context, emitAbout } from '../context/context.ts'
import { InvalidAccessTokenError, UserNotFoundError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { requireFresh } from '../session/authenticate.ts'
import { endUserSessions } from '../session/end-user-sessions.ts'
import { isByToken, type UserReference } from '../session/user-reference.ts'

/** Deletes a user with everything that hangs on it. */
export async function deleteUser(context: Context, user: UserReference): Promise<void> {
  const asking = isByToken(user) ? await requireFresh(context, user.accessToken) : null
  const userId = asking?.userId ?? (user as UserId)
  const sessionId = asking?.sessionId ?? null
  const { userStore, otpStore } = context.stores
  const found = await userStore.findById(userId)
  const ending = await endUserSessions(context, userId, null)
  const isDeleted = found !== null && (await userStore.delete(userId, sessionId))
  // Somebody ended the asking session first.
  if (found !== null && !isDeleted && asking !== null) throw new InvalidAccessTokenError()
  try {
    // Stores that share a database have done both in the same step; these are for those that do not, and for a deletion that failed halfway.
    await ending.end()
    if (found !== null) await otpStore.discard([found.user.phoneNumber])
  } finally {
    if (isDeleted) await emitAbout(context, found.user.phoneNumber, { type: 'user_deleted', userId })
  }
  if (!isDeleted) throw asking === null ? new UserNotFoundError() : new InvalidAccessTokenError()
}
