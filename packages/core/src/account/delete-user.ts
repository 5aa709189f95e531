import { type Context, emitAbout } from '../context.ts'
import { UserNotFoundError } from '../errors.ts'
import { requireFresh } from '../session/authenticate.ts'
import { isByToken, type UserReference } from '../session/user-reference.ts'
import { endUserSessions } from './end-user-sessions.ts'

/** Deletes a user with everything that hangs on it. */
export async function deleteUser(context: Context, user: UserReference): Promise<void> {
  const userId = isByToken(user) ? (await requireFresh(context, user.accessToken)).userId : user
  const { userStore, otpStore } = context.stores
  const found = await userStore.findById(userId)
  if (found === null) throw new UserNotFoundError()
  const { phoneNumber } = found.user
  const ending = await endUserSessions(context, userId, null)
  if (!(await userStore.delete(userId))) throw new UserNotFoundError()
  try {
    // Stores that share a database have done both in the same step; these are for those that do not.
    await ending.end()
    await otpStore.discard([phoneNumber])
  } finally {
    await emitAbout(context, phoneNumber, { type: 'user_deleted', userId })
  }
}
