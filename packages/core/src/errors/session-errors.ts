import { PhoneAuthError } from './phone-auth-error.ts'

/**
 * Thrown when the application refuses a sign-in (`beforeSignIn`). Only a caller that has proven
 * possession of the number receives this error.
 */
export class SignInRefusedError extends PhoneAuthError {
  override readonly name = 'SignInRefusedError'
  readonly code = 'sign_in_refused'
}

/**
 * Thrown when a call requires a more recent verification of the phone number than the token proves.
 * Step up and try again.
 */
export class StepUpRequiredError extends PhoneAuthError {
  override readonly name = 'StepUpRequiredError'
  readonly code = 'step_up_required'
  /** The maximum age of the verification, in seconds. */
  readonly maxAgeSeconds: number

  constructor(maxAgeSeconds: number) {
    super('This action requires a recent verification. Verify your phone number again, then retry.')
    this.maxAgeSeconds = maxAgeSeconds
  }
}

/** Thrown when a user has no session with the given id, or it has ended. */
export class SessionNotFoundError extends PhoneAuthError {
  override readonly name = 'SessionNotFoundError'
  readonly code = 'session_not_found'

  constructor() {
    super('This session does not exist or has ended. List the sessions to get the current ids.')
  }
}

/**
 * Thrown when an access token is missing, forged, malformed or of another kind, or its session was
 * revoked.
 */
export class InvalidAccessTokenError extends PhoneAuthError {
  override readonly name = 'InvalidAccessTokenError'
  readonly code = 'invalid_access_token'

  constructor() {
    super('The access token is not valid. Sign in again.')
  }
}

/** Thrown when a genuine access token has expired. Refresh it. */
export class AccessTokenExpiredError extends PhoneAuthError {
  override readonly name = 'AccessTokenExpiredError'
  readonly code = 'access_token_expired'

  constructor() {
    super('The access token has expired. Refresh it or sign in again.')
  }
}

/**
 * Thrown when a refresh token is forged or malformed, or its session expired, was revoked or never
 * existed.
 */
export class InvalidRefreshTokenError extends PhoneAuthError {
  override readonly name = 'InvalidRefreshTokenError'
  readonly code = 'invalid_refresh_token'

  constructor() {
    super('The refresh token is not valid. Sign in again.')
  }
}

/**
 * Thrown when a refresh token is used that was already exchanged. It may be stolen, so its session
 * is now revoked.
 */
export class RefreshTokenReusedError extends PhoneAuthError {
  override readonly name = 'RefreshTokenReusedError'
  readonly code = 'refresh_token_reused'

  constructor() {
    super('The refresh token was already used, so its session has been revoked. Sign in again.')
  }
}
