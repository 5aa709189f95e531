import { createContext, type ProfileContext } from './context/context.ts'
import { type DeliveryReport, noteDelivery } from './delivery/note-delivery.ts'
import type { PublicJwk } from './keys/key-set.ts'
import type { PhoneAuthOptions } from './options/options.ts'
import {
  type PhoneChangeResult,
  type StartPhoneChangeOptions,
  startPhoneChange,
  verifyPhoneChange,
} from './phone-change/phone-change.ts'
import type { PhoneNumber } from './phone-number/phone-number.ts'
import type { User } from './ports/user-store.ts'
import type { DefaultProfile, ProfileDefinition } from './profile/profile.ts'
import type { ProfileResult } from './profile/profile-result.ts'
import { type PurgingOptions, purge, startPurging } from './purge/purge.ts'
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
import { activateUser, deactivateUser, type UserIdOptions } from './user/activate-user.ts'
import { deleteUser } from './user/delete-user.ts'
import { getProfile } from './user/get-profile.ts'
import {
  type CompleteProfileOptions,
  completeProfile,
  type UpdateProfileOptions,
  updateProfile,
} from './user/save-profile.ts'

/**
 * Phone-number authentication for a server: sign-up and login by one-time code, profile, sessions, logout.
 *
 * Sign-up and login are one use case: `start` sends a code to a number, `verify` checks it and signs the number's user in, creating the
 * user when there is none. Every method returns its result or throws a {@link PhoneAuthError}; a {@link StoreUnavailableError} from any
 * of them means that a store failed. All limits are kept here, whoever calls.
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
export class PhoneAuth<Profile extends object = DefaultProfile> {
  /** What a profile of this application holds, and when it is complete. */
  readonly profile: ProfileDefinition<Profile>
  readonly #context: ProfileContext<Profile>
  readonly #close: () => Promise<void>
  readonly #stops = new Set<() => void>()

  /**
   * Checks the options; touches neither store nor network.
   *
   * @throws {@link InvalidOptionsError} listing every reason why the options cannot serve.
   */
  constructor(options: PhoneAuthOptions<Profile>) {
    this.#context = createContext(options)
    this.profile = this.#context.profile
    this.#close = options.close ?? (async () => undefined)
  }

  /**
   * Opens a challenge for a phone number and sends its one-time code.
   *
   * Every call opens a challenge of its own; what others start on the same number cannot disturb it. The result is the same whether or
   * not the number belongs to a user, so it reveals nothing. Resolving means that the sender accepted the message, not that it arrived;
   * under closed registration the message is sent in the background, and its failure is told by an event alone.
   *
   * A number whose guess budget is full is not refused: its code is longer (65 bits,
   * `XXXX-XXXX-XXXXX`; for numbers of India 20 digits, see `code.hardened`) and lives 5 minutes.
   *
   * @throws {@link InvalidPhoneNumberError} if the number cannot be read or its line receives no SMS.
   * @throws {@link RegionNotAllowedError} if the number's region is not allowed.
   * @throws {@link RateLimitedError} if a limit is reached; `retryAfterSeconds` says how long to wait.
   * @throws {@link SmsRejectedError} if the sender refuses the message. Nobody has the code, so the challenge admits nobody.
   * @throws {@link SmsUnavailableError} if the sender fails. If the message may have gone out all the same, its code is good, and the error's
   *   `challenge` holds the id to verify or resend it with.
   */
  start(options: StartOptions): Promise<StartResult> {
    return start(this.#context, options)
  }

  /**
   * Sends the code of an open challenge once more: the same code, unless `code.resend` is `"rotate"` and the challenge is named by its id.
   *
   * Refills no attempts and extends no life. Counts against the same limits as `start`.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link TooManySendsError} if all the messages that one challenge allows were sent.
   * @throws {@link TooManyAttemptsError} if the challenge's attempts are used up, so that its code is worthless.
   * @throws {@link RateLimitedError} if a limit is reached; `retryAfterSeconds` says how long to wait.
   * @throws {@link ChallengeIdRequiredError} if only the number is given although `requireChallengeId` is set.
   * @throws {@link InvalidPhoneNumberError} if the number given instead of the challenge id cannot be read.
   * @throws {@link RegionNotAllowedError} if that number's region is not allowed.
   * @throws {@link InvalidInputError} if the challenge is named by nothing, or by an id that is no string.
   * @throws {@link SmsRejectedError} if the sender refuses the message.
   * @throws {@link SmsUnavailableError} if the sender fails.
   */
  resend(options: ResendOptions): Promise<ResendResult> {
    return resend(this.#context, options)
  }

  /**
   * Checks a code and, when it is right, signs the challenge's number in.
   *
   * Counting the attempt, comparing and consuming are one atomic step of the store: a code is good for exactly one sign-in and a
   * challenge for at most `code.maxAttempts` comparisons, whatever runs at the same time (NIST SP 800-63B-4 section 3.1.3.2). Who is signed
   * in comes from the challenge, never from the call. No shared limit can refuse the code of a live challenge.
   *
   * Named by its number alone, the challenge is the one opened last, and such callers share `code.maxAttemptsByNumber` of the attempts.
   *
   * @throws {@link InvalidCodeError} if the code is wrong; `attemptsRemaining` says how many are left.
   * @throws {@link ChallengeExpiredError} if no such challenge is open: expired, already used or never started.
   * @throws {@link TooManyAttemptsError} if the attempts are used up.
   * @throws {@link SmsUnavailableError} if there is a code service and it cannot judge the code. An attempt was counted.
   * @throws {@link InvalidInputError} if the code or the challenge id has the wrong form, or nothing names the challenge. No attempt is
   *   counted.
   * @throws {@link UserInactiveError} if the code is right but the user was deactivated.
   * @throws {@link SignInRefusedError} if the code is right but `beforeSignIn` refuses.
   * @throws {@link ChallengeIdRequiredError} if only the number is given although `requireChallengeId` is set.
   * @throws {@link InvalidPhoneNumberError} if the number given instead of the challenge id cannot be read.
   * @throws {@link RegionNotAllowedError} if that number's region is not allowed.
   */
  verify(options: VerifyOptions): Promise<VerifyResult<Profile>> {
    return verify(this.#context, options)
  }

  /**
   * Looks at an open challenge: for the application's own eyes and its support. Under closed registration a message that arrives tells that
   * the number is registered, so do not show `delivery` to whoever started the challenge there.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link InvalidInputError} if the id is no string of a challenge id's length.
   */
  getChallenge(challengeId: string): Promise<ChallengeState> {
    return getChallenge(this.#context, challengeId)
  }

  /**
   * Notes how far a message is on its way, as the provider tells it, once or often and in any order; says whether it was news. Only news
   * makes an event. Whoever calls this must know that the report is the provider's: adapters check signatures.
   *
   * @throws {@link InvalidInputError} if the reference or the word for the delivery is none.
   */
  noteDelivery(report: DeliveryReport): Promise<boolean> {
    return noteDelivery(this.#context, report)
  }

  /**
   * Verifies an access token and says whom it stands for.
   *
   * By default the session is looked up, so that a logout works at once, in every process that shares the store (see `session.cacheAge`). With
   * `checkSession: false` no store is asked, and a revoked session's token serves until it expires.
   *
   * @throws {@link AccessTokenExpiredError} if the token's time is over.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its session has ended.
   */
  authenticate(accessToken: string, options: AuthenticateOptions = {}): Promise<AuthenticateResult> {
    return authenticate(this.#context, accessToken, options)
  }

  /**
   * The public keys that access tokens verify with, as a JWK set (RFC 7517 section 5), to be served to whoever verifies them elsewhere: those of
   * `accessToken.keys`, announced and former ones included; none under HS256, where whoever can verify can sign. Who verifies elsewhere does not
   * hear of a logout before the token expires.
   *
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged.
   */
  async jwks(): Promise<{ keys: PublicJwk[] }> {
    const { publicKeys } = await this.#context.accessTokenKeys()
    return { keys: publicKeys.map((key) => ({ ...key })) }
  }

  /**
   * Exchanges a refresh token for a new access token and the next refresh token.
   *
   * Presenting the same token again within `session.reuseWindow` gives the same successor; later it means that somebody else has it, and
   * the session ends (RFC 9700 section 4.14.2).
   *
   * @throws {@link InvalidRefreshTokenError} if the token is not genuine or its session has ended.
   * @throws {@link RefreshTokenReusedError} if the token was exchanged before. The session has now ended.
   */
  refresh(refreshToken: string): Promise<Tokens> {
    return refresh(this.#context, refreshToken)
  }

  /**
   * Ends the session of an access token: its access and refresh tokens are refused from then on.
   *
   * @throws {@link AccessTokenExpiredError} if the token's time is over.
   * @throws {@link InvalidAccessTokenError} if the token is not a valid access token, or its session has already ended.
   */
  logout(accessToken: string): Promise<void> {
    return logout(this.#context, accessToken)
  }

  /**
   * Verifies an access token as {@link PhoneAuth.authenticate} does, and that possession of the number was proven at most `maxAgeSeconds` ago,
   * `session.fresh` unless given, with the tolerance of clocks: a guard for what is delicate (OWASP ASVS 5 section 7.5.1).
   *
   * @throws {@link StepUpRequiredError} if it is longer ago.
   * @throws {@link AccessTokenExpiredError} if the token's time is over.
   * @throws {@link InvalidAccessTokenError} if it is anything else but a valid access token of a live session.
   */
  requireFresh(accessToken: string, maxAgeSeconds?: number): Promise<AuthenticateResult> {
    return requireFresh(this.#context, accessToken, maxAgeSeconds)
  }

  /**
   * Sends a code to the number of who is signed in, to prove its possession anew. It is good for this session alone.
   *
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.start} throw.
   */
  startStepUp(options: StartStepUpOptions): Promise<StartResult> {
    return startStepUp(this.#context, options)
  }

  /**
   * Checks the code of a step-up and gives an access token that is fresh; older tokens of the session stay as old as they are.
   *
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.verify} throw.
   */
  verifyStepUp(options: SubmitOptions): Promise<AccessToken> {
    return verifyStepUp(this.#context, options)
  }

  /**
   * Sends a code to the number that somebody who is signed in wants to change to. Whether it belongs to somebody is not told.
   *
   * @throws {@link StepUpRequiredError} if possession of the present number was not proven lately.
   * @throws {@link InvalidInputError} if it is the present number.
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.start} throw.
   */
  startPhoneChange(options: StartPhoneChangeOptions): Promise<StartResult> {
    return startPhoneChange(this.#context, options)
  }

  /**
   * Checks the code that the new number was sent and changes to it. All other sessions end, and so does every open challenge of either
   * number. Warn the owner of the old one: `afterPhoneChanged` gets it.
   *
   * @throws {@link PhoneNumberTakenError} if another user has the number. The code is used.
   * @throws what {@link PhoneAuth.authenticate} and {@link PhoneAuth.verify} throw.
   */
  verifyPhoneChange(options: SubmitOptions): Promise<PhoneChangeResult> {
    return verifyPhoneChange(this.#context, options)
  }

  /**
   * Lists the live sessions of a user, the one used last first.
   *
   * @throws what {@link PhoneAuth.authenticate} throws, if an access token is given.
   */
  listSessions(user: UserReference): Promise<SessionInfo[]> {
    return listSessions(this.#context, user)
  }

  /**
   * Ends a session of a user.
   *
   * @throws {@link SessionNotFoundError} if it is not one of theirs, or has ended.
   * @throws what {@link PhoneAuth.authenticate} throws, if an access token is given.
   */
  revokeSession(user: UserReference, sessionId: string): Promise<void> {
    return revokeSession(this.#context, user, sessionId)
  }

  /**
   * Ends all sessions of a user, or all but the one of the access token; says how many that were.
   *
   * @throws what {@link PhoneAuth.authenticate} throws, if an access token is given.
   */
  logoutAll(user: UserReference, options: LogoutAllOptions = {}): Promise<number> {
    return logoutAll(this.#context, user, options)
  }

  /**
   * Deletes a user with profile, sessions and open challenges; the number may sign up anew. By id it is an administrator's doing; by an access
   * token the owner's, which must be fresh.
   *
   * @throws {@link UserNotFoundError} if there is no such user; by an access token {@link InvalidAccessTokenError}.
   * @throws what {@link PhoneAuth.requireFresh} throws, if an access token is given.
   */
  deleteUser(user: UserReference): Promise<void> {
    return deleteUser(this.#context, user)
  }

  /**
   * Deactivates a user: ends all sessions, and refuses sign-ins until {@link PhoneAuth.activateUser}.
   * Number and profile stay.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   */
  deactivateUser(options: UserIdOptions): Promise<User> {
    return deactivateUser(this.#context, options)
  }

  /**
   * Lets a deactivated user sign in again.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   */
  activateUser(options: UserIdOptions): Promise<User> {
    return activateUser(this.#context, options)
  }

  /**
   * Reads a user's profile, by the user's id or by an access token: with the token, it is {@link PhoneAuth.authenticate} with its session check and
   * the profile in one round trip.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @throws {@link AccessTokenExpiredError} if the token's time is over.
   * @throws {@link InvalidAccessTokenError} if it is anything else but a valid access token of a live session.
   */
  getProfile(owner: UserReference): Promise<ProfileResult<Profile>> {
    return getProfile(this.#context, owner)
  }

  /**
   * Sets the fields of a profile that is to be complete. Fields that are not given keep their value, unless the schema has a default.
   *
   * @throws {@link InvalidProfileError} if the fields do not satisfy the schema; it names every field at fault.
   * @throws {@link InvalidInputError} if `phoneNumber` is given and is not the user's own.
   * @throws {@link InvalidPhoneNumberError} if `phoneNumber` is given and cannot be read.
   * @throws {@link RegionNotAllowedError} if `phoneNumber` is given and its region is not allowed.
   * @throws {@link UserNotFoundError} if there is no such user.
   */
  completeProfile(options: CompleteProfileOptions): Promise<ProfileResult<Profile>> {
    return completeProfile(this.#context, options)
  }

  /**
   * Sets some fields of a profile and removes those given as `null`. Fields that are not given keep their value.
   *
   * No field can reach the user: neither number nor activity nor id can be changed here (OWASP ASVS 5 section 15.3.3).
   *
   * @throws {@link InvalidProfileError} if a field does not satisfy the schema; it names every field at fault.
   * @throws {@link UserNotFoundError} if there is no such user.
   */
  updateProfile(options: UpdateProfileOptions): Promise<ProfileResult<Profile>> {
    return updateProfile(this.#context, options)
  }

  /**
   * Deletes all that has expired, in batches of `batchSize` rows between which sign-ins take their
   * turn, and reports unused messages to a provider that wants to know. Returns how many rows that
   * were. Call it every hour or so.
   */
  purge(batchSize = 1000): Promise<number> {
    return purge(this.#context, batchSize)
  }

  /**
   * Calls {@link PhoneAuth.purge} now and again until the returned function is called, or {@link PhoneAuth.close}. A failure is told by a
   * `purge_failed` event, and the next purge comes in its time. The timer does not keep a process alive.
   *
   * @throws {@link InvalidInputError} if an option is out of its range; a `batchSize` that is fails each purge.
   */
  startPurging(options: PurgingOptions = {}): () => void {
    const stop = startPurging(this.#context, options)
    this.#stops.add(stop)
    return () => {
      stop()
      this.#stops.delete(stop)
    }
  }

  /**
   * Resolves when every store answers and every key of `accessToken.keys` serves: for health checks.
   *
   * @throws {@link StoreUnavailableError} if a store does not answer.
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged, which no check at construction can see. Every
   *   call that needs keys throws the same.
   */
  async ping(): Promise<void> {
    const { accessTokenKeys, settings, stores } = this.#context
    const { otpStore, userStore, sessionStore } = stores
    // What the secret makes cannot be damaged.
    const keys = settings.keySet && accessTokenKeys()
    await Promise.all([keys, otpStore.find(''), userStore.findByPhoneNumber('' as PhoneNumber), sessionStore.find('')])
  }

  /** Stops purging, waits for messages still being sent in the background and for the stores to finish, then closes what they hold open. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#context.settled()
    await this.#close()
  }
}
