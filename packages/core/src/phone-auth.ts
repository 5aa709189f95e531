import { createContext, type ProfileContext } from './context/context.ts'
import { type DeliveryReport, noteDelivery } from './delivery/note-delivery.ts'
import type { PublicJwk } from './keys/key-set.ts'
import type { PhoneChangeResult } from './options/hooks.ts'
import type { PhoneAuthOptions } from './options/options.ts'
import { type StartPhoneChangeOptions, startPhoneChange, verifyPhoneChange } from './phone-change/phone-change.ts'
import type { PhoneNumber } from './phone-number/phone-number.ts'
import type { User, UserId } from './ports/user-store.ts'
import type { DefaultProfileSchema, ProfileDefinition, ProfileOf, ProfileSchema } from './profile/profile.ts'
import type { ProfileResult } from './profile/profile-result.ts'
import { purge, type StartPurgingOptions, startPurging } from './purge/purge.ts'
import {
  type AuthenticateOptions,
  type AuthenticateResult,
  authenticate,
  requireFresh,
} from './session/authenticate.ts'
import { listSessions, type SessionInfo } from './session/list-sessions.ts'
import { logout } from './session/logout.ts'
import { type LogoutAllOptions, logoutAll } from './session/logout-all.ts'
import { refresh } from './session/refresh.ts'
import { revokeSession } from './session/revoke-session.ts'
import type { AccessToken, Tokens } from './session/tokens.ts'
import type { UserReference } from './session/user-reference.ts'
import { type ChallengeState, getChallenge } from './sign-in/get-challenge.ts'
import type { StartResult } from './sign-in/open-challenge.ts'
import { type ResendOptions, type ResendResult, resend } from './sign-in/resend.ts'
import { type StartOptions, start } from './sign-in/start.ts'
import { type VerifyOptions, type VerifyResult, verify } from './sign-in/verify.ts'
import { type StartStepUpOptions, type SubmitOptions, startStepUp, verifyStepUp } from './step-up/step-up.ts'
import { activateUser, deactivateUser } from './user/activate-user.ts'
import { deleteUser } from './user/delete-user.ts'
import { getProfile } from './user/get-profile.ts'
import {
  type CompleteProfileOptions,
  completeProfile,
  type UpdateProfileOptions,
  updateProfile,
} from './user/save-profile.ts'

/**
 * Phone-number authentication for a server: sign-up and login by one-time code, profiles, sessions.
 *
 * Sign-up and login are one use case: `start` sends a code to a number, `verify` checks it and
 * signs the number's user in, creating the user when there is none. Every method takes one object
 * and returns its result or throws a {@link PhoneAuthError}; a {@link StoreUnavailableError} from
 * any of them means that a store failed. The limits are kept here, whatever the caller does.
 *
 * Methods that take a {@link UserReference} throw {@link InvalidInputError} if it names no user or
 * two, and with an access token whatever {@link PhoneAuth.authenticate} throws.
 *
 * @example
 * ```ts
 * import { PhoneAuth } from '@phone-auth/core'
 * import { memoryStores } from '@phone-auth/core/memory'
 * import { consoleSender } from '@phone-auth/console'
 *
 * const auth = new PhoneAuth({
 *   ...memoryStores(),
 *   smsSender: consoleSender(),
 *   secret: 'an example secret; yours comes from the environment',
 *   allowedRegions: ['US'],
 * })
 * const { challengeId } = await auth.start({ phoneNumber: '+14155550123' })
 * ```
 */
export class PhoneAuth<Schema extends ProfileSchema = DefaultProfileSchema> {
  /** What a profile of this application holds, and when it is complete. */
  readonly profile: ProfileDefinition<Schema>
  readonly #context: ProfileContext<ProfileOf<Schema>>
  readonly #close: () => Promise<void>
  readonly #stops = new Set<() => void>()

  /**
   * Checks the options; uses neither stores nor network.
   *
   * @throws {@link InvalidOptionsError} listing every reason why the options cannot be used.
   */
  constructor(options: PhoneAuthOptions<Schema>) {
    this.#context = createContext(options)
    this.profile = this.#context.profile as unknown as ProfileDefinition<Schema>
    this.#close = options.close ?? (async () => undefined)
  }

