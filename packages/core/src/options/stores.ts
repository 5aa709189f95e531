import type { JointSteps, Stores } from '../ports/joint-steps.ts'

/**
 * The stores of users, sessions and codes. A factory such as `memoryStores()` or
 * `sqliteStores(file)` returns all of these options: spread its result.
 */
export interface StoreOptions extends Stores {
  /**
   * The steps that span several stores, provided by stores that share a database. Ignored if you
   * replace one of the three stores.
   * @defaultValue composed from the three stores
   */
  readonly jointSteps?: JointSteps
  /**
   * Resolves if the database can do everything that the stores need, and rejects if it cannot: one
   * that answers but refuses to write is no use. {@link PhoneAuth.ping} calls it.
   * @defaultValue only what every store can answer is checked: that it finds what does not exist
   */
  readonly ping?: () => Promise<void>
  /**
   * Releases the connections or files of the stores. {@link PhoneAuth.close} calls it last.
   * @defaultValue nothing is closed
   */
  readonly close?: () => Promise<void>
}
