import type { Context } from '../context/context.ts'
import type { UserId } from '../ports/user-store.ts'
import { reportRevoked } from './report-revoked.ts'

/**
 * Ends a user's sessions, but for one if it is named, around a step of the user store that ends them itself where it can: which they were must be
 * known before it, and that none is left, after it.
 */
export async function endUserSessions(
  context: Context,
  userId: UserId,
  exceptId: string | null,
): Promise<{ end(): Promise<void> }> {
  const { sessionStore } = context.stores
  const known = (await sessionStore.list(userId)).map(({ id }) => id).filter((id) => id !== exceptId)
  return {
    end: async () => {
      // Forgotten even if the store fails now: the step before may have ended them.
      const forget = () => context.liveSessions.forgetAllOf(userId, exceptId)
      const left = await sessionStore.revokeAll(userId, exceptId).finally(forget)
      reportRevoked(context, userId, [...new Set([...known, ...left])])
    },
  }
}
