import type { Generated, Selectable } from 'kysely'

/** An instant, in milliseconds since 1970 (UTC). */
type Instant = number

/** A truth value, as 0 or 1. */
type Flag = number

interface UsersTable {
  id: Generated<number>
  phone_number: string
  is_active: Flag
  verified_at: Instant | null
  created_at: Instant
  last_signed_in_at: Instant | null
}

interface ProfilesTable {
  id: Generated<number>
  user_id: number
  name: string | null
  email: string | null
  bio: string | null
  location: string | null
  birth_date: string | null
  avatar: string | null
  /** The fields that have no column, as one JSON object. */
  extra: string
  created_at: Instant
  updated_at: Instant
}

interface ChallengesTable {
  id_hash: string
  purpose: string
  subject: string | null
  channel: string
  phone_number: string
  seed: string
  code_hash: string
  key_id: string
  code_alphabet: string
  code_length: number
  attempts: Generated<number>
  max_attempts: number
  attempts_by_number: Generated<number>
  max_attempts_by_number: number
  sends: number
  max_sends: number
  /** What redemption gives back, as a JSON list of `{ key, givesBack }`. */
  settlements: string
  created_at: Instant
  expires_at: Instant
  consumed_at: Instant | null
}

interface BudgetsTable {
  key: string
  used: number
  started_at: Instant
  ends_at: Instant
}

interface SessionsTable {
  id: string
  user_id: number
  refresh_token_hash: string
  previous_refresh_token_hash: string | null
  user_agent: string | null
  ip: string | null
  created_at: Instant
  last_used_at: Instant
  expires_at: Instant
  absolute_expires_at: Instant
  revoked_at: Instant | null
}

/** The tables. Their names carry a prefix, so that they can live beside an application's own. */
export interface Tables {
  phone_auth_users: UsersTable
  phone_auth_profiles: ProfilesTable
  phone_auth_challenges: ChallengesTable
  phone_auth_budgets: BudgetsTable
  phone_auth_sessions: SessionsTable
}

export type UserRow = Selectable<UsersTable>
export type ProfileRow = Selectable<ProfilesTable>
export type ChallengeRow = Selectable<ChallengesTable>
export type SessionRow = Selectable<SessionsTable>
