/**
 * Stores that keep everything in this process's memory: the reference implementation of every port, for tests and first steps.
 *
 * @module
 */

import { MemoryOtpStore } from './memory/otp-store.ts'
import { MemorySessionStore } from './memory/session-store.ts'
import { MemoryUserStore } from './memory/user-store.ts'
import type { JointSignIn, Stores } from './ports/joint-sign-in.ts'
import { composeSignIn } from './stores/compose-sign-in.ts'

/** What {@link memoryStores} can be told. */
export interface MemoryStoresOptions {
  /**
   * The stores' clock, for tests.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
}

/** Makes empty stores. All is lost when the process ends, and no other process sees it, so production refuses them. */
export function memoryStores({ now = () => new Date() }: MemoryStoresOptions = {}): Stores & {
  readonly jointSignIn: JointSignIn
} {
  const otpStore = new MemoryOtpStore(now)
  const sessionStore = new MemorySessionStore(now)
  const userStore = new MemoryUserStore(now, {
    noteProof: (sessionId) => sessionStore.noteProof(sessionId),
    sessions: (userId, exceptId) => sessionStore.endAll(userId, exceptId),
    challenges: (phoneNumbers) => otpStore.endAll(phoneNumbers),
  })
  const stores: Stores = { otpStore, userStore, sessionStore }
  // No step of these stores can fail halfway, so in sequence they are as good as in one.
  return { ...stores, jointSignIn: composeSignIn(stores) }
}
