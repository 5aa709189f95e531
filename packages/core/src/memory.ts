/**
 * Stores that keep all data in the memory of this process: the reference implementation of every
 * port, for tests and first steps.
 *
 * @module @phone-auth/core/memory
 */

import { MemoryOtpStore } from './memory/otp-store.ts'
import { MemorySessionStore } from './memory/session-store.ts'
import { MemoryUserStore } from './memory/user-store.ts'
import type { Stores } from './ports/joint-steps.ts'

/** Options for {@link memoryStores}. */
export interface MemoryStoresOptions {
  /**
   * The clock of the stores, for tests.
   * @defaultValue the system's clock
   */
  readonly now?: () => Date
}

/**
 * Creates empty stores. Their data is lost when the process ends, and other processes cannot read
 * it, so they are refused in production.
 */
export function memoryStores({ now = () => new Date() }: MemoryStoresOptions = {}): Stores {
  return {
    otpStore: new MemoryOtpStore(now),
    userStore: new MemoryUserStore(now),
    sessionStore: new MemorySessionStore(now),
  }
}
