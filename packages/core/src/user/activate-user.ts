import { type Context, emitAbout } from '../context/context.ts'
import { UserNotFoundError } from '../errors/index.ts'
import type { User, UserId } from '../ports/user-store.ts'
import { reportRevoked } from '../session/report-revoked.ts'
import { requireUserId } from '../session/user-reference.ts'

type ByUserId = { readonly userId: UserId }

/** Allows a user to sign in again. */
export async function activateUser(context: Context, { userId }: ByUserId): Promise<User> {
  requireUserId(userId)
  const user = await context.stores.userStore.setActive(userId, true)
  if (user === null) throw new UserNotFoundError()
  await emitAbout(context, user.phoneNumber, { type: 'user_activated', userId: user.id })
  return user
}

/** Prevents a user from signing in, and ends the user's sessions. */
export async function deactivateUser(context: Context, { userId }: ByUserId): Promise<User> {
  requireUserId(userId)
  const result = await context.jointSteps.deactivateUser(userId)
  if (result === null) throw new UserNotFoundError()
  const { user, endedSessionIds } = result
  reportRevoked(context, user.id, endedSessionIds)
  await emitAbout(context, user.phoneNumber, { type: 'user_deactivated', userId: user.id })
  return user
}
