import { DEVICE } from '@phone-auth/core/adapters'
import { sql } from 'kysely'
import { endOfDay, endOfGrain, milliseconds, STABLE_PLANS } from './expressions.ts'

// The entries of a budget are an array with a row of four numbers for each: kind, instant, end and
// cost. The kind is its place in `KINDS`, and instants are milliseconds since 1970. The rules are
// those of `limits/budget.ts` in the core.
//
// PostgreSQL prepares each expression again in each transaction, which takes longer than to
// evaluate it. So there are few expressions, and loops instead of queries where there is no table.
//
// Every step locks subjects in the same order, that of their bytes, as the index has them.

/** Adds entries to others. Leaves out what has ended, and keeps one for each kind and instant. */
export const MERGED = sql`
create function ${sql.table('merged')}(kept bigint[], added bigint[], now_ms bigint, latest_end bigint)
returns bigint[] language plpgsql immutable as $$
declare
  entries bigint[] := added;
begin
  <<kept_entries>>
  for k in 1 .. cardinality(kept) / 4 loop
    continue when kept[k][3] <= now_ms;
    for a in 1 .. cardinality(added) / 4 loop
      if entries[a][1] = kept[k][1] and entries[a][2] = kept[k][2] and entries[a][3] = kept[k][3] then
        entries[a][4] := entries[a][4] + kept[k][4];
        continue kept_entries;
      end if;
    end loop;
    entries := entries || kept[k:k];
  end loop;
  for a in reverse cardinality(added) / 4 .. 1 loop
    if entries[a][4] <= 0 or entries[a][3] <= now_ms then
      entries := entries[:a - 1] || entries[a + 1:];
    end if;
  end loop;
  if latest_end is not null then
    for e in 1 .. cardinality(entries) / 4 loop
      entries[e][3] := least(entries[e][3], latest_end);
    end loop;
  end if;
  return entries;
end $$`

/** What the entries of one kind cost that count against a rate. */
export const COUNTED = sql`
create function ${sql.table('counted')}(
  entries bigint[], wanted_kind bigint, with_reserved boolean, window_ms bigint, since_ms bigint, now_ms bigint
) returns bigint language plpgsql immutable as $$
declare
  total bigint := 0;
begin
  for e in 1 .. cardinality(entries) / 4 loop
    if entries[e][1] = wanted_kind and (case when entries[e][2] = entries[e][3]
      then with_reserved and entries[e][3] > now_ms
      else least(entries[e][2] + window_ms, entries[e][3]) > now_ms and (entries[e][2] <= since_ms) is not true end)
    then total := total + entries[e][4]; end if;
  end loop;
  return total;
end $$`

/**
 * Charges every budget of a lane, or none. Returns the budgets as they were before: for each a row
 * with the place of its subject, its last success, and null twice, and then its entries.
 *
 * A charge is a row of nine numbers: its lane, or 0 if every lane has it; the place of its subject
 * in `subjects`; kind; cost; in how many milliseconds its entry begins; the length of its
 * sub-windows; how long the entry lasts, or 0 if it is reserved; the places of its first and last
 * rate. A rate is a row of three: limit; window in milliseconds; 1 if it counts since the last
 * success. Charges of one subject follow each other.
 *
 * The subjects are locked before the budgets are read, in their order, so that callers of the same
 * budgets take turns, no two callers wait for each other, and no statement has to be undone.
 */
export const CHARGE = sql`
create function ${sql.table('charge')}(
  given_now timestamptz, subjects text[], lane_subjects text[], lane_seconds integer[], charges bigint[], rates bigint[],
  out now_at timestamptz, out used_lane integer, out is_admitted boolean, out budgets bigint[]
) language plpgsql ${STABLE_PLANS} as $$
declare
  now_ms bigint;
  place bigint;
  entries bigint[];
  succeeded_ms bigint;
  total bigint;
  starts_at bigint;
  added bigint[] := '{}';
  added_places bigint[] := '{}';
  added_from integer[] := '{}';
  added_to integer[] := '{}';
  added_end bigint[] := '{}';
  last integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended(locked, 0)) from unnest(subjects) as locked;
  now_at := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));
  now_ms := ${milliseconds('now_at')};
  for l in 1 .. cardinality(lane_subjects) loop
    used_lane := l;
    exit when lane_seconds[l] < 0 or exists (
      select from ${sql.table('budgets')} as budget
      where budget.subject = lane_subjects[l] and succeeded_at + make_interval(secs => lane_seconds[l]) > now_at
    );
  end loop;

  is_admitted := true;
  for c in 1 .. cardinality(charges) / 9 loop
    continue when charges[c][1] <> 0 and charges[c][1] <> used_lane;
    if place is distinct from charges[c][2] then
      place := charges[c][2];
      select budget.entries, ${milliseconds('succeeded_at')} into entries, succeeded_ms
      from ${sql.table('budgets')} as budget where budget.subject = subjects[place];
      if not found then entries := '{}'; end if;
      budgets := budgets || array[[place, succeeded_ms, null, null]] || entries;
    end if;
    -- At least as much as any rate counts.
    total := greatest(charges[c][4], 1);
    for e in 1 .. cardinality(entries) / 4 loop
      if entries[e][1] = charges[c][3] then total := total + entries[e][4]; end if;
    end loop;
    for r in charges[c][8] .. charges[c][9] loop
      if total > rates[r][1] and greatest(charges[c][4], 1) + ${sql.table('counted')}(
        entries, charges[c][3], charges[c][7] = 0, rates[r][2], (case when rates[r][3] = 1 then succeeded_ms end), now_ms
      ) > rates[r][1] then is_admitted := false; end if;
    end loop;
    if charges[c][4] > 0 then
      starts_at := ${endOfGrain('now_ms + charges[c][5]', 'charges[c][6]')};
      if added_places[last] is distinct from place then
        last := last + 1;
        added_places[last] := place;
        added_from[last] := cardinality(added) / 4 + 1;
      end if;
      added := added || array[[charges[c][3], starts_at, starts_at + charges[c][7], charges[c][4]]];
      added_to[last] := cardinality(added) / 4;
      added_end[last] := greatest(added_end[last], starts_at + charges[c][7]);
    end if;
  end loop;

  if not is_admitted then return; end if;
  for n in 1 .. last loop
    insert into ${sql.table('budgets')} as budget (subject, entries, ends_at)
    values (subjects[added_places[n]], added[added_from[n]:added_to[n]], ${endOfDay('added_end[n]')})
    on conflict (subject) do update set
      entries = ${sql.table('merged')}(budget.entries, excluded.entries, now_ms, null),
      ends_at = greatest(budget.ends_at, excluded.ends_at);
  end loop;
end $$`

