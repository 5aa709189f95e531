import type { JointSteps } from '../ports/joint-steps.ts'
import type { SessionStore } from '../ports/session-store.ts'
import type { LiveSessions } from './live-sessions.ts'

// A call that fails may have ended sessions all the same, so they are forgotten in every case.

/** Returns `store` such that the sessions it ends are forgotten, even if its answer is lost. */
export function forgettingStore(store: SessionStore, live: LiveSessions): SessionStore {
  return extended(store, {
    revoke: (id) => store.revoke(id).finally(() => live.forget(id)),
    revokeAll: (userId, exceptId) =>
      store.revokeAll(userId, exceptId).finally(() => live.forgetAllOf(userId, exceptId)),
    keepLatest: (userId, count) => store.keepLatest(userId, count).finally(() => live.forgetAllOf(userId, null)),
    rotate: async (rotation) => {
      let isActive = false
      try {
        const result = await store.rotate(rotation)
        isActive = result.outcome === 'rotated' || result.outcome === 'repeated'
        return result
      } finally {
        if (!isActive) live.forget(rotation.sessionId)
      }
    },
  })
}

/** Returns `steps` such that the sessions they end are forgotten, even if the answer is lost. */
export function forgettingSteps(steps: JointSteps, live: LiveSessions): JointSteps {
  return extended(steps, {
    changePhoneNumber: (request) =>
      steps.changePhoneNumber(request).finally(() => live.forgetAllOf(request.userId, request.sessionId)),
    deleteUser: (request) => steps.deleteUser(request).finally(() => live.forgetAllOf(request.userId, null)),
    deactivateUser: (userId) => steps.deactivateUser(userId).finally(() => live.forgetAllOf(userId, null)),
  })
}

function extended<Part extends object>(part: Part, methods: Partial<Part>): Part {
  return Object.assign(Object.create(part), methods)
}
