import type { AttemptBy, Purpose } from '../challenge/challenge.ts'
import type { UserId } from '../ports/user-store.ts'
import type { HookOptions } from './hooks.ts'

/**
 * Properties of every event about a phone number. No event contains a code, a token or the whole
 * number.
 *
 * @inline
 */
export interface NumberFacts {
  /** The number with its middle digits hidden, for display: `+1******0123`. */
  readonly phoneNumberMasked: string
  /**
   * A keyed pseudonym of the number, for counting and joining events. It changes with the secret.
   */
  readonly phoneNumberFingerprint: string
}

/**
 * Properties of every event about a user.
 *
 * @inline
 */
interface UserFacts {
  readonly userId: UserId
}

/** What happened and when, as a closed union that `type` discriminates. */
export type PhoneAuthEvent =
  /**
   * A challenge was opened. `isHardened`: its code is longer, because the number's guess budget was
   * full.
   */
  (
    | ({ readonly type: 'challenge_opened'; readonly purpose: Purpose; readonly isHardened: boolean } & NumberFacts)
    /** A start or a resend was refused by a limit. */
    | ({ readonly type: 'rate_limited'; readonly retryAfterSeconds: number } & NumberFacts)
    /**
     * The provider accepted a message. `segments`: how many SMS it charges for; `null` if unknown.
     */
    | ({
        readonly type: 'message_sent'
        readonly messageId: string | null
        readonly segments: number | null
      } & NumberFacts)
    /**
     * A message could not be sent, or the handle that a code service returned could not be stored.
     * `mayHaveBeenSent`: the message may have been sent nevertheless. `explanation`: what to fix.
     */
    | ({
        readonly type: 'message_failed'
        readonly error: string
        readonly mayHaveBeenSent: boolean
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    /** The provider reported that a message was delivered. At most once for each message. */
    | ({ readonly type: 'message_delivered'; readonly messageId: string | null } & NumberFacts)
    /**
     * The provider reported that a message will not be delivered. At most once for each message.
     */
    | ({
        readonly type: 'message_undelivered'
        readonly messageId: string | null
        readonly providerCode: number | null
      } & NumberFacts)
    /**
     * A report to the provider failed, or the handle that the report needs could not be stored.
     * Nothing else depends on reports. `explanation`: what to fix.
     */
    | ({
        readonly type: 'report_failed'
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    /** A wrong code was submitted. `by`: how the caller named the challenge. */
    | ({ readonly type: 'code_wrong'; readonly by: AttemptBy; readonly attemptsRemaining: number } & NumberFacts)
    /** A code was submitted after the attempts were used up. */
    | ({ readonly type: 'challenge_spent'; readonly by: AttemptBy } & NumberFacts)
    /** The code service could not check a code. The attempt was counted. */
    | ({
        readonly type: 'code_check_failed'
        readonly explanation: string
        readonly providerCode: number | null
      } & NumberFacts)
    /** A stored challenge was changed from outside this library. The code was refused. */
    | ({ readonly type: 'challenge_tampered' } & NumberFacts)
    /** A sign-in created a user. */
    | ({ readonly type: 'user_created' } & NumberFacts & UserFacts)
    /** A user signed in. `sessionId`: the new session. */
    | ({ readonly type: 'signed_in'; readonly sessionId: string } & NumberFacts & UserFacts)
    /**
     * A user signed in with a number that was last verified, by a sign-in or a change of number,
     * longer than `dormantAfter` ago. It may have been given to another person.
     */
    | ({ readonly type: 'dormant_sign_in' } & NumberFacts & UserFacts)
    /** A signed-in user proved possession of the number again. */
    | ({ readonly type: 'stepped_up'; readonly sessionId: string } & NumberFacts & UserFacts)
    /** A user changed the phone number. The event is about the new number. */
    | ({ readonly type: 'phone_changed'; readonly previousPhoneNumberMasked: string } & NumberFacts & UserFacts)
    /** A user was deleted. */
    | ({ readonly type: 'user_deleted' } & NumberFacts & UserFacts)
    /** A user was activated and can sign in. */
    | ({ readonly type: 'user_activated' } & NumberFacts & UserFacts)
    /** A user was deactivated and cannot sign in. */
    | ({ readonly type: 'user_deactivated' } & NumberFacts & UserFacts)
    /**
     * A sign-in with the right code was refused, because the user is deactivated or `beforeSignIn`
     * refused it. `userId`: `null` if the number has no user.
     */
    | ({
        readonly type: 'sign_in_refused'
        readonly by: 'deactivation' | 'beforeSignIn'
        readonly userId: UserId | null
      } & NumberFacts)
    /** A refresh token was exchanged for new tokens. */
    | ({ readonly type: 'session_refreshed'; readonly sessionId: string } & UserFacts)
    /**
     * An exchanged refresh token was used again, by a thief or by a faulty client. The session is
     * revoked.
     */
    | ({ readonly type: 'refresh_token_reused'; readonly sessionId: string } & UserFacts)
    /** A session was ended before it expired. */
    | ({ readonly type: 'session_revoked'; readonly sessionId: string } & UserFacts)
    /** A profile became complete. */
    | ({ readonly type: 'profile_completed' } & UserFacts)
    /** Fields of a profile were set or removed. */
    | ({ readonly type: 'profile_updated' } & UserFacts)
    /**
     * A hook of your application failed: it threw or rejected, took longer than five seconds, or
     * returned an invalid result: `beforeSignIn` something other than a text or nothing, or
     * `isComplete` of the profile something other than true or false. `schema` and `check`: a rule
     * of the profile threw or took too long, and the save was refused. The event leaves out the
     * error, which may quote the arguments of the hook. Log it in the hook.
     */
    | {
        readonly type: 'hook_failed'
        readonly hook: keyof HookOptions<object> | 'isComplete' | 'schema' | 'check' | 'waitUntil'
        readonly reason: 'threw' | 'timed_out' | 'invalid_result'
      }
    /**
     * Your configuration weakens a promise. Reported once, as an event and with `console.warn`.
     * `explanation`: what to fix.
     */
    | {
        readonly type: 'configuration_warning'
        readonly about: 'environment' | 'source_address'
        readonly explanation: string
      }
    /** A purge of `startPurging` failed. The next one runs as planned. */
    | { readonly type: 'purge_failed' }
  ) & { readonly at: Date }
