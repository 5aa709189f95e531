import type { JointSteps, OtpStore, SessionStore, UserStore } from '@phone-auth/core'
import type { SchemaDialect } from '../schema/schema-dialect.ts'
import type { Database } from './run.ts'
import type { SqlVocabulary } from './vocabulary.ts'

/**
 * The steps that a sign-in is made of, each as its port defines it, which databases do in different
 * ways.
 */
export interface DialectSteps {
  readonly open: OtpStore['open']
  readonly resend: OtpStore['resend']
  readonly redeem: OtpStore['redeem']
  readonly signInUser: UserStore['signIn']
  readonly signIn: JointSteps['signIn']
  readonly rotate: SessionStore['rotate']
}

/**
 * What differs from one database to the next; everything outside of it is the same for all. Its
 * members are for this package only.
 */
export interface SqlDialect extends SchemaDialect, SqlVocabulary {
  /** Whether an error says that others held a lock, and that nothing has happened. */
  isLocked(error: unknown): boolean
  /** Whether an error says that a value which must be unique is taken. */
  isTaken(error: unknown): boolean
  /**
   * The steps of a sign-in, in the fewest round trips.
   * @internal
   */
  steps(database: Database): DialectSteps
}
