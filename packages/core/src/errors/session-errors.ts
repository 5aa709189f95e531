import { PhoneAuthError } from './phone-auth-error.ts'

/**
 * Thrown when the application refuses a sign-in (`beforeSignIn`). Told only to someone who has
 * proven possession of the number.
 */
export class SignInRefusedError extends PhoneAuthError {
  override readonly name = 'SignInRefusedError'
  readonly code = 'sign_in_refused'
}

/**
 * Thrown when a call needs possession of the number proven more lately than the token tells. Step
 * up, and try again.
 */
export class StepUpRequiredError extends PhoneAuthError {
  override readonly name = 'StepUpRequiredError'
  readonly code = 'step_up_required'
  /** How old the proof may be, in seconds. */
  readonly maxAgeSeconds: number

  constructor(maxAgeSeconds: number) {
    super('Prove once more that the number is yours, then try again.')
    this.maxAgeSeconds = maxAgeSeconds
  }
}

/** Thrown when a user has no such session, or it has ended. */
export class SessionNotFoundError extends PhoneAuthError {
  override readonly name = 'SessionNotFoundError'
  readonly code = 'session_not_found'

  constructor() {
    super('There is no such session.')
  }
}

/**
 * Thrown when an access token is missing, forged, malformed, of another kind, or its session was
 * revoked.
 */
export class InvalidAccessTokenError extends PhoneAuthError {
  override readonly name = 'InvalidAccessTokenError'
  readonly code = 'invalid_access_token'

  constructor() {
    super('The access token is not valid. Sign in again.')
  }
}

/** Thrown when an access token is genuine but its time is over. Refresh it. */
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
 * Thrown when a refresh token is presented that was already exchanged: it may be stolen, so its
 * session is now revoked.
 */
export class RefreshTokenReusedError extends PhoneAuthError {
  override readonly name = 'RefreshTokenReusedError'
  readonly code = 'refresh_token_reused'

  constructor() {
    super('The refresh token was used before. The session has been ended; sign in again.')
  }
}
