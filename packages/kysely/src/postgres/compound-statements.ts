import type { Registration, Rotation } from '@phone-auth/core/adapters'
import { type RawBuilder, sql } from 'kysely'
import {
  type AttemptInput,
  type challengeInput,
  insertSelectChallenge,
  type resendInput,
  selectOpenChallengeByHash,
  updateSends,
} from '../query/challenges.ts'
import { columns } from '../query/columns.ts'
import { repetitionAssignments, rotationAssignments, type SessionInput } from '../query/sessions.ts'
import type { Statement, Writing } from '../query/statement.ts'
import type { ChallengeRow, Instant, ProfileRow, SessionRow, UserRow } from '../schema/tables.ts'
import { ADMITTED, type AdmissionRow, admission, type ChargesInput, type OutcomeInput } from './budgets.ts'
import { passed } from './functions/parameters.ts'
import { ATTEMPT, NUMBER, SIGN_IN } from './functions/sign-in.ts'

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
  readonly challenge: ChallengeRow | null
  readonly is_claimed: boolean
}

interface UserWithProfileRow {
  readonly account: UserRow | null
  readonly profile: ProfileRow | null
  readonly is_new: boolean
}

interface SignedInRow extends RedeemedRow, UserWithProfileRow {
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
      lane: sql`nullif((${input.laneSubjects}::text[])[used_lane], '')`,
      reservations: sql`((${input.laneReservations}::text[])[used_lane])::json`,
    },
  )
  return sql`
  with admission as materialized (select * from ${admission(writing)}),
  opened as (${opened} from admission where is_admitted returning expires_at)
  select ${ADMITTED}, opened.expires_at from admission left join opened on true`
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
    select admission.* from found cross join lateral ${admission(at)} as admission
    where attempts < max_attempts and sends < max_sends
  ),
  resent as (${updateSends(at)} and exists (select from admission where is_admitted) returning ${columns('challenges')})
  select ${ADMITTED}, row_to_json(found) as found, row_to_json(resent) as resent
  from clock left join found on true left join admission on true left join resent on true`,
  )

/** Counts an attempt and compares the code. A match consumes the challenge. */
export const redeemStatement: Statement<AttemptInput & OutcomeInput, RedeemedRow> = ({ input, givenNow }) =>
  sql`select * from ${sql.table('redeem')}(${givenNow}, ${passed(ATTEMPT, input)})`

/** Finds or creates the user of a verified number. */
export const signInUserStatement: Statement<
  { phoneNumber: string; registration: Registration },
  UserWithProfileRow
> = ({ input, givenNow }) => sql`select * from ${sql.table('sign_in_user')}(${givenNow}, ${passed(NUMBER, input)})`

/** Redeems the challenge, finds or creates the user and inserts the session. */
export const signInStatement: Statement<
  AttemptInput & OutcomeInput & SessionInput & { registration: Registration },
  SignedInRow
> = ({ input, givenNow }) => sql`select * from ${sql.table('sign_in')}(${givenNow}, ${passed(SIGN_IN, input)})`

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
        when previous_refresh_token_hash is distinct from ${refreshTokenHash} or ${reuseWindowSeconds} = 0 then 'reused'
        when ${now} < ${dialect.later(sql`last_used_at`, reuseWindowSeconds)} then 'repeated'
        when used_generation is distinct from generation then 'exchanged_again'
        else 'reused' end as outcome
      from live
    ),
    rotated as (
      update ${sql.table('sessions')} set ${rotationAssignments(at)}
      where id = ${sessionId} and exists (select from judged where outcome = 'rotated') returning ${columns('sessions')}
    ),
    exchanged_again as (
      update ${sql.table('sessions')} set ${repetitionAssignments(at)}
      where id = ${sessionId} and exists (select from judged where outcome = 'exchanged_again') returning ${columns('sessions')}
    ),
    ended as (
      update ${sql.table('sessions')} set revoked_at = ${now}
      where id = ${sessionId} and exists (select from judged where outcome = 'reused')
    )
    select 'rotated' as outcome, ${columns('sessions')} from rotated
    union all
    select 'repeated', ${columns('sessions')} from exchanged_again
    union all
    select outcome, ${columns('sessions')} from judged where outcome in ('repeated', 'reused')`
  })

/** Makes all parts of a statement use the same instant. */
function atOneInstant<Input, Row>(
  writing: Writing<Input>,
  rest: (at: Writing<Input>) => RawBuilder<unknown>,
): RawBuilder<Row> {
  const now = sql<Date>`(select now from clock)`
  return sql`with clock as materialized (select cast(${writing.now} as timestamptz) as now), ${rest({ ...writing, now })}`
}
