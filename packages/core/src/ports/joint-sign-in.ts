import type { Challenge } from '../challenge/challenge.ts'
import type { Attempt, OtpStore, RedeemOutcome } from './otp-store.ts'
import type { NewSession, Session, SessionStore } from './session-store.ts'
import type { Registration, User, UserStore, UserWithProfile } from './user-store.ts'

/** Everything a sign-in does, in one request. */
export interface SignInRequest {
  readonly attempt: Attempt
  readonly registration: Registration
  readonly session: NewSession
}

/** What became of a {@link SignInRequest}. */
export type SignInOutcome =
  | Exclude<RedeemOutcome, { outcome: 'redeemed' }>
  | (UserWithProfile & {
      readonly outcome: 'signed_in'
      readonly challenge: Challenge
      readonly isNewUser: boolean
      readonly session: Session
    })
  /** The code was right and is consumed, but the user was deactivated: no session. */
  | { readonly outcome: 'inactive'; readonly challenge: Challenge; readonly user: User }
  /** The code was right and is consumed, but registration is closed and the number has no user: no session. */
  | { readonly outcome: 'unregistered'; readonly challenge: Challenge }

/** The three stores that a sign-in touches. */
export interface Stores {
  readonly otpStore: OtpStore
  readonly userStore: UserStore
  readonly sessionStore: SessionStore
}

/** A live session with its user. */
export interface SignedIn extends UserWithProfile {
  readonly session: Session
}

/** The steps over several stores, for those that share a database: the sign-in atomic, the look at it in one read. */
export interface JointSignIn {
  /** The stores whose data the step works on. It is used only while `PhoneAuth` holds these very stores. */
  readonly over: Stores
  /**
   * Redeems the challenge, finds or creates the user and inserts the session.
   *
   * - Either a code is unused, or exactly one session exists for it, whatever fails in between.
   * - A wrong code counts its attempt and touches neither users nor sessions.
   */
  signIn(request: SignInRequest): Promise<SignInOutcome>

  /**
   * Looks at a session and its user in one read.
   *
   * - Finds a live session together with its user and the profile; `null` for one that has ended.
   */
  findSignedIn(sessionId: string): Promise<SignedIn | null>
}
