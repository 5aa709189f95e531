import { InvalidOptionsError, type ProfileResult, type ProfileSchema } from '@phone-auth/core'
import { duplicateNames, renamed, snakeCase } from '../wire/names.ts'

/** A profile as JSON: the fields of its schema, and those that the API adds to every profile. */
export function wireProfile(result: ProfileResult<object>, schema: ProfileSchema) {
  const { user, profileId, createdAt, updatedAt } = result
  const profile = result.profile as Record<string, unknown>
  const own = Object.fromEntries(Object.keys(schema.shape).map((field) => [field, profile[field] ?? null]))
  return {
    id: profileId,
    ...(renamed(own, [schema], { from: (field) => field, to: snakeCase }) as object),
    phone_number: user.phoneNumber,
    is_verified: user.verifiedAt !== null,
    is_active: user.isActive,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  }
}

// The names that {@link wireProfile} adds to the fields of a profile.
const RESERVED_NAMES = ['id', 'phone_number', 'is_verified', 'is_active', 'created_at', 'updated_at']

/**
 * Refuses profile fields whose JSON name is reserved or belongs to another field as well.
 *
 * @throws `InvalidOptionsError` if there is such a field.
 */
export function refuseReservedNames(schema: ProfileSchema): void {
  const reserved = Object.keys(schema.shape).filter((field) => RESERVED_NAMES.includes(snakeCase(field)))
  const refused = [...reserved, ...duplicateNames(schema)]
  if (refused.length > 0) {
    throw new InvalidOptionsError([
      `Rename these profile fields; their JSON names are reserved or used by another field: ${refused.join(', ')}.`,
    ])
  }
}

/** The fields `name` and `email` of a profile; `null` if the profile has no such field. */
export function nameAndEmail(profile: object): { name: unknown; email: unknown } {
  const { name = null, email = null } = profile as { name?: unknown; email?: unknown }
  return { name, email }
}
