import { PhoneAuthError } from './phone-auth-error.ts'

/** Thrown when no user has the given id. */
export class UserNotFoundError extends PhoneAuthError {
  override readonly name = 'UserNotFoundError'
  readonly code = 'user_not_found'

  constructor() {
    super('No user has this id.')
  }
}

/** One problem in a profile. */
export interface ProfileIssue {
  /** The invalid field, by its name in the schema. */
  readonly field: string
  /** What is wrong with it. */
  readonly message: string
}

/** Thrown when profile fields do not satisfy the schema. Nothing was saved. */
export class InvalidProfileError extends PhoneAuthError {
  override readonly name = 'InvalidProfileError'
  readonly code = 'invalid_profile'
  /** Every invalid field. Never empty. */
  readonly issues: readonly [ProfileIssue, ...ProfileIssue[]]

  constructor(issues: readonly [ProfileIssue, ...ProfileIssue[]]) {
    super(`Invalid profile. ${issues.map(({ field, message }) => `${field}: ${message}`).join('; ')}`)
    this.issues = issues
  }
}

/**
 * Thrown when a user is deactivated. Only a caller that has proven possession of the number
 * receives this error.
 */
export class UserInactiveError extends PhoneAuthError {
  override readonly name = 'UserInactiveError'
  readonly code = 'user_inactive'

  constructor() {
    super('This account is inactive.')
  }
}

/**
 * Thrown when the new number of a user belongs to another user. Only a caller that has proven
 * possession of that number receives this error.
 */
export class PhoneNumberTakenError extends PhoneAuthError {
  override readonly name = 'PhoneNumberTakenError'
  readonly code = 'phone_number_taken'
  readonly field = 'phoneNumber'

  constructor() {
    super('This number belongs to another account. Use another number.')
  }
}
