import { PhoneAuthError } from './phone-auth-error.ts'

/** Thrown when no user has the given id. */
export class UserNotFoundError extends PhoneAuthError {
  override readonly name = 'UserNotFoundError'
  readonly code = 'user_not_found'

  constructor() {
    super('There is no such user.')
  }
}

/** One thing to mend in a profile. */
export interface ProfileIssue {
  /** The field at fault, by its name in the schema. */
  readonly field: string
  /** What is wrong with it. */
  readonly message: string
}

/** Thrown when profile fields do not satisfy the schema. Nothing was saved. */
export class InvalidProfileError extends PhoneAuthError {
  override readonly name = 'InvalidProfileError'
  readonly code = 'invalid_profile'
  /** Every field at fault, the first one first. Never empty. */
  readonly issues: readonly [ProfileIssue, ...ProfileIssue[]]

  constructor(issues: readonly [ProfileIssue, ...ProfileIssue[]]) {
    super(`Invalid profile. ${issues.map(({ field, message }) => `${field}: ${message}`).join('; ')}`)
    this.issues = issues
  }
}

/**
 * Thrown when a user was deactivated. Told only to someone who has proven possession of the number.
 */
export class UserInactiveError extends PhoneAuthError {
  override readonly name = 'UserInactiveError'
  readonly code = 'user_inactive'

  constructor() {
    super('This account is inactive.')
  }
}

/**
 * Thrown when a number that somebody wants to change to belongs to another user. Told only to
 * someone who has proven its possession.
 */
export class PhoneNumberTakenError extends PhoneAuthError {
  override readonly name = 'PhoneNumberTakenError'
  readonly code = 'phone_number_taken'
  readonly field = 'phoneNumber'

  constructor() {
    super('This number belongs to another account.')
  }
}
