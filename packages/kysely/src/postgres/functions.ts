import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'

// The statements call these functions, which are created with the tables. Each statement in a
// function sees what was committed before it began, so that a function can wait for a lock and then
// read. A single statement cannot: it sees what was committed before its wait.

// Every step locks subjects in the same order, that of their bytes, as the index has them.

/** Adds entries to budgets. Merges entries of equal instants. */
const RECORD = sql`
create function ${sql.table('record')}(
  now_at timestamptz, added_subjects text[], added_kinds text[], added_instants timestamptz[], added_ends timestamptz[],
  added_costs integer[]
) returns void language plpgsql as $$
#variable_conflict use_column
begin
  insert into ${sql.table('budgets')} as budget (subject, kinds, instants, ends, costs, ends_at)
  select subject,
    coalesce(array_agg(kind) filter (where cost > 0), '{}'),
    coalesce(array_agg(instant) filter (where cost > 0), '{}'),
    coalesce(array_agg(ending) filter (where cost > 0), '{}'),
    coalesce(array_agg(cost) filter (where cost > 0), '{}'),
    max(${endOfDay(sql`ending`)})
  from unnest(added_subjects, added_kinds, added_instants, added_ends, added_costs)
    as added (subject, kind, instant, ending, cost)
  group by subject order by subject collate "C"
  on conflict (subject) do update set
    (kinds, instants, ends, costs) = (
      select coalesce(array_agg(kind), '{}'), coalesce(array_agg(instant), '{}'),
        coalesce(array_agg(ending), '{}'), coalesce(array_agg(cost), '{}')
      from (
        select kind, instant, ending, sum(cost)::integer as cost from (
          select kind, instant, ending, cost
          from unnest(${columnsOf('budget')}) as kept (kind, instant, ending, cost)
          union all
          select kind, instant, ending, cost
          from unnest(added_subjects, added_kinds, added_instants, added_ends, added_costs)
            as added (subject, kind, instant, ending, cost)
          where added.subject = budget.subject
        ) as entry
        where ending > now_at
        group by kind, instant, ending having sum(cost) > 0
      ) as merged
    ),
    ends_at = greatest(budget.ends_at, excluded.ends_at);
end $$`

/** The entries of `budget` that count against `rate`, and when each stops to count. */
const counted = (budget: 'budget' | 'rate') => sql`
  select entry.cost, case when instant = ending then ending else least(instant + rate.span, ending) end as over
  from unnest(${columnsOf(budget)}) as entry (kind, instant, ending, cost)
  where entry.kind = rate.kind and case when instant = ending
    then rate.is_reserved and ending > now_at
    else least(instant + rate.span, ending) > now_at
      and (not rate.is_since_success or ${sql.ref(`${budget}.succeeded_at`)} is null
        or instant > ${sql.ref(`${budget}.succeeded_at`)}) end`

/**
 * Charges every budget of a lane, or none. `charge_lanes` has 0 for a charge of every lane.
 *
 * The subjects are locked before the budgets are read, in their order, so that callers of the same
 * budgets take turns, no two callers wait for each other, and no statement has to be undone.
 */
