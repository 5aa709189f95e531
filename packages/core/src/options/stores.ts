import type { JointSteps, Stores } from '../ports/joint-steps.ts'

/**
 * Where users, sessions and codes are kept. A factory such as `memoryStores()` or
 * `sqliteStores(file)` returns all of these options: spread its result.
 */
export interface StoreOptions extends Stores {
  /**
   * The steps over more than one store, given by stores that share a database. Ignored when one of
   * the three stores is replaced.
   * @defaultValue composed from the three stores
   */
  readonly jointSteps?: JointSteps
  /**
   * Called by {@link PhoneAuth.close} at the very end: closes what the stores hold open.
   * @defaultValue nothing is closed
   */
  readonly close?: () => Promise<void>
}
