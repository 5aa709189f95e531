/**
 * Phone-number authentication for servers: the {@link PhoneAuth} class, its options, errors and events, and the ports that stores and
 * senders implement.
 *
 * @module
 */

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
export type { HardenedCodes } from './challenge/code-format.ts'
export type { DeliveryReport } from './delivery/note-delivery.ts'
export * from './errors/index.ts'
export { announceKey, generateKeySet, promoteKey } from './keys/key-rotation.ts'
export type { AccessTokenAlgorithm, AccessTokenJwk, AccessTokenKeySet, PublicJwk } from './keys/key-set.ts'
export {
  type BudgetWindow,
  type Charge,
  type FullBudget,
  fullBudgets,
  type GivesBack,
  type Settlement,
  settlementsOf,
  windowAt,
} from './limits/budget.ts'
export { type SmsSegments, smsSegments } from './message/segments.ts'
export type { EventListener, NumberFacts, PhoneAuthEvent, UserFacts } from './options/events.ts'
export type { HookFailure, HookName, HookOptions, PhoneChangeFacts, SignInFacts } from './options/hooks.ts'
export type {
  AccessTokenOptions,
  CodeOptions,
  LimitOptions,
  MessageOptions,
  PhoneAuthOptions,
  Rates,
  SessionOptions,
  TestNumberOptions,
} from './options/options.ts'
export { PhoneAuth } from './phone-auth.ts'
export type { PhoneChangeResult, StartPhoneChangeOptions } from './phone-change/phone-change.ts'
export type { PhoneNumber } from './phone-number/phone-number.ts'
export type { CodeCheck, CodeReceipt, CodeRequest, CodeService, CodeVerdict } from './ports/code-service.ts'
export type {
  ChangePhoneNumberOutcome,
  ChangePhoneNumberRequest,
  DeactivatedUser,
  DeleteUserOutcome,
  DeleteUserRequest,
  JointSteps,
  SignedIn,
  SignInOutcome,
  SignInRequest,
  Stores,
} from './ports/joint-steps.ts'
export type {
  Attempt,
  DeliveryNote,
  ExpiredMessage,
  OpenOutcome,
  OpenRequest,
  OtpStore,
  PurgeResult,
  RedeemOutcome,
  ResendOutcome,
  ResendRequest,
} from './ports/otp-store.ts'
export type { NewSession, RotateOutcome, Rotation, Session, SessionStore } from './ports/session-store.ts'
export type {
  MessageOutcome,
  MessageTemplate,
  SendOptions,
  SmsMessage,
  SmsReceipt,
  SmsSender,
} from './ports/sms-sender.ts'
export type {
  ChangedPhoneNumber,
  JsonValue,
  PhoneChangeOutcome,
  ProfileFields,
  ProfilePatch,
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
  type ProfileDefinition,
  type ProfileSchema,
  patched,
} from './profile/profile.ts'
export type { ProfileResult } from './profile/profile-result.ts'
export type { PurgingOptions } from './purge/purge.ts'
export type { AuthenticateOptions, AuthenticateResult } from './session/authenticate.ts'
export type { SessionInfo } from './session/list-sessions.ts'
export type { LogoutAllOptions } from './session/logout-all.ts'
export type { AccessToken, Tokens } from './session/tokens.ts'
export type { UserReference } from './session/user-reference.ts'
export type { ChallengeReference } from './sign-in/find-challenge.ts'
export type { ChallengeState } from './sign-in/get-challenge.ts'
export type { CodeRequestFacts, StartResult } from './sign-in/open-challenge.ts'
export type { ResendOptions, ResendResult } from './sign-in/resend.ts'
export type { StartOptions } from './sign-in/start.ts'
export type { VerifyOptions, VerifyResult } from './sign-in/verify.ts'
export type { StartStepUpOptions, SubmitOptions } from './step-up/step-up.ts'
export { composeJointSteps } from './stores/compose-joint-steps.ts'
export { type SignInSteps, signInByStep } from './stores/compose-sign-in.ts'
export type { Duration } from './time/duration.ts'
export type { UserIdOptions } from './user/activate-user.ts'
export type { CompleteProfileOptions, UpdateProfileOptions } from './user/save-profile.ts'
