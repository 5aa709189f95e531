import type { Registration, Rotation } from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import {
  type AttemptInput,
  type challengeInput,
  insertSelectChallenge,
  type resendInput,
  selectOpenChallengeByHash,
  updateChallengeOnAttempt,
  updateSends,
} from '../query/challenges.ts'
import { columns } from '../query/columns.ts'
import { insertSelectSession, rotationAssignments, type SessionInput } from '../query/sessions.ts'
import type { Statement, Writing } from '../query/statement.ts'
import { insertSelectProfile, insertSelectUser, signInAssignments } from '../query/users.ts'
import type { ChallengeRow, Instant, ProfileRow, SessionRow, UserRow } from '../schema/tables.ts'
import { type AdmissionRow, admission, type ChargesInput, type OutcomeInput, settlement } from './budgets.ts'

// Each of these is one statement of several parts. A part runs after another one only if it reads
// from it. It sees what the other part wrote only through that part's `returning`.

interface OpenedRow {
  readonly expires_at: Instant | null
}

interface ResentRow {
  readonly found: ChallengeRow | null
  readonly resent: ChallengeRow | null
}

/** The challenge of an attempt, if it is open, and whether it accepted the attempt. */
export interface RedeemedRow {
  readonly challenge: (ChallengeRow & { readonly is_claimed: boolean }) | null
}

interface UserWithProfileRow {
  readonly account: UserRow & { readonly is_new: boolean }
  readonly profile: ProfileRow
}

interface SignedInRow extends RedeemedRow {
  readonly account: UserWithProfileRow['account'] | null
  readonly profile: ProfileRow | null
  readonly session: SessionRow | null
}

/** Charges every budget of a lane and inserts the challenge, or does neither. */
export const openStatement: Statement<ReturnType<typeof challengeInput> & ChargesInput, AdmissionRow & OpenedRow> = (
  writing,
) => {
  const { input } = writing
  const opened = insertSelectChallenge(
    { ...writing, now: sql`now_at` },
    {
      lane: sql`(${input.laneSubjects}::text[])[used_lane]`,
      reservations: sql`((${input.laneReservations}::text[])[used_lane])::jsonb`,
    },
  )
  return sql`
  with admission as materialized (select * from ${admission(writing, input.ttlSeconds)}),
  opened as (${opened} from admission where is_admitted returning expires_at)
  select admission.*, opened.expires_at from admission left join opened on true`
}

/** Charges every budget and counts the message, or does neither. */
export const resendStatement: Statement<ReturnType<typeof resendInput> & ChargesInput, AdmissionRow & ResentRow> = (
  writing,
) =>
  atOneInstant(
    writing,
    (at) => sql`
  found as materialized (${selectOpenChallengeByHash(at)} for update),
  admission as materialized (
    select admission.* from found cross join lateral ${admission(at, sql`0`)} as admission
    where attempts < max_attempts and sends < max_sends
  ),
  resent as (${updateSends(at)} and exists (select from admission where is_admitted) returning ${columns('challenges')})
  select admission.*, row_to_json(found) as found, row_to_json(resent) as resent
  from clock left join found on true left join admission on true left join resent on true`,
  )

/** Counts an attempt and compares the code. A match consumes the challenge. */
export const redeemStatement: Statement<AttemptInput & OutcomeInput, RedeemedRow> = (writing) =>
  atOneInstant(
    writing,
    (at) => sql`
    ${redemption(at)}
    select row_to_json(challenge) as challenge from clock left join settled on true left join challenge on true`,
  )

/** Finds or creates the user of a verified number. */
export const signInUserStatement: Statement<{ phoneNumber: string; registration: Registration }, UserWithProfileRow> = (
  writing,
) =>
  atOneInstant(
    writing,
    (at) => sql`
    redeemed as (select cast(${at.input.phoneNumber} as text) as phone_number),
    ${registering(at)}
    select row_to_json(account) as account, row_to_json(profile) as profile
    from account join profile on true`,
  )

/** Redeems the challenge, finds or creates the user and inserts the session. */
export const signInStatement: Statement<
  AttemptInput & OutcomeInput & SessionInput & { registration: Registration },
  SignedInRow
> = (writing) =>
  atOneInstant(
    writing,
    (at) => sql`
  ${redemption(at)},
  ${registering(at)},
  session as (
    ${insertSelectSession(at, sql`account.id`)} from account where account.is_active returning ${columns('sessions')}
  )
  select row_to_json(challenge) as challenge, row_to_json(account) as account, row_to_json(profile) as profile,
    row_to_json(session) as session
  from clock left join settled on true left join challenge on true left join account on true left join profile on true left join session on true`,
  )

