import { createContext, type ProfileContext, profileDefinition } from './context/context.ts'
import { ping } from './context/ping.ts'
import { type DeliveryReport, recordDelivery } from './delivery/record-delivery.ts'
import type { PublicJwk } from './keys/key-set.ts'
import { given } from './options/given.ts'
import type { PhoneChangeResult } from './options/hooks.ts'
import type { PhoneAuthOptions } from './options/options.ts'
import { type StartPhoneChangeOptions, startPhoneChange, verifyPhoneChange } from './phone-change/phone-change.ts'
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
 * Sign-up and login are one use case. `start` sends a code to a number; `verify` checks it and
 * signs in the number's user, creating one if there is none. The limits apply to every caller.
 *
 * Every method takes one object, and returns its result or throws a {@link PhoneAuthError}, such as
 * {@link InvalidInputError} without the object. Besides the errors listed with it, it can throw:
 *
 * - {@link StoreUnavailableError} or {@link StoreMisconfiguredError} if a store fails;
 * - if it takes an access token: {@link AccessTokenExpiredError} if the token has expired, and
 *   {@link InvalidAccessTokenError} if it is not a valid access token or its session has ended;
 * - if it takes a {@link UserReference}: {@link InvalidInputError} if that names no user or two;
 * - if it takes a {@link ChallengeReference}: {@link InvalidInputError} if that names no challenge,
 *   and for a number alone {@link ChallengeIdRequiredError}, {@link InvalidPhoneNumberError} or
 *   {@link RegionNotAllowedError}.
 */
export class PhoneAuth<Schema extends ProfileSchema = DefaultProfileSchema> {
  /** The fields of a profile, and the rule for when it is complete. */
  readonly profile: ProfileDefinition<Schema>
  readonly #context: ProfileContext<ProfileOf<Schema>>

  /**
   * Checks the options; uses neither stores nor network.
   *
   * @throws {@link InvalidOptionsError} listing every reason why the options cannot be used.
   */
  constructor(options: PhoneAuthOptions<Schema>) {
    this.#context = createContext(options)
    this.profile = profileDefinition(options)
  }

