import type { Registration } from '@phone-auth/core/adapters'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type AttemptInput, selectOpenChallengeByHash, updateChallengeOnAttempt } from '../../query/challenges.ts'
import { columns } from '../../query/columns.ts'
import { insertSelectSession, type SessionInput } from '../../query/sessions.ts'
import type { Writing } from '../../query/statement.ts'
import {
  insertSelectProfile,
  insertSelectUser,
  selectProfile,
  signInAssignments,
  updateUserOnSignIn,
} from '../../query/users.ts'
import type { SqlVocabulary } from '../../query/vocabulary.ts'
import type { Tables } from '../../schema/tables.ts'
import type { OutcomeInput } from '../budgets.ts'
import { STABLE_PLANS } from './expressions.ts'
import { declared, inside, type Parameters } from './parameters.ts'

/** The parameters of `redeem`. */
export const ATTEMPT: Parameters<AttemptInput & OutcomeInput> = {
  idHash: 'text',
  purpose: 'text',
  boundSessionId: 'text',
  counted: 'integer',
  byNumber: 'integer',
  byStranger: 'integer',
  codeHashes: 'text',
  failureKinds: 'bigint[]',
  failureGrains: 'bigint[]',
  failureWindows: 'bigint[]',
  failedSubjects: 'text[]',
  failedKinds: 'bigint[]',
  known: 'text[]',
  forgotten: 'text[]',
  knownSeconds: 'integer',
  recordSeconds: 'integer',
  maxDevices: 'integer',
}

/** The parameters of `sign_in_user`. */
export const NUMBER: Parameters<{ phoneNumber: string; registration: Registration }> = {
  phoneNumber: 'text',
  registration: 'text',
}

/** The parameters of `sign_in`. */
export const SIGN_IN: Parameters<AttemptInput & OutcomeInput & SessionInput & { registration: Registration }> = {
  ...ATTEMPT,
  registration: 'text',
  sessionId: 'text',
  refreshTokenHash: 'text',
  userAgent: 'text',
  ip: 'text',
  absoluteSeconds: 'integer',
  firstSeconds: 'integer',
}

const NOW = sql<Date>`now_at`

/** The functions, one for each step. Their inner statements are those of every database. */
export function signInFunctions(db: Kysely<Tables>, dialect: SqlVocabulary): RawBuilder<unknown>[] {
  const writing = <Input>(parameters: Parameters<Input>): Writing<Input> => ({
    db,
    dialect,
    input: inside(parameters),
    now: NOW,
    givenNow: NOW,
  })
  const attempt = writing(ATTEMPT)
  const signIn = writing(SIGN_IN)

  return [
    sql`
create function ${sql.table('redeem')}(
  given_now timestamptz, ${declared(ATTEMPT)},
  out challenge json, out is_claimed boolean
) language plpgsql ${STABLE_PLANS} as $$
#variable_conflict use_column
declare
  ${NOW_AT}
  claimed record;
begin
  ${redemption(attempt)}
end $$`,

    sql`
create function ${sql.table('sign_in_user')}(
  given_now timestamptz, ${declared(NUMBER)},
  out account json, out profile json, out is_new boolean
) language plpgsql ${STABLE_PLANS} as $$
#variable_conflict use_column
declare
  ${NOW_AT}
  found_user record;
  found_profile record;
begin
  ${registering(writing(NUMBER))}
end $$`,

    sql`
create function ${sql.table('sign_in')}(
  given_now timestamptz, ${declared(SIGN_IN)},
  out challenge json, out is_claimed boolean, out account json, out profile json, out is_new boolean, out session json
) language plpgsql ${STABLE_PLANS} as $$
#variable_conflict use_column
declare
  ${NOW_AT}
  claimed record;
  found_user record;
  found_profile record;
  new_session record;
begin
  ${redemption(signIn)}
  if claimed.consumed_at is null then return; end if;
  ${registering({ ...signIn, input: { ...signIn.input, phoneNumber: sql`claimed.phone_number` } })}
  if found_user.is_active then
    ${insertSelectSession(signIn, sql`found_user.id`)} returning ${columns('sessions')} into new_session;
    session := row_to_json(new_session);
  end if;
end $$`,
  ]
}

const NOW_AT = sql`now_at timestamptz := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));`

// The challenge is that after the attempt, or one that has no attempts left.
function redemption(writing: Writing<AttemptInput & OutcomeInput>): RawBuilder<unknown> {
  const { input } = writing
  return sql`
  ${updateChallengeOnAttempt(writing)} into claimed;
  is_claimed := found;
  if not is_claimed then
    select * into claimed from (${selectOpenChallengeByHash(writing)}) as known
    where purpose = ${input.purpose} and session_id is not distinct from ${input.boundSessionId};
  elsif claimed.consumed_at is null then
    perform ${sql.table('fail')}(
      now_at, claimed.expires_at, claimed.reservations, ${input.failureKinds}, ${input.failureGrains},
      ${input.failureWindows}, ${input.failedSubjects}, ${input.failedKinds});
  else
    perform ${sql.table('succeed')}(
      now_at, claimed.expires_at, claimed.number_subject, claimed.lane, claimed.reservations,
      claimed.max_attempts - (claimed.attempts - 1), ${input.known}, ${input.forgotten}, ${input.knownSeconds},
      ${input.recordSeconds}, ${input.maxDevices});
  end if;
  if claimed.id_hash is not null then challenge := row_to_json(claimed); end if;`
}

// A known user is updated, because an insert would use up an id at each sign-in. If two first
// sign-ins run at once, both insert, and the second one finds the conflict.
function registering(writing: Writing<{ phoneNumber: string; registration: Registration }>): RawBuilder<unknown> {
  const { phoneNumber, registration } = writing.input
  return sql`
  ${updateUserOnSignIn(writing)} into found_user;
  is_new := not found;
  if is_new and ${registration} = 'open' then
    ${insertSelectUser(writing, phoneNumber, 'account')}
    on conflict (phone_number) do update set ${signInAssignments(writing)}
    returning ${columns('users', 'account')}, account.xmax = 0 as is_new into found_user;
    is_new := found_user.is_new;
  end if;
  if found_user.id is not null then
    select * into found_profile from (${selectProfile({ ...writing, input: { userId: sql`found_user.id` } })}) as known;
    if not found then
      ${insertSelectProfile(writing, sql`found_user.id`)}
      on conflict (user_id) do update set user_id = excluded.user_id returning ${columns('profiles')} into found_profile;
    end if;
    account := row_to_json(found_user);
    profile := row_to_json(found_profile);
  end if;`
}