  /**
   * Opens a challenge for a phone number and sends its one-time code.
   *
   * Every call opens its own challenge, which other callers that start with the same number cannot
   * disturb. The result is the same whether or not the number belongs to a user, so it reveals
   * nothing. Resolving means that the sender accepted the message, not that it arrived; under
   * closed registration the message is sent in the background, and only an event reports its
   * failure.
   *
   * A number whose guess budget is full is not refused: its code is longer (65 bits,
   * `XXXX-XXXX-XXXXX`; for numbers of India 20 digits, see `code.hardened`) and expires after 5
   * minutes.
   *
   * @throws {@link InvalidPhoneNumberError} if the number cannot be read or its line receives no
   *   SMS.
   * @throws {@link RegionNotAllowedError} if the number's region is not allowed.
   * @throws {@link RateLimitedError} if a limit is reached; `retryAfterSeconds` says how long to
   *   wait.
   * @throws {@link SmsRejectedError} if the sender refuses the message. No code was sent, so the
   *   challenge cannot be verified.
   * @throws {@link SmsUnavailableError} if the sender fails. If the message may have been sent all
   *   the same, its code is good, and the error's `challenge` holds the id to verify or resend it
   *   with.
   * @group Sign-in
   */
  start(options: StartOptions): Promise<StartResult> {
    return start(this.#context, options)
  }

  /**
   * Sends the code of an open challenge once more: the same code, unless `code.resend` is
   * `"rotate"` and the challenge is named by its id.
   *
   * Adds no attempts and does not extend the challenge. Counts against the same limits as `start`.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link TooManySendsError} if all the messages that one challenge allows were sent.
   * @throws {@link TooManyAttemptsError} if the challenge's attempts are used up, so that its code
   *   is worthless.
   * @throws {@link RateLimitedError} if a limit is reached; `retryAfterSeconds` says how long to
   *   wait.
   * @throws {@link ChallengeIdRequiredError} if only the number is given although
   *   `requireChallengeId` is set.
   * @throws {@link InvalidPhoneNumberError} if the number given instead of the challenge id cannot
   *   be read.
   * @throws {@link RegionNotAllowedError} if that number's region is not allowed.
   * @throws {@link InvalidInputError} if neither an id nor a number is given, or the id is not a
   *   string.
   * @throws {@link SmsRejectedError} if the sender refuses the message.
   * @throws {@link SmsUnavailableError} if the sender fails.
   * @group Sign-in
   */
  resend(options: ResendOptions): Promise<ResendResult> {
    return resend(this.#context, options)
  }

  /**
   * Checks a code and, when it is right, signs in the user of the challenge's number.
   *
   * Counting the attempt, comparing and consuming are one atomic step of the store: a code is good
   * for exactly one sign-in and a challenge for at most `code.maxAttempts` comparisons, whatever
   * runs at the same time (NIST SP 800-63B-4 section 3.1.3.2). The number comes from the challenge,
   * never from the call. No shared limit can refuse the code of an open challenge.
   *
   * Named by its number alone, the challenge is the one opened last, and all such callers share
   * `code.maxAttemptsByNumber` of the attempts.
   *
   * @throws {@link InvalidCodeError} if the code is wrong; `attemptsRemaining` says how many are
   *   left.
   * @throws {@link ChallengeExpiredError} if no such challenge is open: expired, already used or
   *   never started.
   * @throws {@link TooManyAttemptsError} if the attempts are used up.
   * @throws {@link SmsUnavailableError} if there is a code service and it cannot judge the code. An
   *   attempt was counted.
   * @throws {@link InvalidInputError} if the code or the challenge id has the wrong form, or
   *   neither an id nor a number is given. No attempt is counted.
   * @throws {@link UserInactiveError} if the code is right but the user was deactivated.
   * @throws {@link SignInRefusedError} if the code is right but `beforeSignIn` refuses.
   * @throws {@link ChallengeIdRequiredError} if only the number is given although
   *   `requireChallengeId` is set.
   * @throws {@link InvalidPhoneNumberError} if the number given instead of the challenge id cannot
   *   be read.
   * @throws {@link RegionNotAllowedError} if that number's region is not allowed.
   * @group Sign-in
   */
  verify(options: VerifyOptions): Promise<VerifyResult<ProfileOf<Schema>>> {
    return verify(this.#context, options)
  }

  /**
   * Reads an open challenge, for the application and its support. Under closed registration a
   * message that arrives reveals that the number is registered: do not show `delivery` to the
   * client there.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link InvalidInputError} if the id is not a string of a challenge id's length.
   * @group Sign-in
   */
  getChallenge(options: { readonly challengeId: string }): Promise<ChallengeState> {
    return getChallenge(this.#context, options)
  }

  /**
   * Records what the provider reports of a message, as often and in any order as it does; returns
   * whether it was news. Only news is reported as an event. Make sure that the report is the
   * provider's: the adapters check its signature.
   *
   * @throws {@link InvalidInputError} if the reference or the delivery is invalid.
   * @group Sign-in
   */
  noteDelivery(report: DeliveryReport): Promise<boolean> {
    return noteDelivery(this.#context, report)
  }

  /**
   * Verifies an access token and returns the user and the session it was issued to.
   *
   * By default the session is looked up, so that a logout takes effect at once, in every process
   * that shares the store (see `session.cacheAge`). With `checkSession: false` no store is asked,
   * and the token of a revoked session is accepted until it expires.
   *
   * @throws {@link AccessTokenExpiredError} if the token has expired.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its
   *   session has ended.
   * @group Sessions
   */
  authenticate(options: AuthenticateOptions): Promise<AuthenticateResult> {
    return authenticate(this.#context, options)
  }

  /**
   * Verifies an access token as {@link PhoneAuth.authenticate} does, and that possession of the
   * number was proven at most `maxAgeSeconds` ago, with the tolerance of clocks: a guard for
   * sensitive operations (OWASP ASVS 5 section 7.5.1).
   *
   * @throws {@link StepUpRequiredError} if it is longer ago.
   * @throws {@link AccessTokenExpiredError} if the token has expired.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its
   *   session has ended.
   * @group Sessions
   */
  requireFresh(options: {
    readonly accessToken: string
    /** How old the proof may be; `session.fresh` unless given. */
    readonly maxAgeSeconds?: number
  }): Promise<AuthenticateResult> {
    return requireFresh(this.#context, options)
  }

  /**
   * Exchanges a refresh token for a new access token and the next refresh token.
   *
   * The same token again within `session.reuseWindow` gives the same successor; later it means that
   * a second client has it, and the session ends (RFC 9700 section 4.14.2).
   *
   * @throws {@link InvalidRefreshTokenError} if the token is not genuine or its session has ended.
   * @throws {@link RefreshTokenReusedError} if the token was exchanged before. The session has now
   *   ended.
   * @group Sessions
   */
  refresh(options: { readonly refreshToken: string }): Promise<Tokens> {
    return refresh(this.#context, options)
  }

  /**
   * Ends the session of an access token: its access and refresh tokens are refused from then on.
   *
   * @throws {@link AccessTokenExpiredError} if the token has expired.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its
   *   session has already ended.
   * @group Sessions
   */
  logout(options: { readonly accessToken: string }): Promise<void> {
    return logout(this.#context, options)
  }

  /**
   * Ends all sessions of a user, or all but the one of the access token; returns how many that
   * were.
   * @group Sessions
   */
  logoutAll(options: LogoutAllOptions): Promise<number> {
    return logoutAll(this.#context, options)
  }

  /**
   * Lists the active sessions of a user, the one used last first.
   * @group Sessions
   */
  listSessions(options: UserReference): Promise<SessionInfo[]> {
    return listSessions(this.#context, options)
  }

  /**
   * Ends one session of a user.
   *
   * @throws {@link SessionNotFoundError} if the user has no such session, or it has ended.
   * @group Sessions
   */
  revokeSession(options: UserReference & { readonly sessionId: string }): Promise<void> {
    return revokeSession(this.#context, options)
  }

  /**
   * Returns the public keys that access tokens are verified with, as a JWK set (RFC 7517 section
   * 5), to publish for other servers: those of `accessToken.keys`, announced and former ones
   * included; none under HS256, whose one key could sign as well. A server that verifies with them
   * alone does not notice a logout before the token expires.
   *
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged.
   * @group Sessions
   */
  async jwks(): Promise<{ keys: PublicJwk[] }> {
    const { publicKeys } = await this.#context.accessTokenSigner()
    return { keys: publicKeys.map((key) => ({ ...key })) }
  }

  /**
   * Sends a code to the signed-in user's own number, to prove possession again. The code is good
   * for this session only.
   *
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.start} throw.
   * @group Step-up and change of number
   */
  startStepUp(options: StartStepUpOptions): Promise<StartResult> {
    return startStepUp(this.#context, options)
  }

  /**
   * Checks the code of a step-up and issues an access token that is fresh; older tokens of the
   * session stay as old as they are.
   *
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.verify} throw.
   * @group Step-up and change of number
   */
  verifyStepUp(options: SubmitOptions): Promise<AccessToken> {
    return verifyStepUp(this.#context, options)
  }

  /**
   * Sends a code to the number that a signed-in user wants to change to. The result does not reveal
   * whether the number belongs to another user.
   *
   * @throws {@link StepUpRequiredError} if possession of the present number was not proven within
   *   `session.fresh`.
   * @throws {@link InvalidInputError} if it is the present number.
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.start} throw.
   * @group Step-up and change of number
   */
  startPhoneChange(options: StartPhoneChangeOptions): Promise<StartResult> {
    return startPhoneChange(this.#context, options)
  }

  /**
   * Checks the code that was sent to the new number and changes to it. All other sessions end, and
   * so does every open challenge of either number. Warn the owner of the old number:
   * `afterPhoneChanged` receives it.
   *
   * @throws {@link PhoneNumberTakenError} if another user has the number. The code is used.
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.verify} throw.
   * @group Step-up and change of number
   */
  verifyPhoneChange(options: SubmitOptions): Promise<PhoneChangeResult> {
    return verifyPhoneChange(this.#context, options)
  }

  /**
   * Reads a user and the profile. With an access token this is {@link PhoneAuth.authenticate} with
   * its session check and the profile in one round trip.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @throws {@link AccessTokenExpiredError} if the token has expired.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its
   *   session has ended.
   * @group Users and profiles
   */
  getProfile(options: UserReference): Promise<ProfileResult<ProfileOf<Schema>>> {
    return getProfile(this.#context, options)
  }

  /**
   * Sets the fields of a profile that is to be complete. Fields that are not given keep their
   * value, unless the schema has a default.
   *
   * @throws {@link InvalidProfileError} if the fields do not satisfy the schema; it names every
   *   field at fault.
   * @throws {@link InvalidInputError} if `phoneNumber` is given and is not the user's own number.
   * @throws {@link InvalidPhoneNumberError} if `phoneNumber` is given and cannot be read.
   * @throws {@link RegionNotAllowedError} if `phoneNumber` is given and its region is not allowed.
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  completeProfile(options: CompleteProfileOptions<Schema>): Promise<ProfileResult<ProfileOf<Schema>>> {
    return completeProfile(this.#context, options)
  }

  /**
   * Sets some fields of a profile and removes those given as `null`. Fields that are not given keep
   * their value.
   *
   * No field can change the user: number, activity and id stay as they are (OWASP ASVS 5 section
   * 15.3.3).
   *
   * @throws {@link InvalidProfileError} if a field does not satisfy the schema; it names every
   *   field at fault.
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  updateProfile(options: UpdateProfileOptions<Schema>): Promise<ProfileResult<ProfileOf<Schema>>> {
    return updateProfile(this.#context, options)
  }

  /**
   * Deactivates a user: ends all sessions, and refuses sign-ins until
   * {@link PhoneAuth.activateUser}. Number and profile stay.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  deactivateUser(options: { readonly userId: UserId }): Promise<User> {
    return deactivateUser(this.#context, options)
  }

  /**
   * Lets a deactivated user sign in again.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  activateUser(options: { readonly userId: UserId }): Promise<User> {
    return activateUser(this.#context, options)
  }

  /**
   * Deletes a user with profile, sessions and open challenges; the number may sign up again. With
   * an access token, which must be fresh, it is the user who deletes the account; with an id, an
   * administrator.
   *
   * @throws {@link UserNotFoundError} if there is no user of that id.
   * @throws what {@link PhoneAuth.requireFresh} throws, if an access token is given.
   * @group Users and profiles
   */
  deleteUser(options: UserReference): Promise<void> {
    return deleteUser(this.#context, options)
  }

  /**
   * Deletes everything that has expired, in batches between which sign-ins get their turn; returns
   * how many rows that were. A provider that wants reports receives those of challenges that ended
   * unused. Call it every hour or so, or use {@link PhoneAuth.startPurging}.
   *
   * @throws {@link InvalidInputError} if `batchSize` is out of its range.
   * @group Operation
   */
  purge(options: Pick<StartPurgingOptions, 'batchSize'> = {}): Promise<number> {
    return purge(this.#context, options)
  }

  /**
   * Calls {@link PhoneAuth.purge} repeatedly until the returned function is called, or
   * {@link PhoneAuth.close}. A `purge_failed` event reports a failure, and the next purge takes
   * place as planned. The timer does not keep a process alive.
   *
   * @throws {@link InvalidInputError} if an option is out of its range.
   * @group Operation
   */
  startPurging(options: StartPurgingOptions = {}): () => void {
    const stop = startPurging(this.#context, options)
    this.#stops.add(stop)
    return () => {
      stop()
      this.#stops.delete(stop)
    }
  }

  /**
   * Resolves when every store responds and every key of `accessToken.keys` works: for health
   * checks.
   *
   * @throws {@link StoreUnavailableError} if a store does not respond.
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged,
   *   which no check at construction can see. Every call that needs keys throws the same.
   * @group Operation
   */
  async ping(): Promise<void> {
    const { accessTokenSigner, settings, stores } = this.#context
    const { otpStore, userStore, sessionStore } = stores
    // What the secret makes cannot be damaged.
    const keys = settings.keySet && accessTokenSigner()
    await Promise.all([keys, otpStore.find(''), userStore.findByPhoneNumber('' as PhoneNumber), sessionStore.find('')])
  }

  /**
   * Stops purging, waits for messages that are still being sent in the background and for the
   * stores to finish, then closes what they hold open.
   * @group Operation
   */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#context.settled()
    await this.#close()
  }
}
