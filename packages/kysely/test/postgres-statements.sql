-- The steps that are one statement each on PostgreSQL, and the functions that they call, with the
-- default table prefix. The lines above a statement name the input of each placeholder.
-- postgres-statements.test.ts writes this file: after a change, run the test with --update and read
-- the difference.

-- OtpStore.open
--   $1 subjects
--   $2 laneSubjects
--   $3 laneSeconds
--   $4 charges
--   $5 rates
--   $6 idHash
--   $7 purpose
--   $8 sessionId
--   $9 channel
--   $10 phoneNumber
--   $11 seed
--   $12 codeHash
--   $13 keyId
--   $14 alphabet
--   $15 length
--   $16 maxAttempts
--   $17 maxAttemptsByNumber
--   $18 maxSends
--   $19 numberSubject
--   $20 userSubject
--   $21 network
--   $22 laneSubjects
--   $23 laneReservations
--   $24 ttlSeconds
with
  admission as materialized (select * from "phone_auth_charge" (null, $1, $2, $3, $4, $5)),
  opened as (
    insert into
      "phone_auth_challenges" (
        "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
        "key_id", "code_alphabet", "code_length", "max_attempts", "max_attempts_by_number", "sends",
        "max_sends", "number_subject", "user_subject", "network", "lane", "reservations",
        "created_at", "expires_at"
      )
    select
      $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, $18, $19, $20, $21,
      nullif(($22::text[]) [used_lane], ''),
      (($23::text[]) [used_lane])::json,
      now_at,
      (cast(now_at as timestamptz) + make_interval(secs => $24))
    from admission
    where is_admitted
    returning expires_at
  )
select now_at, used_lane, array_to_json(budgets)::text as budgets, opened.expires_at
from admission left join opened on true;

-- OtpStore.resend
--   $1 idHash
--   $2 subjects
--   $3 laneSubjects
--   $4 laneSeconds
--   $5 charges
--   $6 rates
--   $7 seed
--   $8 codeHash
--   $9 keyId
--   $10 idHash
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  found as materialized (
    (
      select
        "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
        "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
        "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
        "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
        "expires_at", "consumed_at"
      from "phone_auth_challenges"
      where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $1
    )
    for update
  ),
  admission as materialized (
    select admission.*
    from found cross join lateral "phone_auth_charge" (null, $2, $3, $4, $5, $6) as admission
    where attempts < max_attempts and sends < max_sends
  ),
  resent as (
    update "phone_auth_challenges"
    set
      sends = sends + 1,
      seed = coalesce($7, seed),
      code_hash = coalesce($8, code_hash),
      key_id = coalesce($9, key_id)
    where id_hash = $10 and exists (select from admission where is_admitted)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
  )
select
  now_at,
  used_lane,
  array_to_json(budgets)::text as budgets,
  row_to_json(found) as found,
  row_to_json(resent) as resent
from clock left join found on true left join admission on true left join resent on true;

