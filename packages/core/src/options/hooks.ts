import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { User } from '../ports/user-store.ts'
import type { ProfileResult } from '../profile/profile-result.ts'

/** Who is about to sign in, having proven possession of the number. */
export interface SignInFacts<Profile extends object> {
  readonly phoneNumber: PhoneNumber
  /** `null` for somebody new, of whom nothing is stored yet. */
  readonly user: User | null
  /** The profile fields set so far. */
  readonly profile: Partial<Profile>
  /** Whether the number's user has not signed in for `dormantAfter`: the number may have become somebody else's. */
  readonly isDormant: boolean
  readonly ip: string | undefined
  readonly userAgent: string | undefined
}

/** A number that was changed. */
export interface PhoneChangeFacts {
  /** The user, with the new number. */
  readonly user: User
  /** To warn its owner at. */
  readonly previousPhoneNumber: PhoneNumber
}

/** What the application has to say at certain points. Each may be asynchronous, and is waited for five seconds at most. */
export interface HookOptions<Profile extends object> {
  /**
   * Asked when a code was right, before anything is noted of the sign-in: return nothing to allow it, or what to tell the person to refuse it. A
   * hook that throws or takes too long refuses. Waiting lists, bans and dormant numbers are decided here. With it a sign-in is several steps, so
   * that a process that dies in between costs the code. Asked again if the number has become another user's meanwhile.
   */
  readonly beforeSignIn?: (facts: SignInFacts<Profile>) => string | undefined | Promise<string | undefined>
  /** Called when a profile has become complete, and is saved. What it throws changes nothing. */
  readonly afterProfileCompleted?: (result: ProfileResult<Profile>) => unknown
  /** Called when a user has another number. What it throws changes nothing. */
  readonly afterPhoneChanged?: (facts: PhoneChangeFacts) => unknown
}

/** A hook, by the name of its option. */
export type HookName = 'beforeSignIn' | 'afterProfileCompleted' | 'afterPhoneChanged'

/** How a hook can fail: it threw or rejected, took longer than five seconds, or returned neither a text nor nothing. */
export type HookFailure = 'threw' | 'timed_out' | 'invalid_result'
