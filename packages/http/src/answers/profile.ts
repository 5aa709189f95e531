import { InvalidOptionsError, type ProfileResult } from '@phone-auth/core'
import { snakeCase } from '../wire/names.ts'

/** A profile on the wire: its `fields`, and what the contract says of its user. */
export function wireProfile<Profile extends object>(result: ProfileResult<Profile>, fields: readonly string[]) {
  const { user, profileId, createdAt, updatedAt } = result
  const profile = result.profile as Record<string, unknown>
  const own = Object.fromEntries(fields.map((field) => [snakeCase(field), profile[field] ?? null]))
  return {
    id: profileId,
    ...own,
    phone_number: user.phoneNumber,
    is_verified: user.verifiedAt !== null,
    is_active: user.isActive,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  }
}

// What {@link wireProfile} says besides the profile.
const RESERVED_NAMES = ['id', 'phone_number', 'is_verified', 'is_active', 'created_at', 'updated_at']

/**
 * Refuses the fields of a profile that would hide the contract's own on the wire, or each other.
 *
 * @throws `InvalidOptionsError` if there are any.
 */
export function refuseReservedNames(fields: readonly string[]): void {
  const names = fields.map(snakeCase)
  const refused = fields.filter((_, index) => {
    const name = names[index] as string
    return RESERVED_NAMES.includes(name) || names.indexOf(name) !== index
  })
  if (refused.length > 0) {
    throw new InvalidOptionsError([
      `The profile has fields whose names on the wire are the contract's own, or another field's: ${refused.join(', ')}.`,
    ])
  }
}

/**
 * The two fields that some answers pick out of a profile; `null` where the profile has no such
 * field.
 */
export function nameAndEmail(profile: object): { name: unknown; email: unknown } {
  const { name = null, email = null } = profile as { name?: unknown; email?: unknown }
  return { name, email }
}
