import type { PhoneNumber, User, UserId } from '@phone-auth/core'
import type {
  Challenge,
  JsonValue,
  ProfileFields,
  Session,
  StoredProfile,
  UserWithProfile,
} from '@phone-auth/core/adapters'
import {
  type ChallengeRow,
  COLUMNS,
  type Instant,
  type ProfileRow,
  type Rows,
  type SessionRow,
  type UserRow,
} from './tables.ts'

/**
 * The profile fields that have a column, by field name, and the longest text that each column
 * holds.
 */
const PROFILE_COLUMNS = {
  name: { column: 'name', maxLength: 100 },
  email: { column: 'email', maxLength: 254 },
  bio: { column: 'bio', maxLength: 500 },
  location: { column: 'location', maxLength: 100 },
  birthDate: { column: 'birth_date', maxLength: 10 },
  avatar: { column: 'avatar', maxLength: 2048 },
} as const satisfies Record<string, { column: keyof ProfileRow; maxLength: number }>

type ProfileField = keyof typeof PROFILE_COLUMNS
export type ProfileColumns = Record<(typeof PROFILE_COLUMNS)[ProfileField]['column'], string | null> & { extra: string }

/**
 * A row of several joined tables. The columns of each table are in an object under the name it was
 * joined under, or their names begin with that name.
 */
export type JoinedRow = Readonly<Record<string, unknown>>

/** The row of one table in a joined row. */
export function part<Table extends keyof Rows>(table: Table, of: string, joined: JoinedRow): Rows[Table] {
  const whole = joined[of]
  if (typeof whole === 'object') return whole as Rows[Table]
  const row: Record<string, unknown> = {}
  for (const column of COLUMNS[table]) row[column] = joined[`${of}_${column}`]
  return row as unknown as Rows[Table]
}

export function challengeOf(row: ChallengeRow): Challenge {
  return {
    idHash: row.id_hash,
    purpose: row.purpose as Challenge['purpose'],
    sessionId: row.session_id,
    channel: row.channel as Challenge['channel'],
    phoneNumber: row.phone_number as PhoneNumber,
    seed: row.seed,
    codeHash: row.code_hash,
    keyId: row.key_id,
    format: { alphabet: row.code_alphabet as Challenge['format']['alphabet'], length: row.code_length },
    maxAttempts: row.max_attempts,
    maxAttemptsByNumber: row.max_attempts_by_number,
    maxSends: row.max_sends,
    attempts: row.attempts,
    attemptsByNumber: row.attempts_by_number,
    attemptsByStranger: row.attempts_by_stranger,
    sends: row.sends,
    numberSubject: row.number_subject,
    userSubject: row.user_subject,
    network: row.network,
    lane: row.lane,
    delivery: row.delivery as Challenge['delivery'],
    handle: row.handle,
    createdAt: instantOf(row.created_at),
    expiresAt: instantOf(row.expires_at),
    consumedAt: row.consumed_at === null ? null : instantOf(row.consumed_at),
  }
}

export function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    userId: Number(row.user_id),
    userAgent: row.user_agent,
    ip: row.ip,
    createdAt: instantOf(row.created_at),
    authenticatedAt: instantOf(row.authenticated_at ?? row.created_at),
    lastUsedAt: instantOf(row.last_used_at),
    generation: row.generation,
    oldestGeneration: row.oldest_generation,
    isGenerationUsed: row.used_generation === row.generation,
    expiresAt: instantOf(row.expires_at),
    absoluteExpiresAt: instantOf(row.absolute_expires_at),
  }
}

export function userOf(row: UserRow): User {
  return {
    id: Number(row.id),
    phoneNumber: row.phone_number as PhoneNumber,
    isActive: Boolean(row.is_active),
    verifiedAt: row.verified_at === null ? null : instantOf(row.verified_at),
    previouslyVerifiedAt: row.previously_verified_at === null ? null : instantOf(row.previously_verified_at),
    createdAt: instantOf(row.created_at),
    lastSignedInAt: row.last_signed_in_at === null ? null : instantOf(row.last_signed_in_at),
  }
}

export function profileOf(row: ProfileRow): StoredProfile {
  return {
    id: Number(row.id),
    fields: fieldsOf(row),
    createdAt: instantOf(row.created_at),
    updatedAt: instantOf(row.updated_at),
  }
}

export function userWithProfileOf(user: UserRow, profile: ProfileRow): UserWithProfile {
  return { user: userOf(user), profile: profileOf(profile) }
}

/** The user and the profile in a joined row. */
export function joinedUserOf(joined: JoinedRow): UserWithProfile {
  return userWithProfileOf(part('users', 'account', joined), part('profiles', 'profile', joined))
}

/**
 * The profile fields of a row: the columns that have a value, and the fields in the JSON object.
 */
function fieldsOf(row: ProfileRow): ProfileFields {
  const own = Object.entries(PROFILE_COLUMNS).flatMap(([field, { column }]) => {
    const value = row[column]
    return value === null ? [] : [[field, value] as const]
  })
  return { ...(parsed(row.extra) as ProfileFields), ...Object.fromEntries(own) }
}

/**
 * The columns that hold `fields`. A text that fits goes into the column of its name, everything
 * else into the JSON object.
 */
export function columnsOf(fields: ProfileFields): ProfileColumns {
  const columns = Object.entries(PROFILE_COLUMNS).map(([field, { column }]) => {
    const value = fields[field]
    return [column, fitsColumn(field, value) ? value : null]
  })
  const extra = Object.entries(fields).filter(([field, value]) => !fitsColumn(field, value))
  return { ...Object.fromEntries(columns), extra: JSON.stringify(Object.fromEntries(extra)) } as ProfileColumns
}

// In the schema of an application, `name` may be something other than a short text.
function fitsColumn(field: string, value: JsonValue | undefined): boolean {
  if (!Object.hasOwn(PROFILE_COLUMNS, field) || typeof value !== 'string') return false
  return value.length <= PROFILE_COLUMNS[field as ProfileField].maxLength
}

/**
 * Reads an instant that the database returned.
 *
 * @throws Error if it is a text in which day and month could be confused.
 */
export function instantOf(value: Instant): Date {
  const instant = new Date(value)
  const isPlain = typeof value !== 'string' || /^\d{4}-\d\d-\d\d/.test(value)
  // A driver that cannot parse an instant may return `null`.
  if (!isPlain || value === null || Number.isNaN(instant.getTime())) {
    throw new Error(
      `The database returned an instant in an unknown format: "${String(value)}". On PostgreSQL, set DateStyle to ISO, its default.`,
    )
  }
  return instant
}

/** `id` as the id of a row; 0, which no row has, if it cannot be one. */
export function rowId(id: UserId): number {
  const number = Number(id)
  return Number.isSafeInteger(number) && number > 0 && String(number) === String(id) ? number : 0
}

/** The value of a JSON column. */
export function parsed(json: string | object): unknown {
  return typeof json === 'string' ? JSON.parse(json) : json
}