/** Checks a refresh token. Replaces it by its successor, or ends the session if it was reused. */
export const rotateStatement: Statement<Rotation, SessionRow & { outcome: 'rotated' | 'repeated' | 'reused' }> = (
  writing,
) =>
  atOneInstant(writing, (at) => {
    const { input, now, dialect } = at
    const { sessionId, refreshTokenHash, reuseWindowSeconds } = input
    return sql`
    live as materialized (
      select ${columns('sessions')} from ${sql.table('sessions')}
      where id = ${sessionId} and revoked_at is null and expires_at > ${now} for update
    ),
    judged as materialized (
      select *, case
        when refresh_token_hash = ${refreshTokenHash} then 'rotated'
        when previous_refresh_token_hash = ${refreshTokenHash}
          and ${now} < ${dialect.later(sql`last_used_at`, reuseWindowSeconds)} then 'repeated'
        else 'reused' end as outcome
      from live
    ),
    rotated as (
      update ${sql.table('sessions')} set ${rotationAssignments(at)}
      where id = ${sessionId} and exists (select from judged where outcome = 'rotated') returning ${columns('sessions')}
    ),
    ended as (
      update ${sql.table('sessions')} set revoked_at = ${now}
      where id = ${sessionId} and exists (select from judged where outcome = 'reused')
    )
    select 'rotated' as outcome, ${columns('sessions')} from rotated
    union all
    select outcome, ${columns('sessions')} from judged where outcome <> 'rotated'`
  })

/** Makes all parts of a statement use the same instant. */
function atOneInstant<Input, Row>(
  writing: Writing<Input>,
  rest: (at: Writing<Input>) => RawBuilder<unknown>,
): RawBuilder<Row> {
  const now = sql<Date>`(select now from clock)`
  return sql`with clock as materialized (select cast(${writing.now} as timestamptz) as now), ${rest({ ...writing, now })}`
}

// `redeemed` holds the challenge if the code was right, `wrong` if it was wrong. `challenge` holds
// either of them, or the challenge that has no attempts left.
function redemption(writing: Writing<AttemptInput & OutcomeInput>): RawBuilder<unknown> {
  const { purpose, boundSessionId } = writing.input
  return sql`
    claimed as (${updateChallengeOnAttempt(writing)}),
    redeemed as materialized (select * from claimed where consumed_at is not null),
    wrong as materialized (select * from claimed where consumed_at is null),
    challenge as materialized (
      select true as is_claimed, ${columns('challenges')} from claimed
      union all
      select false, ${columns('challenges')} from (${selectOpenChallengeByHash(writing)}) as known
      where not exists (select from claimed) and purpose = ${purpose} and session_id is not distinct from ${boundSessionId}
    ),
    ${settlement(writing)}`
}

// `account` and `profile` belong to the number in `redeemed`. A known user is updated, because an
// insert would use up an id at each sign-in. If two first sign-ins run at once, both insert, and
// the second one finds the conflict.
function registering(writing: Writing<{ registration: Registration }>): RawBuilder<unknown> {
  return sql`
    known as (
      update ${sql.table('users')} as account set ${signInAssignments(writing)}
      from redeemed where account.phone_number = redeemed.phone_number
      returning ${columns('users', 'account')}
    ),
    added as (
      ${insertSelectUser(writing, sql`phone_number`, 'account')} from redeemed
      where ${writing.input.registration} = 'open' and not exists (select from known)
      on conflict (phone_number) do update set ${signInAssignments(writing)}
      returning ${columns('users', 'account')}, account.xmax = 0 as is_new
    ),
    account as materialized (
      select ${columns('users')}, false as is_new from known union all select ${columns('users')}, is_new from added
    ),
    new_profile as (
      ${insertSelectProfile(writing, sql`account.id`)} from account
      where (select profile.id from ${sql.table('profiles')} as profile where profile.user_id = account.id) is null
      on conflict (user_id) do update set user_id = excluded.user_id
      returning ${columns('profiles')}
    ),
    profile as materialized (
      select ${columns('profiles')} from new_profile
      union all
      select ${columns('profiles', 'profile')}
      from account join ${sql.table('profiles')} as profile on profile.user_id = account.id
      where not exists (select from new_profile)
    )`
}
