/**
 * For authors of stores, senders and code services: the ports with their requests and outcomes, the
 * records that the stores hold, and the rules that all adapters share.
 *
 * The errors that adapters throw are in `@phone-auth/core`. Other errors of a store are reported as
 * `StoreUnavailableError`, or as `StoreMisconfiguredError` if their property `isPermanent` is true.
 * `@phone-auth/conformance` tests the promises of the ports.
 *
 * @module @phone-auth/core/adapters
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
export {
  attemptsLeft,
  deliveryRank,
  isByNumber,
  isOpen,
  MAX_ATTEMPTS_BY_STRANGER,
  unusedAttempts,
} from './challenge/challenge.ts'
export type { DeliveryReport } from './delivery/record-delivery.ts'
export type { ProviderFailure, SmsRejection } from './errors/sms-errors.ts'
export { ERROR_STATUS } from './errors/status.ts'
export {
  type Budget,
  type BudgetEntry,
  type BudgetKind,
  type BudgetRule,
  type Budgets,
  type Charge,
  type ChargedChallenge,
  charge,
  DEVICE,
  devicesBeyond,
  type Failure,
  type FullBudget,
  type Lane,
  laneOf,
  longestWindow,
  partOf,
  type Rate,
  type Reservation,
  recordFailure,
  recordSuccess,
  reservationGrain,
  reservationsOf,
  type Success,
} from './limits/budget.ts'
export { applicationNameProblem } from './message/plain-text.ts'
export { type SmsSegments, smsSegments } from './message/segments.ts'
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
  DeliveryRecord,
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
  UserStore,
  UserWithProfile,
} from './ports/user-store.ts'
export { patched } from './profile/profile.ts'
export { composeJointSteps } from './stores/compose-joint-steps.ts'
export { type SignInSteps, signInByStep } from './stores/compose-sign-in.ts'
