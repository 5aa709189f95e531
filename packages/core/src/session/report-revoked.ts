import type { Context } from '../context/context.ts'
import type { UserId } from '../ports/user-store.ts'

/** Emits an event for each session that the store ended. */
export function reportRevoked({ emit }: Context, userId: UserId, sessionIds: readonly string[]): void {
  for (const sessionId of sessionIds) emit({ type: 'session_revoked', sessionId, userId })
}
