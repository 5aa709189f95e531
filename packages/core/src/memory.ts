/**
 * Stores that keep everything in this process's memory: the reference implementation of every port,
 * for tests and first steps.
 *
 * @module
 */

import { MemoryOtpStore } from './memory/otp-store.ts'
import { MemorySessionStore } from './memory/session-store.ts'
import { MemoryUserStore } from './memory/user-store.ts'
import type { Stores } from './ports/joint-steps.ts'

/** What {@link memoryStores} can be told. */
export interface MemoryStoresOptions {
  /**
   * The stores' clock, for tests.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
}

/**
 * Makes empty stores. All is lost when the process ends, and no other process sees it, so
 * production refuses them.
 */
export function memoryStores({ now = () => new Date() }: MemoryStoresOptions = {}): Stores {
  return {
    otpStore: new MemoryOtpStore(now),
    userStore: new MemoryUserStore(now),
    sessionStore: new MemorySessionStore(now),
  }
}
