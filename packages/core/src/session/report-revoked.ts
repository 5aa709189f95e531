import type { Context } from '../context/context.ts'
import type { UserId } from '../ports/user-store.ts'

/** Emits an event for each session that the store ended, and removes it from the cache. */
export function reportRevoked({ liveSessions, emit }: Context, userId: UserId, sessionIds: readonly string[]): void {
  for (const sessionId of sessionIds) {
    liveSessions.forget(sessionId)
    emit({ type: 'session_revoked', sessionId, userId })
  }
}
