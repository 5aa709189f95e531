import { type Context, emitAbout } from '../context.ts'
import { UserNotFoundError } from '../errors.ts'
import type { ProfileOwner } from '../profile/get-profile.ts'
import { requireFresh } from '../session/authenticate.ts'
import { endUserSessions } from './end-user-sessions.ts'

/** Deletes a user with everything that hangs on it. */
export async function deleteUser(context: Context, owner: ProfileOwner): Promise<void> {
  const isOwner = typeof owner === 'object' && owner !== null
  const userId = isOwner ? (await requireFresh(context, owner.accessToken)).userId : owner
  const { userStore, otpStore } = context.stores
  const found = await userStore.findById(userId)
  if (found === null) throw new UserNotFoundError()
  const { phoneNumber } = found.user
  const ending = await endUserSessions(context, userId, null)
  if (!(await userStore.delete(userId))) throw new UserNotFoundError()
  // Stores that share a database have done both in the same step; these are for those that do not.
  await ending.end()
  await otpStore.discard([phoneNumber])
  await emitAbout(context, phoneNumber, { type: 'user_deleted', userId })
}
