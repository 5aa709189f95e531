import type { JointSteps, OtpStore, SessionStore, UserStore } from '@phone-auth/core/adapters'
import type { SchemaDialect } from '../schema/schema-dialect.ts'
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
  /** Whether an error means that another caller held a lock, and that nothing was changed. */
  isLocked(error: unknown): boolean
  /** Whether an error means that a value which must be unique already exists. */
  isTaken(error: unknown): boolean
  /**
   * The steps of a sign-in, in the fewest round trips.
   * @internal
   */
  steps(database: Database): DialectSteps
}
