import type { Context } from '../context/context.ts'
import { InvalidInputError, SessionNotFoundError } from '../errors/index.ts'
import { reportRevoked } from './report-revoked.ts'
import { resolveUser, type UserReference } from './user-reference.ts'

/** Ends one of a user's sessions. */
export async function revokeSession(
  context: Context,
  options: UserReference & { readonly sessionId: string },
): Promise<void> {
  const { sessionId } = options
  if (typeof sessionId !== 'string') throw new InvalidInputError('sessionId', 'the id of a session')
  const { userId } = await resolveUser(context, options)
  const { sessionStore } = context.stores
  // The user of a session never changes, so there is no race between the two steps.
  const isOwn = String((await sessionStore.find(sessionId))?.userId) === String(userId)
  if (!isOwn || !(await sessionStore.revoke(sessionId))) throw new SessionNotFoundError()
  reportRevoked(context, userId, [sessionId])
}