-- OtpStore.redeem
--   $1 idHash
--   $2 purpose
--   $3 boundSessionId
--   $4 counted
--   $5 byNumber
--   $6 byStranger
--   $7 codeHashes
--   $8 failureKinds
--   $9 failureGrains
--   $10 failureWindows
--   $11 failedSubjects
--   $12 failedKinds
--   $13 known
--   $14 forgotten
--   $15 knownSeconds
--   $16 recordSeconds
--   $17 maxDevices
select *
from
  "phone_auth_redeem" (null, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- UserStore.signIn
--   $1 phoneNumber
--   $2 registration
select *
from "phone_auth_sign_in_user" (null, $1, $2);

-- JointSteps.signIn
--   $1 idHash
--   $2 purpose
--   $3 boundSessionId
--   $4 counted
--   $5 byNumber
--   $6 byStranger
--   $7 codeHashes
--   $8 failureKinds
--   $9 failureGrains
--   $10 failureWindows
--   $11 failedSubjects
--   $12 failedKinds
--   $13 known
--   $14 forgotten
--   $15 knownSeconds
--   $16 recordSeconds
--   $17 maxDevices
--   $18 registration
--   $19 sessionId
--   $20 refreshTokenHash
--   $21 userAgent
--   $22 ip
--   $23 absoluteSeconds
--   $24 firstSeconds
select *
from
  "phone_auth_sign_in" (
    null,
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24
  );

-- SessionStore.rotate
--   $1 sessionId
--   $2 refreshTokenHash
--   $3 refreshTokenHash
--   $4 reuseWindowSeconds
--   $5 reuseWindowSeconds
--   $6 nextRefreshTokenHash
--   $7 idleSeconds
--   $8 idleSeconds
--   $9 sessionId
--   $10 idleSeconds
--   $11 idleSeconds
--   $12 sessionId
--   $13 sessionId
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  live as materialized (
    select
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at", "generation", "oldest_generation", "used_generation"
    from "phone_auth_sessions"
    where id = $1 and revoked_at is null and expires_at > (select now from clock)
    for update
  ),
  judged as materialized (
    select
      *,
      case
        when refresh_token_hash = $2 then 'rotated'
        when previous_refresh_token_hash is distinct from $3
        or $4 = 0 then 'reused'
        when (
          select now
          from clock
        ) < (cast(last_used_at as timestamptz) + make_interval(secs => $5)) then 'repeated'
        when used_generation is distinct from generation then 'exchanged_again'
        else 'reused'
      end as outcome
    from live
  ),
  rotated as (
    update "phone_auth_sessions"
    set
      previous_refresh_token_hash = refresh_token_hash,
      refresh_token_hash = $6,
      generation = generation + 1,
      last_used_at = (select now from clock),
      expires_at = case
        when (
          cast((select now from clock) as timestamptz) + make_interval(secs => $7)
        ) < absolute_expires_at then (
          cast((select now from clock) as timestamptz) + make_interval(secs => $8)
        )
        else absolute_expires_at
      end
    where id = $9 and exists (select from judged where outcome = 'rotated')
    returning
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at", "generation", "oldest_generation", "used_generation"
  ),
  exchanged_again as (
    update "phone_auth_sessions"
    set
      oldest_generation = generation + 1,
      generation = generation + 1,
      last_used_at = (select now from clock),
      expires_at = case
        when (
          cast((select now from clock) as timestamptz) + make_interval(secs => $10)
        ) < absolute_expires_at then (
          cast((select now from clock) as timestamptz) + make_interval(secs => $11)
        )
        else absolute_expires_at
      end
    where id = $12 and exists (select from judged where outcome = 'exchanged_again')
    returning
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at", "generation", "oldest_generation", "used_generation"
  ),
  ended as (
    update "phone_auth_sessions"
    set revoked_at = (select now from clock)
    where id = $13 and exists (select from judged where outcome = 'reused')
  )
select
  'rotated' as outcome,
  "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
  "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
  "authenticated_at", "generation", "oldest_generation", "used_generation"
from rotated
union all
select
  'repeated',
  "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
  "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
  "authenticated_at", "generation", "oldest_generation", "used_generation"
from exchanged_again
union all
select
  outcome,
  "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
  "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
  "authenticated_at", "generation", "oldest_generation", "used_generation"
from judged
where outcome in ('repeated', 'reused');

create function "phone_auth_merged"(kept bigint[], added bigint[], now_ms bigint, latest_end bigint)
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
end $$;

create function "phone_auth_counted"(
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
end $$;

create function "phone_auth_charge"(
  given_now timestamptz, subjects text[], lane_subjects text[], lane_seconds integer[], charges bigint[], rates bigint[],
  out now_at timestamptz, out used_lane integer, out is_admitted boolean, out budgets bigint[]
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
  now_ms := round(date_part('epoch', now_at) * 1000)::bigint;
  for l in 1 .. cardinality(lane_subjects) loop
    used_lane := l;
    exit when lane_seconds[l] < 0 or exists (
      select from "phone_auth_budgets" as budget
      where budget.subject = lane_subjects[l] and succeeded_at + make_interval(secs => lane_seconds[l]) > now_at
    );
  end loop;

  is_admitted := true;
  for c in 1 .. cardinality(charges) / 9 loop
    continue when charges[c][1] <> 0 and charges[c][1] <> used_lane;
    if place is distinct from charges[c][2] then
      place := charges[c][2];
      select budget.entries, round(date_part('epoch', succeeded_at) * 1000)::bigint into entries, succeeded_ms
      from "phone_auth_budgets" as budget where budget.subject = subjects[place];
      if not found then entries := '{}'; end if;
      budgets := budgets || array[[place, succeeded_ms, null, null]] || entries;
    end if;
    -- At least as much as any rate counts.
    total := greatest(charges[c][4], 1);
    for e in 1 .. cardinality(entries) / 4 loop
      if entries[e][1] = charges[c][3] then total := total + entries[e][4]; end if;
    end loop;
    for r in charges[c][8] .. charges[c][9] loop
      if total > rates[r][1] and greatest(charges[c][4], 1) + "phone_auth_counted"(
        entries, charges[c][3], charges[c][7] = 0, rates[r][2], (case when rates[r][3] = 1 then succeeded_ms end), now_ms
      ) > rates[r][1] then is_admitted := false; end if;
    end loop;
    if charges[c][4] > 0 then
      starts_at := (now_ms + charges[c][5] + charges[c][6] - 1) / charges[c][6] * charges[c][6];
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
    insert into "phone_auth_budgets" as budget (subject, entries, ends_at)
    values (subjects[added_places[n]], added[added_from[n]:added_to[n]], to_timestamp((added_end[n] + 86399999) / 86400000 * 86400))
    on conflict (subject) do update set
      entries = "phone_auth_merged"(budget.entries, excluded.entries, now_ms, null),
      ends_at = greatest(budget.ends_at, excluded.ends_at);
  end loop;
end $$;

create function "phone_auth_fail"(
  now_at timestamptz, challenge_end timestamptz, reservations json,
  rule_kinds bigint[], rule_grains bigint[], rule_windows bigint[], other_subjects text[], other_kinds bigint[]
) returns void language plpgsql as $$
#variable_conflict use_column
declare
  now_ms bigint := round(date_part('epoch', now_at) * 1000)::bigint;
  expiry_ms bigint := round(date_part('epoch', challenge_end) * 1000)::bigint;
begin
  with reserved as (
    select value ->> 0 as subject, (value ->> 1)::bigint as kind, (expiry_ms + (value ->> 2)::bigint - 1) / (value ->> 2)::bigint * (value ->> 2)::bigint as ends
    from json_array_elements(reservations)
  ), failed as (
    select subject, kind from reserved union select * from unnest(other_subjects, other_kinds)
  ), added as (
    select subject, array[kind, starts_at, starts_at + lasting, 1] as entry
    from failed join unnest(rule_kinds, rule_grains, rule_windows) as rule (kind, grain, lasting) using (kind)
    cross join lateral (select (now_ms + grain - 1) / grain * grain as starts_at) as time
    union all
    select subject, array[kind, ends, ends, -1] from reserved where kind = any (rule_kinds)
  )
  insert into "phone_auth_budgets" as budget (subject, entries, ends_at)
  select subject, array_agg(entry), to_timestamp((max(entry[3]) + 86399999) / 86400000 * 86400) from added group by subject order by subject collate "C"
  on conflict (subject) do update set
    entries = "phone_auth_merged"(budget.entries, excluded.entries, now_ms, null),
    ends_at = greatest(budget.ends_at, excluded.ends_at);
end $$;

create function "phone_auth_succeed"(
  now_at timestamptz, challenge_end timestamptz, number_subject text, lane text, reservations json, unused integer,
  known_parts text[], forgotten_parts text[], known_seconds integer, record_seconds integer, max_devices integer
) returns void language plpgsql as $$
#variable_conflict use_column
declare
  now_ms bigint := round(date_part('epoch', now_at) * 1000)::bigint;
  expiry_ms bigint := round(date_part('epoch', challenge_end) * 1000)::bigint;
  known_ms bigint := now_ms + known_seconds * 1000::bigint;
  record_ms bigint := now_ms + record_seconds * 1000::bigint;
  devices text := number_subject || '|device:';
  device_count bigint;
begin
  insert into "phone_auth_budgets" as budget (subject, succeeded_at, entries, ends_at)
  select subject, max(success), coalesce(array_agg(released) filter (where released is not null), '{}'), to_timestamp((max(known_until) + 86399999) / 86400000 * 86400)
  from (
    select number_subject as subject, now_at as success, null::bigint[] as released, now_ms as known_until
    union all select lane, now_at, null, known_ms where lane is not null
    union all select number_subject || '|' || part, now_at, null, known_ms from unnest(known_parts) as part
    union all select number_subject || '|' || part, null, null, now_ms from unnest(forgotten_parts) as part
    union all select value ->> 0, null, array[(value ->> 1)::bigint, ends, ends, -unused], now_ms
      from json_array_elements(reservations)
      cross join lateral (select (expiry_ms + (value ->> 2)::bigint - 1) / (value ->> 2)::bigint * (value ->> 2)::bigint as ends) as time
  ) as changed
  group by subject order by subject collate "C"
  on conflict (subject) do update set
    succeeded_at = coalesce(excluded.succeeded_at, budget.succeeded_at),
    -- What was recorded before a success no longer counts in a row.
    entries = "phone_auth_merged"(
      budget.entries, excluded.entries, now_ms, (case when budget.subject = number_subject then record_ms end)),
    ends_at = (case when budget.subject = number_subject then least(budget.ends_at, to_timestamp((record_ms + 86399999) / 86400000 * 86400))
      else greatest(budget.ends_at, excluded.ends_at) end);
  for p in 1 .. cardinality(forgotten_parts) loop
    update "phone_auth_budgets" set succeeded_at = null where subject = number_subject || '|' || forgotten_parts[p];
  end loop;
  select count(*) into device_count from "phone_auth_budgets"
  where subject >= devices and subject < devices || '~' and succeeded_at is not null;
  if device_count > max_devices then
    update "phone_auth_budgets" set succeeded_at = null
    where subject in (
      select subject from "phone_auth_budgets"
      where subject >= devices and subject < devices || '~' and succeeded_at is not null
      order by succeeded_at desc offset max_devices
    );
  end if;
end $$;

create function "phone_auth_redeem"(
  given_now timestamptz, given_id_hash text, given_purpose text, given_bound_session_id text, given_counted integer, given_by_number integer, given_by_stranger integer, given_code_hashes text, given_failure_kinds bigint[], given_failure_grains bigint[], given_failure_windows bigint[], given_failed_subjects text[], given_failed_kinds bigint[], given_known text[], given_forgotten text[], given_known_seconds integer, given_record_seconds integer, given_max_devices integer,
  out challenge json, out is_claimed boolean
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  now_at timestamptz := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));
  claimed record;
begin
  
  update "phone_auth_challenges" set "attempts" = attempts + given_counted, "attempts_by_number" = attempts_by_number + given_by_number, "attempts_by_stranger" = attempts_by_stranger + given_by_stranger, "consumed_at" = case when code_hash in (select jsonb_array_elements_text(given_code_hashes::jsonb)) then now_at end where "id_hash" = given_id_hash and "purpose" = given_purpose and "session_id" is not distinct from given_bound_session_id and "consumed_at" is null and "expires_at" > now_at and (given_counted = 0 or attempts < max_attempts) and (given_by_number = 0 or attempts_by_number < max_attempts_by_number) and (given_by_stranger = 0 or attempts_by_stranger < 1) returning "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject", "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at", "expires_at", "consumed_at" into claimed;
  is_claimed := found;
  if not is_claimed then
    select * into claimed from ((select "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject", "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at", "expires_at", "consumed_at" from "phone_auth_challenges" where "consumed_at" is null and "expires_at" > now_at and "id_hash" = given_id_hash)) as known
    where purpose = given_purpose and session_id is not distinct from given_bound_session_id;
  elsif claimed.consumed_at is null then
    perform "phone_auth_fail"(
      now_at, claimed.expires_at, claimed.reservations, given_failure_kinds, given_failure_grains,
      given_failure_windows, given_failed_subjects, given_failed_kinds);
  else
    perform "phone_auth_succeed"(
      now_at, claimed.expires_at, claimed.number_subject, claimed.lane, claimed.reservations,
      claimed.max_attempts - (claimed.attempts - 1), given_known, given_forgotten, given_known_seconds,
      given_record_seconds, given_max_devices);
  end if;
  if claimed.id_hash is not null then challenge := row_to_json(claimed); end if;
end $$;

create function "phone_auth_sign_in_user"(
  given_now timestamptz, given_phone_number text, given_registration text,
  out account json, out profile json, out is_new boolean
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  now_at timestamptz := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));
  found_user record;
  found_profile record;
begin
  
  
  update "phone_auth_users" as account set 
    verified_at = case when account.is_active then now_at else account.verified_at end,
    previously_verified_at = case when account.is_active then account.verified_at else account.previously_verified_at end,
    last_signed_in_at = case when account.is_active then now_at else account.last_signed_in_at end
  where phone_number = given_phone_number
  returning "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at", "last_signed_in_at" into found_user;
  is_new := not found;
  if is_new and given_registration = 'open' then
    insert into "phone_auth_users" as "account" ("phone_number", "is_active", "verified_at", "created_at", "last_signed_in_at") select given_phone_number, true, now_at, now_at, now_at
    on conflict (phone_number) do update set 
    verified_at = case when account.is_active then now_at else account.verified_at end,
    previously_verified_at = case when account.is_active then account.verified_at else account.previously_verified_at end,
    last_signed_in_at = case when account.is_active then now_at else account.last_signed_in_at end
    returning "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at", "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at", account.xmax = 0 as is_new into found_user;
    is_new := found_user.is_new;
  end if;
  if found_user.id is not null then
    select * into found_profile from ((select "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra", "created_at", "updated_at" from "phone_auth_profiles" where "user_id" = found_user.id)) as known;
    if not found then
      insert into "phone_auth_profiles" ("user_id", "extra", "created_at", "updated_at") select found_user.id, '{}', now_at, now_at
      on conflict (user_id) do update set user_id = excluded.user_id returning "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra", "created_at", "updated_at" into found_profile;
    end if;
    account := row_to_json(found_user);
    profile := row_to_json(found_profile);
  end if;
end $$;

create function "phone_auth_sign_in"(
  given_now timestamptz, given_id_hash text, given_purpose text, given_bound_session_id text, given_counted integer, given_by_number integer, given_by_stranger integer, given_code_hashes text, given_failure_kinds bigint[], given_failure_grains bigint[], given_failure_windows bigint[], given_failed_subjects text[], given_failed_kinds bigint[], given_known text[], given_forgotten text[], given_known_seconds integer, given_record_seconds integer, given_max_devices integer, given_registration text, given_session_id text, given_refresh_token_hash text, given_user_agent text, given_ip text, given_absolute_seconds integer, given_first_seconds integer,
  out challenge json, out is_claimed boolean, out account json, out profile json, out is_new boolean, out session json
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  now_at timestamptz := coalesce(given_now, date_trunc('milliseconds', clock_timestamp()));
  claimed record;
  found_user record;
  found_profile record;
  new_session record;
begin
  
  update "phone_auth_challenges" set "attempts" = attempts + given_counted, "attempts_by_number" = attempts_by_number + given_by_number, "attempts_by_stranger" = attempts_by_stranger + given_by_stranger, "consumed_at" = case when code_hash in (select jsonb_array_elements_text(given_code_hashes::jsonb)) then now_at end where "id_hash" = given_id_hash and "purpose" = given_purpose and "session_id" is not distinct from given_bound_session_id and "consumed_at" is null and "expires_at" > now_at and (given_counted = 0 or attempts < max_attempts) and (given_by_number = 0 or attempts_by_number < max_attempts_by_number) and (given_by_stranger = 0 or attempts_by_stranger < 1) returning "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject", "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at", "expires_at", "consumed_at" into claimed;
  is_claimed := found;
  if not is_claimed then
    select * into claimed from ((select "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject", "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at", "expires_at", "consumed_at" from "phone_auth_challenges" where "consumed_at" is null and "expires_at" > now_at and "id_hash" = given_id_hash)) as known
    where purpose = given_purpose and session_id is not distinct from given_bound_session_id;
  elsif claimed.consumed_at is null then
    perform "phone_auth_fail"(
      now_at, claimed.expires_at, claimed.reservations, given_failure_kinds, given_failure_grains,
      given_failure_windows, given_failed_subjects, given_failed_kinds);
  else
    perform "phone_auth_succeed"(
      now_at, claimed.expires_at, claimed.number_subject, claimed.lane, claimed.reservations,
      claimed.max_attempts - (claimed.attempts - 1), given_known, given_forgotten, given_known_seconds,
      given_record_seconds, given_max_devices);
  end if;
  if claimed.id_hash is not null then challenge := row_to_json(claimed); end if;
  if claimed.consumed_at is null then return; end if;
  
  
  update "phone_auth_users" as account set 
    verified_at = case when account.is_active then now_at else account.verified_at end,
    previously_verified_at = case when account.is_active then account.verified_at else account.previously_verified_at end,
    last_signed_in_at = case when account.is_active then now_at else account.last_signed_in_at end
  where phone_number = claimed.phone_number
  returning "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at", "last_signed_in_at" into found_user;
  is_new := not found;
  if is_new and given_registration = 'open' then
    insert into "phone_auth_users" as "account" ("phone_number", "is_active", "verified_at", "created_at", "last_signed_in_at") select claimed.phone_number, true, now_at, now_at, now_at
    on conflict (phone_number) do update set 
    verified_at = case when account.is_active then now_at else account.verified_at end,
    previously_verified_at = case when account.is_active then account.verified_at else account.previously_verified_at end,
    last_signed_in_at = case when account.is_active then now_at else account.last_signed_in_at end
    returning "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at", "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at", account.xmax = 0 as is_new into found_user;
    is_new := found_user.is_new;
  end if;
  if found_user.id is not null then
    select * into found_profile from ((select "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra", "created_at", "updated_at" from "phone_auth_profiles" where "user_id" = found_user.id)) as known;
    if not found then
      insert into "phone_auth_profiles" ("user_id", "extra", "created_at", "updated_at") select found_user.id, '{}', now_at, now_at
      on conflict (user_id) do update set user_id = excluded.user_id returning "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra", "created_at", "updated_at" into found_profile;
    end if;
    account := row_to_json(found_user);
    profile := row_to_json(found_profile);
  end if;
  if found_user.is_active then
    insert into "phone_auth_sessions" ("id", "user_id", "refresh_token_hash", "user_agent", "ip", "created_at", "last_used_at", "expires_at", "absolute_expires_at") select given_session_id, found_user.id, given_refresh_token_hash, given_user_agent, given_ip, now_at, now_at, (cast(now_at as timestamptz) + make_interval(secs => given_first_seconds)), (cast(now_at as timestamptz) + make_interval(secs => given_absolute_seconds)) returning "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip", "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at", "authenticated_at", "generation", "oldest_generation", "used_generation" into new_session;
    session := row_to_json(new_session);
  end if;
end $$;
