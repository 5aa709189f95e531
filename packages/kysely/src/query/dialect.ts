import type { JointSteps, OtpStore, SessionStore, UserStore } from '@phone-auth/core/adapters'
import type { SchemaDialect } from '../schema/schema-dialect.ts'
import type { Advice } from './explain.ts'
import type { Database } from './run.ts'
import type { SqlVocabulary } from './vocabulary.ts'

/** The steps of a sign-in that databases do in different ways. Each does what its port defines. */
export interface DialectSteps {
  readonly open: OtpStore['open']
  readonly resend: OtpStore['resend']
  readonly redeem: OtpStore['redeem']
  readonly signInUser: UserStore['signIn']
  readonly signIn: JointSteps['signIn']
  readonly rotate: SessionStore['rotate']
}

/**
 * What differs from one database to the next. All other code is the same for every database. The
 * members are for this package only.
 */
export interface SqlDialect extends SchemaDialect, SqlVocabulary {
  /**
   * Whether an error means that the step has changed nothing and can succeed if it runs again: for
   * instance because another caller held a lock.
   */
  isUndone(error: unknown): boolean
  /** Whether an error means that the disk of the database is full. */
  isFull(error: unknown): boolean
  /** Whether an error means that a value which must be unique already exists. */
  isTaken(error: unknown): boolean
  /**
   * What to do about an error; `null` if there is no advice.
   * @internal
   */
  adviceOn(error: unknown): Advice | null
  /**
   * The steps of a sign-in, in the fewest round trips.
   * @internal
   */
  steps(database: Database): DialectSteps
}
