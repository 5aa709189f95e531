import type { Challenge } from '../challenge/challenge.ts'
import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { Attempt, OtpStore, RedeemOutcome } from './otp-store.ts'
import type { NewSession, Session, SessionStore } from './session-store.ts'
import type { ChangedPhoneNumber, Registration, User, UserId, UserStore, UserWithProfile } from './user-store.ts'

/** Everything that a sign-in needs, in one request. */
export interface SignInRequest {
  readonly attempt: Attempt
  readonly registration: Registration
  readonly session: NewSession
}

/** The outcome of a {@link SignInRequest}. */
export type SignInOutcome =
  | Exclude<RedeemOutcome, { outcome: 'redeemed' }>
  | (UserWithProfile & {
      readonly outcome: 'signed_in'
      readonly challenge: Challenge
      readonly isNewUser: boolean
      readonly session: Session
    })
  /** The code was right and is consumed, but the user is inactive and gets no session. */
  | { readonly outcome: 'inactive'; readonly challenge: Challenge; readonly user: User }
  /**
   * The code was right and is consumed, but registration is closed and the phone number has no
   * user. There is no session.
   */
  | { readonly outcome: 'unregistered'; readonly challenge: Challenge }

/** The three stores of a `PhoneAuth`. */
export interface Stores {
  readonly otpStore: OtpStore
  readonly userStore: UserStore
  readonly sessionStore: SessionStore
}

/** A live session with its user. */
export interface SignedIn extends UserWithProfile {
  readonly session: Session
}

/** A change to a phone number that the user has verified. */
export interface ChangePhoneNumberRequest {
  readonly userId: UserId
  readonly phoneNumber: PhoneNumber
  /** The session that requests the change. It is the only session that stays active. */
  readonly sessionId: string
}

/** The outcome of a {@link ChangePhoneNumberRequest}. */
export type ChangePhoneNumberOutcome =
  | (ChangedPhoneNumber & {
      /** The sessions that ended with the change, in any order. */
      readonly endedSessionIds: readonly string[]
      /**
       * The error that stopped core from ending sessions and challenges after the phone number was
       * changed. Set only if the stores share no database; an atomic step throws instead.
       */
      readonly failure?: unknown
    })
  /** The phone number belongs to another user. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'not_found' }
  /** The session that asks has ended. */
  | { readonly outcome: 'session_ended' }

/** A request to delete a user. */
export interface DeleteUserRequest {
  readonly userId: UserId
  /** The session that requests the deletion; `null` if an administrator requests it. */
  readonly sessionId: string | null
}

/** The outcome of a {@link DeleteUserRequest}. */
export type DeleteUserOutcome =
  | {
      readonly outcome: 'deleted'
      /** The user before the deletion. */
      readonly user: User
      /** The sessions that ended with the user, in any order. */
      readonly endedSessionIds: readonly string[]
      /**
       * The error that occurred after the user was deleted. Only where the stores share no
       * database.
       */
      readonly failure?: unknown
    }
  /** There is no such user any more. Sessions can have ended where the stores share no database. */
  | { readonly outcome: 'not_found'; readonly endedSessionIds: readonly string[] }
  /** The session that asks has ended. */
  | { readonly outcome: 'session_ended' }

/** A user that was deactivated. */
export interface DeactivatedUser {
  readonly user: User
  /** The sessions that ended with the deactivation, in any order. */
  readonly endedSessionIds: readonly string[]
}

/**
 * The steps that change more than one store, each atomic, for stores that share a database.
 *
 * If the stores share no database, core composes these steps from the ports. A failure halfway can
 * then use up a code, but never signs a user in twice and never leaves a session of a deleted user.
 *
 * - Sign-ins that run at the same time as a change of phone number, a deactivation or a deletion
 *   leave the user no new session.
 * - A session that has ended cannot change the phone number and cannot delete the user.
 */
export interface JointSteps {
  /**
   * The stores that the steps read and write. `PhoneAuth` uses the steps only together with exactly
   * these stores.
   */
  readonly over: Stores

  /**
   * Redeems the challenge, finds or creates the user and inserts the session. After a failure at
   * any point, either the code is unused or exactly one session exists for it.
   *
   * - Of concurrent callers with the right code, exactly one is signed in, with one session and one
   *   user.
   * - Concurrent first sign-ins with one phone number, each with its own challenge, create one user
   *   and one session each.
   * - A wrong code counts its attempt and changes no user and no session.
   * - An attempt that a code service has checked signs the user in and is not counted, even when no
   *   attempts are left.
   * - An inactive user gets no session, and the code is consumed.
   * - Under closed registration, an unknown phone number gets no user and no session.
   */
  signIn(request: SignInRequest): Promise<SignInOutcome>

  /**
   * Finds a live session together with its user and the profile. Reads all three at once, and
   * returns `null` for a session that has ended.
   */
  findSignedIn(sessionId: string): Promise<SignedIn | null>

  /**
   * Changes the phone number of a user. The session that requests the change counts as
   * authenticated now.
   *
   * - A change of phone number ends the other sessions of the user and the open challenges of both
   *   phone numbers, and no others.
   * - A change of phone number that is refused changes nothing. Nor does one that fails.
   */
  changePhoneNumber(request: ChangePhoneNumberRequest): Promise<ChangePhoneNumberOutcome>

  /**
   * Deletes a user with the profile.
   *
   * - Deleting a user ends the sessions of the user and the open challenges of the phone number,
   *   and no others.
   */
  deleteUser(request: DeleteUserRequest): Promise<DeleteUserOutcome>

  /**
   * Deactivates a user. Returns `null` if the user does not exist.
   *
   * - Deactivating a user ends the sessions of the user and no others, and returns their ids.
   */
  deactivateUser(userId: UserId): Promise<DeactivatedUser | null>
}