  /**
   * Opens a challenge for a phone number and sends its one-time code.
   *
   * Every call opens a new challenge, which callers that start with the same number cannot disturb.
   * The result does not reveal whether the number belongs to a user, and does not mean that the
   * message has arrived. Under closed registration only an event reports a failure to send.
   *
   * If the number's guess budget is full, its code is longer (`code.hardened`) and lives 5 minutes.
   *
   * @throws {@link InvalidPhoneNumberError} if the number cannot be read or receives no SMS.
   * @throws {@link RegionNotAllowedError} if the number's region is not allowed.
   * @throws {@link RateLimitedError} if a limit is reached.
   * @throws {@link SmsRejectedError} if the sender refuses the message. Its code is worthless.
   * @throws {@link SmsUnavailableError} if the sender fails. Its `challenge` may still work.
   * @group Sign-in
   */
  async start(options: StartOptions): Promise<StartResult> {
    return start(this.#context, given(options))
  }

  /**
   * Sends the code of an open challenge again. The code stays the same, unless `code.resend` is
   * `"rotate"` and the challenge is named by its id.
   *
   * A resend adds no attempts, does not extend the challenge, and counts as a message like a start.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link TooManySendsError} if the challenge allows no more messages.
   * @throws {@link TooManyAttemptsError} if the attempts of the challenge are used up.
   * @throws {@link RateLimitedError} if a limit is reached.
   * @throws {@link SmsRejectedError} if the sender refuses the message.
   * @throws {@link SmsUnavailableError} if the sender fails.
   * @group Sign-in
   */
  async resend(options: ResendOptions): Promise<ResendResult> {
    return resend(this.#context, given(options))
  }

  /**
   * Checks a code and, if it is right, signs in the user of the challenge's number.
   *
   * The store counts the attempt, compares and consumes in one atomic step. So a code works for
   * exactly one sign-in and a challenge for at most `code.maxAttempts` comparisons, under any
   * concurrency (NIST SP 800-63B-4 section 3.1.3.2). The number comes from the challenge, never
   * from the call. No limit that other callers share can refuse the code of an open challenge.
   *
   * A number alone names the challenge that was opened last. All callers that use it share
   * `code.maxAttemptsByNumber` of the attempts.
   *
   * @throws {@link InvalidCodeError} if the code is wrong.
   * @throws {@link ChallengeExpiredError} if the challenge expired, was used or never existed.
   * @throws {@link TooManyAttemptsError} if the attempts are used up.
   * @throws {@link InvalidInputError} if the code has the wrong form. No attempt is counted.
   * @throws {@link SmsUnavailableError} if a code service cannot judge it. The attempt is counted.
   * @throws {@link UserInactiveError} if the code is right but the user was deactivated.
   * @throws {@link SignInRefusedError} if the code is right but `beforeSignIn` refuses.
   * @group Sign-in
   */
  async verify(options: VerifyOptions): Promise<VerifyResult<ProfileOf<Schema>>> {
    return verify(this.#context, given(options))
  }

  /**
   * Reads an open challenge, for the application and its support. Under closed registration, do not
   * show `delivery` to the client: a message that arrives reveals that the number is registered.
   *
   * @throws {@link ChallengeExpiredError} if no such challenge is open.
   * @throws {@link InvalidInputError} if the id has the wrong form.
   * @group Sign-in
   */
  async getChallenge(options: { readonly challengeId: string }): Promise<ChallengeState> {
    return getChallenge(this.#context, given(options))
  }

  /**
   * Records a provider's report on a message, and returns whether it was news. Reports may come
   * twice and in any order. Check that the provider sent the report, as the adapters do.
   *
   * @throws {@link InvalidInputError} if the reference or the delivery is invalid.
   * @group Sign-in
   */
  async recordDelivery(report: DeliveryReport): Promise<boolean> {
    return recordDelivery(this.#context, given(report))
  }

  /**
   * Verifies an access token and returns its user and session.
   *
   * By default the store is asked for the session, so a logout takes effect at once in every
   * process (see `session.cacheAge`). With `checkSession: false` no store is asked, and the token
   * of a revoked session is accepted until it expires.
   * @group Sessions
   */
  async authenticate(options: AuthenticateOptions): Promise<AuthenticateResult> {
    return authenticate(this.#context, given(options))
  }

  /**
   * Verifies an access token as {@link PhoneAuth.authenticate} does, and that the user proved
   * possession of the number at most `maxAgeSeconds` ago (by default `session.fresh`). Use it for
   * sensitive operations (OWASP ASVS 5 section 7.5.1).
   *
   * @throws {@link StepUpRequiredError} if the proof is older.
   * @group Sessions
   */
  async requireFresh(options: {
    readonly accessToken: string | undefined
    readonly maxAgeSeconds?: number
  }): Promise<AuthenticateResult> {
    return requireFresh(this.#context, given(options))
  }

  /**
   * Exchanges a refresh token for a new access token and the next refresh token.
   *
   * The same token returns the same successor again within `session.reuseWindow`. Later it must
   * have been copied, and the session ends (RFC 9700 section 4.14.2).
   *
   * @throws {@link InvalidRefreshTokenError} if the token is not genuine or its session has ended.
   * @throws {@link RefreshTokenReusedError} if the token was exchanged before.
   * @group Sessions
   */
  async refresh(options: { readonly refreshToken: string }): Promise<Tokens> {
    return refresh(this.#context, given(options))
  }

  /**
   * Ends the session of an access token. Its access and refresh tokens are refused from then on.
   * @group Sessions
   */
  async logout(options: { readonly accessToken: string | undefined }): Promise<void> {
    return logout(this.#context, given(options))
  }

  /**
   * Ends all sessions of a user, or all but the session of the access token; returns their number.
   * @group Sessions
   */
  async logoutAll(options: LogoutAllOptions): Promise<number> {
    return logoutAll(this.#context, given(options))
  }

  /**
   * Lists the active sessions of a user, the one used last first.
   * @group Sessions
   */
  async listSessions(options: UserReference): Promise<SessionInfo[]> {
    return listSessions(this.#context, given(options))
  }

  /**
   * Ends one session of a user.
   *
   * @throws {@link SessionNotFoundError} if the user has no such session, or it has ended.
   * @group Sessions
   */
  async revokeSession(options: UserReference & { readonly sessionId: string }): Promise<void> {
    return revokeSession(this.#context, given(options))
  }

  /**
   * Returns the public keys that access tokens are verified with, as a JWK set (RFC 7517 section
   * 5), for servers that verify tokens themselves. These do not notice a logout before a token
   * expires. The set is empty under HS256, because a key that verifies could sign there.
   *
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged.
   * @group Sessions
   */
  async jwks(): Promise<{ keys: PublicJwk[] }> {
    return { keys: (await this.#context.accessTokenSigner()).publicKeys.map((key) => ({ ...key })) }
  }

  /**
   * Sends a code to the signed-in user's number, to prove possession again. The code works for this
   * session only.
   *
   * @throws the errors of {@link PhoneAuth.start}.
   * @group Step-up and change of number
   */
  async startStepUp(options: StartStepUpOptions): Promise<StartResult> {
    return startStepUp(this.#context, given(options))
  }

  /**
   * Checks the code of a step-up and issues a fresh access token. Older tokens of the session do
   * not become fresh.
   *
   * @throws the errors of {@link PhoneAuth.verify}.
   * @group Step-up and change of number
   */
  async verifyStepUp(options: SubmitOptions): Promise<AccessToken> {
    return verifyStepUp(this.#context, given(options))
  }

  /**
   * Sends a code to the number that a signed-in user wants to change to. The result does not reveal
   * whether the number belongs to another user.
   *
   * @throws {@link StepUpRequiredError} if possession of the present number was not proven
   *   recently.
   * @throws {@link InvalidInputError} if it is the present number.
   * @throws the errors of {@link PhoneAuth.start}.
   * @group Step-up and change of number
   */
  async startPhoneChange(options: StartPhoneChangeOptions): Promise<StartResult> {
    return startPhoneChange(this.#context, given(options))
  }

  /**
   * Checks the code that was sent to the new number and changes to it. All other sessions and every
   * open challenge of either number end. Warn the owner of the old number in `afterPhoneChanged`.
   *
   * @throws {@link PhoneNumberTakenError} if another user has the number. The code is used.
   * @throws the errors of {@link PhoneAuth.verify}.
   * @group Step-up and change of number
   */
  async verifyPhoneChange(options: SubmitOptions): Promise<PhoneChangeResult> {
    return verifyPhoneChange(this.#context, given(options))
  }

  /**
   * Reads a user and the profile; with an access token in one round trip with the session check.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  async getProfile(options: UserReference): Promise<ProfileResult<ProfileOf<Schema>>> {
    return getProfile(this.#context, given(options))
  }

  /**
   * Sets fields of a profile, among them all required ones. Others stay or get a default.
   *
   * @throws {@link InvalidProfileError} naming every field that does not satisfy the schema.
   * @throws {@link InvalidInputError}, {@link InvalidPhoneNumberError} or
   *   {@link RegionNotAllowedError} if `phoneNumber` is given and is not the user's number.
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  async completeProfile(options: CompleteProfileOptions<Schema>): Promise<ProfileResult<ProfileOf<Schema>>> {
    return completeProfile(this.#context, given(options))
  }

  /**
   * Sets some fields of a profile and removes those given as `null`. Other fields keep their value.
   * No field can change the user's id, number or activity (OWASP ASVS 5 section 15.3.3).
   *
   * @throws {@link InvalidProfileError} naming every field that does not satisfy the schema.
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  async updateProfile(options: UpdateProfileOptions<Schema>): Promise<ProfileResult<ProfileOf<Schema>>> {
    return updateProfile(this.#context, given(options))
  }

  /**
   * Deactivates a user: ends all sessions and refuses sign-ins. Number and profile stay.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  async deactivateUser(options: { readonly userId: UserId }): Promise<User> {
    return deactivateUser(this.#context, given(options))
  }

  /**
   * Lets a deactivated user sign in again.
   *
   * @throws {@link UserNotFoundError} if there is no such user.
   * @group Users and profiles
   */
  async activateUser(options: { readonly userId: UserId }): Promise<User> {
    return activateUser(this.#context, given(options))
  }

  /**
   * Deletes a user with profile, sessions and open challenges; the number can sign up again.
   *
   * @throws {@link StepUpRequiredError} if the access token is not fresh.
   * @throws {@link UserNotFoundError} if there is no user with that id.
   * @group Users and profiles
   */
  async deleteUser(options: UserReference): Promise<void> {
    return deleteUser(this.#context, given(options))
  }

  /**
   * Deletes expired data in batches, and returns the number of rows. Challenges that ended unused
   * are reported to the provider.
   *
   * @throws {@link InvalidInputError} if `batchSize` is out of its range.
   * @group Operation
   */
  async purge(options: Pick<StartPurgingOptions, 'batchSize'> = {}): Promise<number> {
    return purge(this.#context, given(options))
  }

  /**
   * Calls `purge` repeatedly, until the returned function or `close` is called. An event reports a
   * failure. The timer does not keep a process alive.
   *
   * @throws {@link InvalidInputError} if an option is out of its range.
   * @group Operation
   */
  startPurging(options: StartPurgingOptions = {}): () => void {
    return startPurging(this.#context, given(options))
  }

  /**
   * Resolves if the stores and every key of `accessToken.keys` can be used, for health checks.
   *
   * @throws {@link InvalidOptionsError} if a key of `accessToken.keys` turns out to be damaged.
   * @group Operation
   */
  ping(): Promise<void> {
    return ping(this.#context)
  }

  /**
   * Stops purging, waits for messages being sent and for calls of the stores, then closes these.
   * @group Operation
   */
  close(): Promise<void> {
    return this.#context.close()
  }
}
