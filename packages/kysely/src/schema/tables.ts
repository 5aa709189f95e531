import type { Generated } from 'kysely'

/**
 * An instant as the database returns it: milliseconds since 1970 on SQLite; on PostgreSQL a `Date`,
 * or text in a row that is returned as JSON.
 */
export type Instant = number | Date | string

/** A boolean as the database returns it: 0 or 1 on SQLite. */
type Flag = boolean | number

/** JSON as the database returns it: text on SQLite, parsed on PostgreSQL. Both accept text. */
type Json = string | object

interface UsersTable {
  id: Generated<number | string>
  phone_number: string
  is_active: Flag
  verified_at: Instant | null
  previously_verified_at: Instant | null
  created_at: Instant
  last_signed_in_at: Instant | null
}

interface ProfilesTable {
  id: Generated<number | string>
  user_id: number | string
  name: string | null
  email: string | null
  bio: string | null
  location: string | null
  birth_date: string | null
  avatar: string | null
  /** The fields that have no column, as one JSON object. */
  extra: Json
  created_at: Instant
  updated_at: Instant
}

interface ChallengesTable {
  id_hash: string
  purpose: string
  session_id: string | null
  channel: string
  phone_number: string
  seed: string
  code_hash: string
  key_id: string
  code_alphabet: string
  code_length: number
  attempts: number
  max_attempts: number
  attempts_by_number: number
  max_attempts_by_number: number
  attempts_by_stranger: number
  sends: number
  max_sends: number
  number_subject: string
  user_subject: string | null
  network: string | null
  lane: string | null
  /** The budgets from which it has reserved attempts, as a JSON list. */
  reservations: Json
  delivery: string
  /** `deliveryRank` of the latest news. Statements compare it and never return it. */
  delivery_rank: number
  /** What the provider calls the latest message, or the verification. */
  handle: string | null
  created_at: Instant
  expires_at: Instant
  consumed_at: Instant | null
}

interface BudgetsTable {
  subject: string
  succeeded_at: Instant | null
  /** Each database has another form of them. */
  entries: unknown
  ends_at: Instant
}

interface SessionsTable {
  id: string
  user_id: number | string
  refresh_token_hash: string
  previous_refresh_token_hash: string | null
  user_agent: string | null
  ip: string | null
  created_at: Instant
  last_used_at: Instant
  expires_at: Instant
  absolute_expires_at: Instant
  revoked_at: Instant | null
  /** `null` if it is the same as `created_at`. */
  authenticated_at: Instant | null
  generation: number
  oldest_generation: number
  /** The latest generation of which an access token was used. */
  used_generation: number | null
}

/** The tables by their plain names. In the database each name begins with the prefix. */
export interface Tables {
  users: UsersTable
  profiles: ProfilesTable
  challenges: ChallengesTable
  budgets: BudgetsTable
  sessions: SessionsTable
}

type Row<Table> = { [Column in keyof Table]: Table[Column] extends Generated<infer Value> ? Value : Table[Column] }

/** The row of each table. */
export type Rows = { [Table in keyof Tables]: Row<Tables[Table]> }

export type UserRow = Rows['users']
export type ProfileRow = Rows['profiles']
export type ChallengeRow = Omit<Rows['challenges'], 'delivery_rank'>
export type SessionRow = Rows['sessions']

/**
 * The columns that statements read. Statements never use `*`: a column that a newer version adds
 * would change the result of a prepared statement, and PostgreSQL then refuses that statement for
 * the rest of the connection's life.
 */
export const COLUMNS = {
  users: [
    'id',
    'phone_number',
    'is_active',
    'verified_at',
    'previously_verified_at',
    'created_at',
    'last_signed_in_at',
  ],
  profiles: [
    'id',
    'user_id',
    'name',
    'email',
    'bio',
    'location',
    'birth_date',
    'avatar',
    'extra',
    'created_at',
    'updated_at',
  ],
  challenges: [
    'id_hash',
    'purpose',
    'session_id',
    'channel',
    'phone_number',
    'seed',
    'code_hash',
    'key_id',
    'code_alphabet',
    'code_length',
    'attempts',
    'max_attempts',
    'attempts_by_number',
    'max_attempts_by_number',
    'attempts_by_stranger',
    'sends',
    'max_sends',
    'number_subject',
    'user_subject',
    'network',
    'lane',
    'reservations',
    'delivery',
    'handle',
    'created_at',
    'expires_at',
    'consumed_at',
  ],
  budgets: ['subject', 'succeeded_at', 'ends_at'],
  sessions: [
    'id',
    'user_id',
    'refresh_token_hash',
    'previous_refresh_token_hash',
    'user_agent',
    'ip',
    'created_at',
    'last_used_at',
    'expires_at',
    'absolute_expires_at',
    'revoked_at',
    'authenticated_at',
    'generation',
    'oldest_generation',
    'used_generation',
  ],
} as const satisfies { readonly [Table in keyof Tables]: readonly (keyof Tables[Table])[] }
