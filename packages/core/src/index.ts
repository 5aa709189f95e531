/**
 * Phone-number authentication for servers: the {@link PhoneAuth} class, its options, errors and events, and the ports that stores and
 * senders implement.
 *
 * @module
 */

export type { PhoneChangeResult, StartPhoneChangeOptions } from './account/change-phone.ts'
export {
  type BudgetWindow,
  type Charge,
  type FullBudget,
  fullBudgets,
  type GivesBack,
  type Settlement,
  settlementsOf,
  windowAt,
} from './budget/budget.ts'
export type { Duration } from './budget/duration.ts'
export type {
  AttemptBy,
  Challenge,
  Channel,
  CodeAlphabet,
  CodeFormat,
  Delivery,
  NewChallenge,
  Purpose,
} from './challenge/challenge.ts'
export { attemptsLeft, deliveryRank, isOpen, unusedAttempts } from './challenge/challenge.ts'
export type { ChallengeReference } from './challenge/find-challenge.ts'
export type { ChallengeState } from './challenge/get-challenge.ts'
export type { CodeRequestFacts, StartResult } from './challenge/open-challenge.ts'
export type { ResendOptions, ResendResult } from './challenge/resend.ts'
export type { StartOptions } from './challenge/start.ts'
export type { VerifyOptions, VerifyResult } from './challenge/verify.ts'
export * from './errors.ts'
export type { EventListener, NumberFacts, PhoneAuthEvent, UserFacts } from './events.ts'
export type { HookFailure, HookName, HookOptions, PhoneChangeFacts, SignInFacts } from './hooks.ts'
export type { DeliveryReport } from './message/note-delivery.ts'
export { type SmsSegments, smsSegments } from './message/segments.ts'
export type {
  AccessTokenOptions,
  CodeOptions,
  LimitOptions,
  MessageOptions,
  PhoneAuthOptions,
  Rates,
  SessionOptions,
  TestNumberOptions,
} from './options.ts'
export { PhoneAuth } from './phone-auth.ts'
export type { PhoneNumber } from './phone-number/phone-number.ts'
export type { CodeCheck, CodeRequest, CodeService, CodeVerdict } from './ports/code-service.ts'
export type { JointSignIn, SignedIn, SignInOutcome, SignInRequest, Stores } from './ports/joint-sign-in.ts'
export type {
  Attempt,
  DeliveryNote,
  OpenOutcome,
  OpenRequest,
  OtpStore,
  RedeemOutcome,
  ResendOutcome,
  ResendRequest,
} from './ports/otp-store.ts'
export type { NewSession, RotateOutcome, Rotation, Session, SessionStore } from './ports/session-store.ts'
export type { SendOptions, SmsMessage, SmsReceipt, SmsSender } from './ports/sms-sender.ts'
export type {
  PhoneChangeOutcome,
  Registration,
  StoredProfile,
  User,
  UserId,
  UserStore,
  UserWithProfile,
} from './ports/user-store.ts'
export {
  type DefaultProfile,
  defaultProfile,
  defaultProfileSchema,
  type JsonValue,
  type ProfileDefinition,
  type ProfileFields,
  type ProfilePatch,
  type ProfileSchema,
  patched,
} from './profile/profile.ts'
export type { ProfileResult } from './profile/profile-result.ts'
export type { CompleteProfileOptions, UpdateProfileOptions } from './profile/save-profile.ts'
export type { PurgingOptions } from './purge/purge.ts'
export type { AuthenticateOptions, AuthenticateResult } from './session/authenticate.ts'
export type { LogoutAllOptions, SessionInfo } from './session/sessions.ts'
export type { StartStepUpOptions, SubmitOptions } from './session/step-up.ts'
export type { AccessToken, Tokens } from './session/tokens.ts'
export type { UserReference } from './session/user-reference.ts'
export { type SignInSteps, signInByStep } from './stores/compose-sign-in.ts'
export { announceKey, generateKeySet, promoteKey } from './token/key-rotation.ts'
export type { AccessTokenAlgorithm, AccessTokenJwk, AccessTokenKeySet, PublicJwk } from './token/key-set.ts'