const CHARGE = sql`
create function ${sql.table('charge')}(
  given_now timestamptz, ttl_seconds integer, lane_subjects text[], lane_seconds integer[],
  charge_lanes integer[], charge_subjects text[], charge_kinds text[], charge_costs integer[],
  charge_reserved boolean[], charge_grains float8[], charge_spans integer[],
  rate_charges integer[], rate_limits integer[], rate_windows integer[], rate_since boolean[]
) returns table (now_at timestamptz, used_lane integer, is_admitted boolean, full_budgets json) language plpgsql as $$
#variable_conflict use_column
declare
  full_before json;
  full_after json;
begin
  perform pg_advisory_xact_lock(hashtextextended(subject, 0))
  from (select distinct name collate "C" as subject from unnest(charge_subjects) as name order by subject) as locked;
  now_at := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));
  select coalesce(min(number), cardinality(lane_subjects)) into used_lane
  from unnest(lane_subjects, lane_seconds) with ordinality as known (subject, seconds, number)
  where seconds is null or exists (
    select from ${sql.table('budgets')} as budget
    where budget.subject = known.subject and succeeded_at + make_interval(secs => seconds) > now_at
  );
  with rate as (
    select charged.number, subject, kind, cost, is_reserved, most, make_interval(secs => seconds) as span,
      is_since_success, greatest(cost, 1) as needed, ${roundedUp(sql`now_at`, sql`grain`)} as recorded_at
    from unnest(charge_lanes, charge_subjects, charge_kinds, charge_costs, charge_reserved, charge_grains) with ordinality
      as charged (of_lane, subject, kind, cost, is_reserved, grain, number)
    join unnest(rate_charges, rate_limits, rate_windows, rate_since) as rate (number, most, seconds, is_since_success)
      on rate.number = charged.number
    where of_lane in (0, used_lane)
  ), judged as materialized (
    select rate.*, budget.succeeded_at, budget.kinds, budget.instants, budget.ends, budget.costs,
      coalesce((select sum(counted.cost) from (${counted('budget')}) as counted), 0) + needed - most as excess
    from rate left join ${sql.table('budgets')} as budget on budget.subject = rate.subject
  ), waited as (
    select number, subject, kind, is_before, max(until) as until
    from judged as rate
    cross join lateral (values (true, excess), (false, excess + cost)) as at (is_before, excess)
    cross join lateral (
      select coalesce(min(over), now_at + span) as until
      from (
        select over, sum(entry.cost) over (order by over) as released
        from (
          ${counted('rate')}
          union all
          select rate.cost,
            case when rate.is_reserved then now_at + make_interval(secs => ttl_seconds) else rate.recorded_at + span end
          where not is_before
        ) as entry
      ) as entry
      where released >= at.excess
    ) as room
    where at.excess > 0
    group by number, subject, kind, is_before
  )
  select json_agg(json_build_object('subject', subject, 'kind', kind, 'until', until) order by number) filter (where is_before),
    json_agg(json_build_object('subject', subject, 'kind', kind, 'until', until) order by number) filter (where not is_before)
  into full_before, full_after from waited;
  is_admitted := full_before is null;
  full_budgets := coalesce(full_before, full_after);
  if is_admitted then
    perform ${sql.table('record')}(now_at, array_agg(subject), array_agg(kind), array_agg(instant), array_agg(ending), array_agg(cost))
    from (
      select subject, kind, cost,
        case when is_reserved then expiry else recorded_at end as instant,
        case when is_reserved then expiry else recorded_at + make_interval(secs => span) end as ending
      from unnest(
        charge_lanes, charge_subjects, charge_kinds, charge_costs, charge_reserved, charge_grains, charge_spans)
        as charged (of_lane, subject, kind, cost, is_reserved, grain, span)
      cross join lateral (
        select now_at + make_interval(secs => ttl_seconds) as expiry, ${roundedUp(sql`now_at`, sql`grain`)} as recorded_at
      ) as time
      where of_lane in (0, used_lane) and cost > 0
    ) as added;
  end if;
  return next;
end $$`

/** Records a wrong code: for the subjects from which the challenge has reserved, and for others. */
const FAIL = sql`
create function ${sql.table('fail')}(
  now_at timestamptz, challenge_end timestamptz, reservations jsonb,
  rule_kinds text[], rule_grains float8[], rule_spans integer[], other_subjects text[], other_kinds text[]
) returns boolean language plpgsql as $$
#variable_conflict use_column
begin
  perform ${sql.table('record')}(now_at, array_agg(subject), array_agg(kind), array_agg(instant), array_agg(ending), array_agg(cost))
  from (
    select subject, kind, recorded_at as instant, recorded_at + make_interval(secs => span) as ending, 1 as cost
    from (
      select subject, kind from jsonb_to_recordset(reservations) as reserved (subject text, kind text)
      union
      select subject, kind from unnest(other_subjects, other_kinds) as other (subject, kind)
    ) as failed
    join unnest(rule_kinds, rule_grains, rule_spans) as rule (kind, grain, span) using (kind)
    cross join lateral (select ${roundedUp(sql`now_at`, sql`grain`)} as recorded_at) as time
    union all
    select subject, kind, challenge_end, challenge_end, -1
    from jsonb_to_recordset(reservations) as reserved (subject text, kind text)
    where kind = any (rule_kinds)
  ) as added;
  return true;
end $$`