// Entries of `fail` and `succeed` with a negative cost are part of a new row only if the row of the
// reservation is missing. It is kept until the challenge has expired.

/** Records a wrong code: for the subjects from which the challenge has reserved, and for others. */
export const FAIL = sql`
create function ${sql.table('fail')}(
  now_at timestamptz, challenge_end timestamptz, reservations json,
  rule_kinds bigint[], rule_grains bigint[], rule_windows bigint[], other_subjects text[], other_kinds bigint[]
) returns void language plpgsql as $$
#variable_conflict use_column
declare
  now_ms bigint := ${milliseconds('now_at')};
  expiry_ms bigint := ${milliseconds('challenge_end')};
begin
  with reserved as (
    select value ->> 0 as subject, (value ->> 1)::bigint as kind, ${endOfGrain('expiry_ms', '(value ->> 2)::bigint')} as ends
    from json_array_elements(reservations)
  ), failed as (
    select subject, kind from reserved union select * from unnest(other_subjects, other_kinds)
  ), added as (
    select subject, array[kind, starts_at, starts_at + lasting, 1] as entry
    from failed join unnest(rule_kinds, rule_grains, rule_windows) as rule (kind, grain, lasting) using (kind)
    cross join lateral (select ${endOfGrain('now_ms', 'grain')} as starts_at) as time
    union all
    select subject, array[kind, ends, ends, -1] from reserved where kind = any (rule_kinds)
  )
  insert into ${sql.table('budgets')} as budget (subject, entries, ends_at)
  select subject, array_agg(entry), ${endOfDay('max(entry[3])')} from added group by subject order by subject collate "C"
  on conflict (subject) do update set
    entries = ${sql.table('merged')}(budget.entries, excluded.entries, now_ms, null),
    ends_at = greatest(budget.ends_at, excluded.ends_at);
end $$`

/** Records a right code. */
export const SUCCEED = sql`
create function ${sql.table('succeed')}(
  now_at timestamptz, challenge_end timestamptz, number_subject text, lane text, reservations json, unused integer,
  known_parts text[], forgotten_parts text[], known_seconds integer, record_seconds integer, max_devices integer
) returns void language plpgsql as $$
#variable_conflict use_column
declare
  now_ms bigint := ${milliseconds('now_at')};
  expiry_ms bigint := ${milliseconds('challenge_end')};
  known_ms bigint := now_ms + known_seconds * 1000::bigint;
  record_ms bigint := now_ms + record_seconds * 1000::bigint;
  devices text := number_subject || ${sql.lit(`|${DEVICE}`)};
  device_count bigint;
begin
  insert into ${sql.table('budgets')} as budget (subject, succeeded_at, entries, ends_at)
  select subject, max(success), coalesce(array_agg(released) filter (where released is not null), '{}'), ${endOfDay('max(known_until)')}
  from (
    select number_subject as subject, now_at as success, null::bigint[] as released, now_ms as known_until
    union all select lane, now_at, null, known_ms where lane is not null
    union all select number_subject || '|' || part, now_at, null, known_ms from unnest(known_parts) as part
    union all select number_subject || '|' || part, null, null, now_ms from unnest(forgotten_parts) as part
    union all select value ->> 0, null, array[(value ->> 1)::bigint, ends, ends, -unused], now_ms
      from json_array_elements(reservations)
      cross join lateral (select ${endOfGrain('expiry_ms', '(value ->> 2)::bigint')} as ends) as time
  ) as changed
  group by subject order by subject collate "C"
  on conflict (subject) do update set
    succeeded_at = coalesce(excluded.succeeded_at, budget.succeeded_at),
    -- What was recorded before a success no longer counts in a row.
    entries = ${sql.table('merged')}(
      budget.entries, excluded.entries, now_ms, (case when budget.subject = number_subject then record_ms end)),
    ends_at = (case when budget.subject = number_subject then least(budget.ends_at, ${endOfDay('record_ms')})
      else greatest(budget.ends_at, excluded.ends_at) end);
  for p in 1 .. cardinality(forgotten_parts) loop
    update ${sql.table('budgets')} set succeeded_at = null where subject = number_subject || '|' || forgotten_parts[p];
  end loop;
  select count(*) into device_count from ${sql.table('budgets')}
  where subject >= devices and subject < devices || '~' and succeeded_at is not null;
  if device_count > max_devices then
    update ${sql.table('budgets')} set succeeded_at = null
    where subject in (
      select subject from ${sql.table('budgets')}
      where subject >= devices and subject < devices || '~' and succeeded_at is not null
      order by succeeded_at desc offset max_devices
    );
  end if;
end $$`
