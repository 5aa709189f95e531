import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { User } from '../ports/user-store.ts'
import type { ProfileResult } from '../profile/profile-result.ts'

/** A sign-in that is about to happen, after possession of the number was proven. */
export interface SignInFacts<Profile extends object> {
  readonly phoneNumber: PhoneNumber
  /** `null` if the number has no user yet. */
  readonly user: User | null
  /** The profile fields set so far. */
  readonly profile: Partial<Profile>
  /**
   * Whether the number was last verified, by a sign-in or a change of number, longer than
   * `dormantAfter` ago. It may have been given to another person.
   */
  readonly isDormant: boolean
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}

/** A completed change of a phone number. */
export interface PhoneChangeResult {
  /** The user, with the new number. */
  readonly user: User
  /** The previous number, so that you can warn its owner. */
  readonly previousPhoneNumber: PhoneNumber
}

/**
 * Functions of your application that the library calls at certain points. Each may be asynchronous
 * and may take at most five seconds.
 */
export interface HookOptions<Profile extends object> {
  /**
   * Called after a code was right and before the sign-in is stored. Return nothing to allow the
   * sign-in, or a text for the user to refuse it. A hook that throws or takes too long refuses the
   * sign-in. Use it for waiting lists, bans and dormant numbers. With this hook a sign-in takes
   * several steps: if the process dies between them, the code is used up. The hook is called again
   * if the number passed to another user in the meantime.
   * @defaultValue every sign-in is allowed
   */
  readonly beforeSignIn?: (facts: SignInFacts<Profile>) => string | undefined | Promise<string | undefined>
  /**
   * Called after a profile became complete and was saved. An error that it throws is reported as a
   * `hook_failed` event and changes nothing else.
   * @defaultValue nothing is called
   */
  readonly afterProfileCompleted?: (
    result: Extract<ProfileResult<Profile>, { needsProfileCompletion: false }>,
  ) => unknown
  /**
   * Called after a user's number was changed. An error that it throws is reported as a
   * `hook_failed` event and changes nothing else.
   * @defaultValue nothing is called
   */
  readonly afterPhoneChanged?: (result: PhoneChangeResult) => unknown
}
