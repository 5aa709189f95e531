import type { Challenge } from '../challenge/challenge.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { Attempt, OtpStore, RedeemOutcome } from './otp-store.ts'
import type { NewSession, Session, SessionStore } from './session-store.ts'
import type { ChangedPhoneNumber, Registration, User, UserId, UserStore, UserWithProfile } from './user-store.ts'

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
  /**
   * The code was right and is consumed, but registration is closed and the number has no user: no
   * session.
   */
  | { readonly outcome: 'unregistered'; readonly challenge: Challenge }

/** The three stores of a {@link PhoneAuth}. */
export interface Stores {
  readonly otpStore: OtpStore
  readonly userStore: UserStore
  readonly sessionStore: SessionStore
}

/** A live session with its user. */
export interface SignedIn extends UserWithProfile {
  readonly session: Session
}

/** A change of number that the user has proven possession of. */
export interface ChangePhoneNumberRequest {
  readonly userId: UserId
  readonly phoneNumber: PhoneNumber
  /** The session that asks for the change. It is the only one that goes on. */
  readonly sessionId: string
}

/** What became of a {@link ChangePhoneNumberRequest}. */
export type ChangePhoneNumberOutcome =
  | (ChangedPhoneNumber & {
      /** The sessions that ended with the change, in any order. */
      readonly endedSessionIds: readonly string[]
      /**
       * What kept core from ending sessions and challenges after the number was changed. Only where
       * the stores share no database; a step that is atomic throws instead.
       */
      readonly failure?: unknown
    })
  /** The number belongs to another user. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'not_found' }
  /** The session that asks has ended. */
  | { readonly outcome: 'session_ended' }

/** A deletion of a user. */
export interface DeleteUserRequest {
  readonly userId: UserId
  /** The session that asks for the deletion; `null` when an administrator does. */
  readonly sessionId: string | null
}

/** What became of a {@link DeleteUserRequest}. */
export type DeleteUserOutcome =
  | {
      readonly outcome: 'deleted'
      /** The user as it was. */
      readonly user: User
      /** The sessions that ended with the user, in any order. */
      readonly endedSessionIds: readonly string[]
    }
  | { readonly outcome: 'not_found' }
  /** The session that asks has ended. */
  | { readonly outcome: 'session_ended' }

/** A user that was deactivated. */
export interface DeactivatedUser {
  readonly user: User
  /** The sessions that ended with it, in any order. */
  readonly endedSessionIds: readonly string[]
}

/**
 * The steps over more than one store, each atomic, for stores that share a database.
 *
 * Where the stores share none, core composes these steps from the ports; then a failure in the
 * middle can cost a code, but it never signs anyone in twice and never leaves a session to a
 * deleted user.
 */
export interface JointSteps {
  /**
   * The stores whose data the steps work on. They are used only while `PhoneAuth` holds these very
   * stores.
   */
  readonly over: Stores

  /**
   * Redeems the challenge, finds or creates the user and inserts the session.
   *
   * - Either a code is unused, or exactly one session exists for it, whatever fails in between.
   * - A wrong code counts its attempt and touches neither users nor sessions.
   */
  signIn(request: SignInRequest): Promise<SignInOutcome>

  /**
   * Finds a session and its user in one read.
   *
   * - Finds a live session together with its user and the profile; `null` for one that has ended.
   */
  findSignedIn(sessionId: string): Promise<SignedIn | null>

  /**
   * Gives a user another number, ends the user's other sessions and every open challenge of both
   * numbers.
   *
   * - The session that asks must be live, and counts as authenticated now.
   * - A change that is refused, or fails, leaves everything as it was.
   * - A sign-in that runs at the same time leaves no session behind.
   */
  changePhoneNumber(request: ChangePhoneNumberRequest): Promise<ChangePhoneNumberOutcome>

  /**
   * Deletes a user with the profile, the sessions and the open challenges of the number.
   *
   * - The session that asks, if one does, must be live.
   * - A sign-in that runs at the same time leaves no session behind.
   */
  deleteUser(request: DeleteUserRequest): Promise<DeleteUserOutcome>

  /**
   * Deactivates a user and ends the user's sessions; `null` when there is no such user.
   *
   * - A sign-in that runs at the same time leaves no session behind.
   */
  deactivateUser(userId: UserId): Promise<DeactivatedUser | null>
}
