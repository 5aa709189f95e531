import type { Context } from '../context/context.ts'
import type { UserId } from '../ports/user-store.ts'

/** Reports sessions that have ended in the store, and forgets that they were seen to be active. */
export function reportRevoked({ liveSessions, emit }: Context, userId: UserId, sessionIds: readonly string[]): void {
  for (const sessionId of sessionIds) {
    liveSessions.forget(sessionId)
    emit({ type: 'session_revoked', sessionId, userId })
  }
}
