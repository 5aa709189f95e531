import type { JointSignIn, OtpStore, SessionStore, UserStore } from '@phone-auth/core'
import type { QueryResult } from 'kysely'
import type { Statement } from './statement.ts'

/** Runs one statement. */
export type Run = <Input extends object, Row>(
  statement: Statement<Input, Row>,
  input: Input,
) => Promise<QueryResult<Row>>

/** The database as the stores use it. */
export interface Database {
  /** Runs one statement that is a whole step. */
  readonly run: Run
  /** Runs several statements wholly or not at all. `now` is the process's time, read once their turn has come. */
  atomically<Result>(step: (run: Run, now: Date) => Promise<Result>): Promise<Result>
}

/** The steps that a sign-in is made of, each as its port defines it: what databases do in different ways. */
export interface Steps {
  readonly open: OtpStore['open']
  readonly resend: OtpStore['resend']
  readonly redeem: OtpStore['redeem']
  readonly signInUser: UserStore['signIn']
  readonly signIn: JointSignIn['signIn']
  readonly rotate: SessionStore['rotate']
}
