import type { AttemptBy, Purpose } from '../challenge/challenge.ts'
import type { UserId } from '../ports/user-store.ts'
import type { HookOptions } from './hooks.ts'

/**
 * What every event about a phone number carries. None holds a code, a token or the whole number.
 *
 * @inline
 */
export interface NumberFacts {
  /** The number with its middle hidden, for people: `+1******0123`. */
  readonly phoneNumberMasked: string
  /** A keyed pseudonym of the number, for counting and joining; it changes with the secret. */
  readonly phoneNumberFingerprint: string
}

/**
 * What every event about a user carries.
 *
 * @inline
 */
interface UserFacts {
  readonly userId: UserId
}

/** What happened and when, as a closed union told apart by `type`. */
export type PhoneAuthEvent =
  /**
   * A challenge was opened. `isHardened`: its code is longer because the number's guess budget was
   * full.
   */
  (
    | ({ readonly type: 'challenge_opened'; readonly purpose: Purpose; readonly isHardened: boolean } & NumberFacts)
    /** A start or resend was refused by limits. */
    | ({ readonly type: 'rate_limited'; readonly retryAfterSeconds: number } & NumberFacts)
    /** The provider accepted a message. `segments`: how many it charges, where it says so. */
    | ({
        readonly type: 'message_sent'
        readonly messageId: string | null
        readonly segments: number | null
      } & NumberFacts)
    /**
     * The provider failed, or the handle that a code service gave could not be stored.
     * `mayHaveBeenSent`: the message may have gone out all the same. `explanation`: what to fix.
     */
    | ({
        readonly type: 'message_failed'
        readonly error: string
        readonly mayHaveBeenSent: boolean
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    /** The provider tells that a message arrived, or will not. At most once for each message. */
    | ({ readonly type: 'message_delivered'; readonly messageId: string | null } & NumberFacts)
    | ({
        readonly type: 'message_undelivered'
        readonly messageId: string | null
        readonly providerCode: number | null
      } & NumberFacts)
    /**
     * A report to the provider failed, or the handle that it needs could not be stored. Nothing
     * else depends on it. `explanation`: what to fix.
     */
    | ({
        readonly type: 'report_failed'
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    | ({ readonly type: 'code_wrong'; readonly by: AttemptBy; readonly attemptsRemaining: number } & NumberFacts)
    /** A code was submitted after the attempts were used up. */
    | ({ readonly type: 'challenge_spent'; readonly by: AttemptBy } & NumberFacts)
    /** The code service could not judge a code; an attempt was counted. */
    | ({
        readonly type: 'code_check_failed'
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    /** A stored challenge was changed by other means than this library; the sign-in was refused. */
    | ({ readonly type: 'challenge_tampered' } & NumberFacts)
    | ({ readonly type: 'user_created' } & NumberFacts & UserFacts)
    | ({ readonly type: 'signed_in'; readonly sessionId: string } & NumberFacts & UserFacts)
    /**
     * Possession of the number had not been proven for `dormantAfter`: it may have been given to
     * another person.
     */
    | ({ readonly type: 'dormant_sign_in' } & NumberFacts & UserFacts)
    /** A user proved possession of the number again. */
    | ({ readonly type: 'stepped_up'; readonly sessionId: string } & NumberFacts & UserFacts)
    /** A user has another number, which the event is about. */
    | ({ readonly type: 'phone_changed'; readonly previousPhoneNumberMasked: string } & NumberFacts & UserFacts)
    | ({ readonly type: 'user_deleted' } & NumberFacts & UserFacts)
    | ({ readonly type: 'user_activated' } & NumberFacts & UserFacts)
    | ({ readonly type: 'user_deactivated' } & NumberFacts & UserFacts)
    /**
     * A sign-in with the right code was refused: the user is deactivated, or the application
     * refused.
     */
    | ({
        readonly type: 'sign_in_refused'
        readonly by: 'deactivation' | 'beforeSignIn'
        readonly userId: UserId | null
      } & NumberFacts)
    | ({ readonly type: 'session_refreshed'; readonly sessionId: string } & UserFacts)
    /**
     * A refresh token was used that had been exchanged before: stolen, or a client's mistake. The
     * session is revoked.
     */
    | ({ readonly type: 'refresh_token_reused'; readonly sessionId: string } & UserFacts)
    | ({ readonly type: 'session_revoked'; readonly sessionId: string } & UserFacts)
    /** A profile became complete. */
    | ({ readonly type: 'profile_completed' } & UserFacts)
    | ({ readonly type: 'profile_updated' } & UserFacts)
    /**
     * A hook of the application failed: it threw or rejected, took longer than five seconds, or
     * `beforeSignIn` returned neither a text nor nothing. The event leaves its error out, because
     * that may quote what the hook knows: log it in the hook.
     */
    | {
        readonly type: 'hook_failed'
        readonly hook: keyof HookOptions<object>
        readonly reason: 'threw' | 'timed_out' | 'invalid_result'
      }
    /** A purge that `startPurging` began has failed; the next one takes place as planned. */
    | { readonly type: 'purge_failed' }
  ) & { readonly at: Date }
