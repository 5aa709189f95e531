import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { User } from '../ports/user-store.ts'
import type { ProfileResult } from '../profile/profile-result.ts'

/** A sign-in that is about to happen: possession of the number is proven. */
export interface SignInFacts<Profile extends object> {
  readonly phoneNumber: PhoneNumber
  /** `null` for a new user, of whom nothing is stored yet. */
  readonly user: User | null
  /** The profile fields set so far. */
  readonly profile: Partial<Profile>
  /**
   * Whether the number's user has not signed in for `dormantAfter`: the number may have been given
   * to another person.
   */
  readonly isDormant: boolean
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}

/** A number that was changed. */
export interface PhoneChangeResult {
  /** The user, with the new number. */
  readonly user: User
  /** The number before, to warn its owner. */
  readonly previousPhoneNumber: PhoneNumber
}

/**
 * Functions of the application that are called at certain points. Each may be asynchronous, and is
 * given five seconds at most.
 */
export interface HookOptions<Profile extends object> {
  /**
   * Called when a code was right, before anything of the sign-in is stored: return nothing to allow
   * it, or a text for the user to refuse it. A hook that throws or takes too long refuses. Decide
   * here about waiting lists, bans and dormant numbers. With it a sign-in is several steps, so a
   * process that dies in between costs the code. It is called again if the number has become
   * another user's meanwhile.
   * @defaultValue every sign-in is allowed
   */
  readonly beforeSignIn?: (facts: SignInFacts<Profile>) => string | undefined | Promise<string | undefined>
  /**
   * Called when a profile has become complete and is saved. An error that it throws changes
   * nothing.
   * @defaultValue nothing is called
   */
  readonly afterProfileCompleted?: (
    result: Extract<ProfileResult<Profile>, { needsProfileCompletion: false }>,
  ) => unknown
  /**
   * Called when a user's number has changed. An error that it throws changes nothing.
   * @defaultValue nothing is called
   */
  readonly afterPhoneChanged?: (result: PhoneChangeResult) => unknown
}