/** Records a right code. */
const SUCCEED = sql`
create function ${sql.table('succeed')}(
  now_at timestamptz, challenge_end timestamptz, number_subject text, lane text, reservations jsonb, unused integer,
  known_parts text[], forgotten_parts text[], known_seconds integer, record_seconds integer, device_prefix text, max_devices integer
) returns boolean language plpgsql as $$
#variable_conflict use_column
declare
  forgotten text[] := array (select number_subject || '|' || part from unnest(forgotten_parts) as part);
  record_end timestamptz := now_at + make_interval(secs => record_seconds);
  known_end timestamptz := ${endOfDay(sql`now_at + make_interval(secs => known_seconds)`)};
begin
  insert into ${sql.table('budgets')} as budget (subject, succeeded_at, kinds, instants, ends, costs, ends_at)
  select subject, max(success), '{}', '{}', '{}', '{}', max(known_until)
  from (
    select number_subject as subject, now_at as success, now_at as known_until
    union all select lane, now_at, known_end where lane is not null
    union all select number_subject || '|' || part, now_at, known_end from unnest(known_parts) as part
    union all select number_subject || '|' || part, null, now_at from unnest(forgotten_parts) as part
    union all select subject, null, now_at from jsonb_to_recordset(reservations) as reserved (subject text)
  ) as changed
  group by subject order by subject collate "C"
  on conflict (subject) do update set
    succeeded_at = case when budget.subject = any (forgotten) then null
      else coalesce(excluded.succeeded_at, budget.succeeded_at) end,
    (kinds, instants, ends, costs) = (
      select coalesce(array_agg(kind), '{}'), coalesce(array_agg(instant), '{}'),
        coalesce(array_agg(ending), '{}'), coalesce(array_agg(left_over), '{}')
      from (
        select kind, instant,
          -- What was recorded before a success no longer counts in a row.
          case when budget.subject = number_subject then least(ending, record_end) else ending end as ending,
          cost - case when instant = ending and instant = challenge_end then released else 0 end as left_over
        from unnest(${columnsOf('budget')}) as entry (kind, instant, ending, cost)
        cross join lateral (
          select unused * count(*)::integer as released
          from jsonb_to_recordset(reservations) as reserved (subject text, kind text)
          where reserved.subject = budget.subject and reserved.kind = entry.kind
        ) as reserved
        where ending > now_at
      ) as entry
      where left_over > 0
    ),
    ends_at = case when budget.subject = number_subject then least(budget.ends_at, ${endOfDay(sql`record_end`)})
      else greatest(budget.ends_at, excluded.ends_at) end;
  if exists (select from unnest(known_parts) as part where starts_with(part, device_prefix)) then
    update ${sql.table('budgets')} set succeeded_at = null
    where subject in (
      select subject from ${sql.table('budgets')}
      where subject >= number_subject || '|' || device_prefix and subject < number_subject || '|' || device_prefix || '~'
        and succeeded_at is not null
      order by succeeded_at desc offset max_devices
    );
  end if;
  return true;
end $$`

/** Creates the functions. */
export async function createFunctions(db: Kysely<Tables>): Promise<void> {
  for (const statement of [RECORD, CHARGE, FAIL, SUCCEED]) await statement.execute(db)
}

/** The columns that hold the entries of a budget. */
function columnsOf(budget: string): RawBuilder<unknown> {
  return sql.join(['kinds', 'instants', 'ends', 'costs'].map((column) => sql.ref(`${budget}.${column}`)))
}

// Not `date_trunc`, and not an interval of days: both depend on the time zone of the connection.
function endOfDay(instant: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(date_bin('24 hours', ${instant} - interval '1 microsecond', 'epoch') + interval '24 hours')`
}

/** An instant as it is recorded: exact, or the end of a sub-window of `grain` seconds. */
function roundedUp(instant: RawBuilder<unknown>, grain: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    case when ${grain} = 0 then ${instant} else
      date_bin(make_interval(secs => ${grain}), ${instant} - interval '1 microsecond', 'epoch')
      + make_interval(secs => ${grain}) end`
}
