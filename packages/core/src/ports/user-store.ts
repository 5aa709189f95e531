import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** The id of a user or a profile, in the store's own format. */
export type UserId = string | number

/** The owner of a phone number. */
export interface User {
  readonly id: UserId
  readonly phoneNumber: PhoneNumber
  readonly isActive: boolean
  /**
   * When the phone number was last verified, by a sign-in or a change of phone number; `null` for a
   * user that the application created without verification.
   */
  readonly verifiedAt: Date | null
  /**
   * When the phone number was verified before `verifiedAt`; `null` after the first verification.
   */
  readonly previouslyVerifiedAt: Date | null
  readonly createdAt: Date
  readonly lastSignedInAt: Date | null
}

/** A value that a profile field can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The fields of a profile that have a value, by name. */
export type ProfileFields = { readonly [field: string]: JsonValue }

/** The profile fields to set. A field set to `null` is removed. */
export type ProfilePatch = { readonly [field: string]: JsonValue }

/** The profile of a user, as stored. */
export interface StoredProfile {
  readonly id: UserId
  /** The fields that have a value. */
  readonly fields: ProfileFields
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A user together with the profile, which is created empty with the user. */
export interface UserWithProfile {
  readonly user: User
  readonly profile: StoredProfile
}

/** Whether verifying a phone number without a user creates one. */
export type Registration = 'open' | 'closed'

/** A completed change of phone number. */
export interface ChangedPhoneNumber {
  readonly outcome: 'changed'
  /** The user with the new phone number. */
  readonly user: User
  readonly previousPhoneNumber: PhoneNumber
}

/** The outcome of a change of phone number. */
export type PhoneChangeOutcome =
  | ChangedPhoneNumber
  /** The phone number belongs to another user. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'not_found' }

/**
 * Stores users and their profiles.
 *
 * Each method is one atomic step. A phone number belongs to at most one user.
 */
export interface UserStore {
  /** Why the store must not be used in production, if it must not. */
  readonly developmentOnly?: string

  /**
   * Finds the user of a verified phone number, or creates one under open registration, and records
   * the sign-in.
   *
   * - Under open registration, `signIn` creates a user with an empty profile for a new phone
   *   number, and `findById` and `findByPhoneNumber` return both.
   * - For a known phone number, `signIn` returns the user with the profile, and records the
   *   sign-in.
   * - A sign-in moves the previous `verifiedAt` to `previouslyVerifiedAt`.
   * - Concurrent first sign-ins with one phone number create one user and cause no error.
   * - Under closed registration, `signIn` returns `null` for an unknown phone number and creates
   *   nothing.
   * - An inactive user is returned unchanged, and the sign-in is not recorded.
   */
  signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(UserWithProfile & { readonly isNew: boolean }) | null>

  /** Finds a user by id. */
  findById(id: UserId): Promise<UserWithProfile | null>

  /** Finds the user of a phone number. */
  findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null>

  /**
   * Sets the given profile fields and removes those given as `null`. Returns `null` if the user
   * does not exist.
   *
   * - Profile fields that are not given keep their values, even when several calls run at the same
   *   time.
   * - Concurrent calls run one after the other, and each returns as `previousFields` what the
   *   previous call saved.
   * - No profile field can change the user.
   */
  saveProfile(
    userId: UserId,
    patch: ProfilePatch,
  ): Promise<(UserWithProfile & { readonly previousFields: ProfileFields }) | null>

  /** Activates or deactivates a user. Returns `null` if the user does not exist. */
  setActive(userId: UserId, isActive: boolean): Promise<User | null>

  /**
   * Changes the phone number of a user, which counts as verified now, unless another user has it.
   * The new phone number may be the one that the user already has.
   *
   * - If several users change to one phone number at the same time, exactly one gets it.
   * - Concurrent changes for one user run one after the other, and each returns the phone number
   *   that the previous change set.
   */
  changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<PhoneChangeOutcome>

  /**
   * Deletes a user and the profile, and the phone number can then sign up as a new user. Returns
   * `false` if the user does not exist.
   */
  delete(userId: UserId): Promise<boolean>
}
