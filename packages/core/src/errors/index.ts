import type {
  ChallengeExpiredError,
  ChallengeIdRequiredError,
  InvalidCodeError,
  RateLimitedError,
  TooManyAttemptsError,
  TooManySendsError,
} from './challenge-errors.ts'
import type {
  InvalidInputError,
  InvalidOptionsError,
  InvalidPhoneNumberError,
  RegionNotAllowedError,
} from './input-errors.ts'
import { BRAND } from './phone-auth-error.ts'
import type {
  AccessTokenExpiredError,
  InvalidAccessTokenError,
  InvalidRefreshTokenError,
  RefreshTokenReusedError,
  SessionNotFoundError,
  SignInRefusedError,
  StepUpRequiredError,
} from './session-errors.ts'
import type { SmsRejectedError, SmsUnavailableError } from './sms-errors.ts'
import type { StoreMisconfiguredError, StoreUnavailableError } from './store-errors.ts'
import type { InvalidProfileError, PhoneNumberTakenError, UserInactiveError, UserNotFoundError } from './user-errors.ts'

export * from './challenge-errors.ts'
export * from './input-errors.ts'
export { PhoneAuthError, type PhoneAuthErrorCode } from './phone-auth-error.ts'
export * from './session-errors.ts'
export { type PendingChallenge, SmsRejectedError, SmsUnavailableError } from './sms-errors.ts'
export * from './store-errors.ts'
export * from './user-errors.ts'

/** Every error this library throws on purpose. Its `code` identifies it. */
export type AnyPhoneAuthError =
  | InvalidOptionsError
  | InvalidInputError
  | InvalidPhoneNumberError
  | RegionNotAllowedError
  | RateLimitedError
  | TooManySendsError
  | SmsRejectedError
  | SmsUnavailableError
  | InvalidCodeError
  | ChallengeExpiredError
  | TooManyAttemptsError
  | ChallengeIdRequiredError
  | UserInactiveError
  | SignInRefusedError
  | StepUpRequiredError
  | PhoneNumberTakenError
  | SessionNotFoundError
  | InvalidAccessTokenError
  | AccessTokenExpiredError
  | InvalidRefreshTokenError
  | RefreshTokenReusedError
  | UserNotFoundError
  | InvalidProfileError
  | StoreUnavailableError
  | StoreMisconfiguredError

/**
 * Whether `error` was thrown on purpose by this library, even by another copy of it in
 * `node_modules`.
 */
export function isPhoneAuthError(error: unknown): error is AnyPhoneAuthError {
  return typeof error === 'object' && error !== null && BRAND in error
}
