import type { PhoneNumber } from '../phone-number/phone-number.ts'

/** A user's or profile's id: whatever the store uses. */
export type UserId = string | number

/** The identity: who owns a phone number. */
export interface User {
  readonly id: UserId
  readonly phoneNumber: PhoneNumber
  readonly isActive: boolean
  /**
   * When possession of the number was last proven by a sign-in or a change of number; `null` for a
   * user that the application brought along unproven.
   */
  readonly verifiedAt: Date | null
  /** When possession had been proven before the last time; `null` at first. */
  readonly previouslyVerifiedAt: Date | null
  readonly createdAt: Date
  readonly lastSignedInAt: Date | null
}

/** A value that a profile field can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The fields of a profile that have a value, by name. */
export type ProfileFields = { readonly [field: string]: JsonValue }

/** Fields to set, and, as `null`, fields to remove. */
export type ProfilePatch = { readonly [field: string]: JsonValue }

/** What a user tells about themselves, as stored. */
export interface StoredProfile {
  readonly id: UserId
  /** The fields that have a value. */
  readonly fields: ProfileFields
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A user together with the profile, which is made empty with the user. */
export interface UserWithProfile {
  readonly user: User
  readonly profile: StoredProfile
}

/** Whether verifying a number that has no user creates one. */
export type Registration = 'open' | 'closed'

/** A number that was changed. */
export interface ChangedPhoneNumber {
  readonly outcome: 'changed'
  /** The user with the new number. */
  readonly user: User
  readonly previousPhoneNumber: PhoneNumber
}

/** What became of a change of number. */
export type PhoneChangeOutcome =
  | ChangedPhoneNumber
  /** The number belongs to another user. */
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'not_found' }

/**
 * Keeps users and their profiles.
 *
 * Each method is one atomic step. A phone number belongs to at most one user.
 */
export interface UserStore {
  /** Why the store must not serve in production, if so. */
  readonly developmentOnly?: string

  /**
   * Finds or, under open registration, creates the user of a number whose possession was just
   * proven, with an empty profile, and notes the sign-in.
   *
   * - Concurrent first sign-ins of one number give one user and no error.
   * - Under closed registration an unknown number gives `null` and creates nothing.
   * - An inactive user is returned as it is: nothing is noted.
   * - What was `verifiedAt` becomes `previouslyVerifiedAt`.
   */
  signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(UserWithProfile & { readonly isNew: boolean }) | null>

  /** Finds a user by id. */
  findById(id: UserId): Promise<UserWithProfile | null>

  /** Finds the user of a number. */
  findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null>

  /**
   * Sets the given profile fields and removes those given as `null`.
   *
   * - Fields that are not given keep their value, also when several calls run at once.
   * - No field can change the user.
   * - `null` when there is no such user.
   */
  saveProfile(userId: UserId, patch: ProfilePatch): Promise<UserWithProfile | null>

  /** Activates or deactivates a user; `null` when there is no such user. */
  setActive(userId: UserId, isActive: boolean): Promise<User | null>

  /**
   * Gives a user another number, now proven as by a sign-in, unless it is taken. It may be the one
   * the user has.
   *
   * - Of several users who change to one number at once, one gets it.
   * - Concurrent changes of one user happen one after the other: each returns the number that the
   *   one before gave.
   */
  changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<PhoneChangeOutcome>

  /**
   * Deletes a user and the profile; `false` when there is no such user.
   *
   * - The number may sign up anew, as another user.
   */
  delete(userId: UserId): Promise<boolean>
}
