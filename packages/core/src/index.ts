/**
 * Phone-number authentication for servers: the {@link PhoneAuth} class, its options, results,
 * events and errors.
 *
 * Stores and senders are built with `@phone-auth/core/adapters`; keys of access tokens are created
 * and rotated with `@phone-auth/core/keys`.
 *
 * @module @phone-auth/core
 */

// At most 75 names: those that applications use. The names for authors of stores and senders are in
// adapters.ts.
export type { AnyPhoneAuth } from './any-phone-auth.ts'
export * from './errors/index.ts'
export type { MessageOptions, TestNumberOptions } from './options/delivery.ts'
export type { PhoneAuthEvent } from './options/events.ts'
export type { HookOptions, PhoneChangeResult, SignInFacts } from './options/hooks.ts'
export type { LimitOptions } from './options/limits.ts'
export type { PhoneAuthOptions } from './options/options.ts'
export type { CodeOptions } from './options/sign-in.ts'
export type { AccessTokenOptions, SessionOptions } from './options/tokens.ts'
export { PhoneAuth } from './phone-auth.ts'
export type { StartPhoneChangeOptions } from './phone-change/phone-change.ts'
export type { PhoneNumber } from './phone-number/phone-number.ts'
export type { User, UserId } from './ports/user-store.ts'
export type { ProfileState } from './profile/completion.ts'
export {
  type DefaultProfileSchema,
  defaultProfileSchema,
  type ProfileDefinition,
  type ProfileOf,
  type ProfileSchema,
} from './profile/profile.ts'
export type { ProfileResult } from './profile/profile-result.ts'
export type { StartPurgingOptions } from './purge/purge.ts'
export type { AuthenticateOptions, AuthenticateResult } from './session/authenticate.ts'
export type { SessionInfo } from './session/list-sessions.ts'
export type { LogoutAllOptions } from './session/logout-all.ts'
export type { AccessToken, Tokens } from './session/tokens.ts'
export type { UserReference } from './session/user-reference.ts'
export type { ChallengeReference } from './sign-in/find-challenge.ts'
export type { ChallengeState } from './sign-in/get-challenge.ts'
export type { StartResult } from './sign-in/open-challenge.ts'
export type { ResendOptions, ResendResult } from './sign-in/resend.ts'
export type { StartOptions } from './sign-in/start.ts'
export type { VerifyOptions, VerifyResult } from './sign-in/verify.ts'
export type { StartStepUpOptions, SubmitOptions } from './step-up/step-up.ts'
export type { Duration } from './time/duration.ts'
export type { CompleteProfileOptions, UpdateProfileOptions } from './user/save-profile.ts'
