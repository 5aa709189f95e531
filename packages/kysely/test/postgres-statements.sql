-- The steps that are one statement each on PostgreSQL, with the default table prefix. The lines
-- above a statement name the input of each placeholder. postgres-statements.test.ts writes this
-- file: after a change, run the test with --update and read the difference.

-- OtpStore.open
--   $1 charges
--   $2 idHash
--   $3 purpose
--   $4 sessionId
--   $5 channel
--   $6 phoneNumber
--   $7 seed
--   $8 codeHash
--   $9 keyId
--   $10 alphabet
--   $11 length
--   $12 maxAttempts
--   $13 maxAttemptsByNumber
--   $14 maxSends
--   $15 settlements
--   $16 ttlSeconds
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  charge as materialized (
    select *
    from
      jsonb_to_recordset($1::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)
  ),
  before as materialized (
    select
      charge.*,
      coalesce(used, 0) as used,
      coalesce(
        ends_at,
        (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
      ) as ends_at
    from
      charge
      left join lateral (
        select used, ends_at
        from "phone_auth_budgets" as budget
        where budget.key = charge.key and budget.ends_at > (select now from clock)
        limit 1
      ) as running on true
  ),
  wanted as materialized (
    select true
    where true and not exists (select from before where used + greatest(cost, 1) > "limit")
  ),
  taken as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select
      key,
      cost,
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
    from charge
    where cost > 0 and exists (select from wanted)
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.used
        else budget.used + excluded.used
      end,
      started_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.started_at
        else budget.started_at
      end,
      ends_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.ends_at
        else budget.ends_at
      end
    where
      budget.ends_at <= greatest(excluded.started_at, budget.started_at)
      or budget.used + excluded.used <= (
        select charge."limit"
        from charge
        where charge.key = excluded.key
      )
    returning budget.key, budget.used, budget.started_at, budget.ends_at
  ),
  admitted as materialized (
    select true
    where
      case
        when not exists (select from wanted) then false
        when (select count(*) from taken) = (select count(*) from charge where cost > 0) then true
        else cast(
          'phone_auth: other callers charged the same budgets; nothing was stored, and the statement runs again: ' || (
            select count(*)
            from taken
          ) as boolean
        )
      end
  ),
  opened as (
    insert into
      "phone_auth_challenges" (
        "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
        "key_id", "code_alphabet", "code_length", "max_attempts", "max_attempts_by_number", "sends",
        "max_sends", "settlements", "created_at", "expires_at"
      )
    select
      $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15,
      greatest((select now from clock), (select max(started_at) from taken)),
      (
        cast(
          greatest((select now from clock), (select max(started_at) from taken)) as timestamptz
        ) + make_interval(secs => $16)
      )
    from admitted
    returning created_at, expires_at
  )
select
  (select now from clock) as now,
  exists (select from wanted) as is_wanted,
  (
    select
      json_agg(json_build_object('key', before.key, 'until', coalesce(taken.ends_at, before.ends_at)))
    from before left join taken on taken.key = before.key
    where coalesce(taken.used, before.used) + greatest(cost, 1) > "limit"
  ) as full_budgets,
  opened.created_at,
  opened.expires_at
from clock left join opened on true;

-- OtpStore.resend
--   $1 idHash
--   $2 charges
--   $3 seed
--   $4 codeHash
--   $5 keyId
--   $6 idHash
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  found as materialized (
    (
      select
        "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
        "key_id", "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
        "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
        "created_at", "expires_at", "consumed_at"
      from "phone_auth_challenges"
      where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $1
    )
    for update
  ),
  charge as materialized (
    select *
    from
      jsonb_to_recordset($2::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)
  ),
  before as materialized (
    select
      charge.*,
      coalesce(used, 0) as used,
      coalesce(
        ends_at,
        (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
      ) as ends_at
    from
      charge
      left join lateral (
        select used, ends_at
        from "phone_auth_budgets" as budget
        where budget.key = charge.key and budget.ends_at > (select now from clock)
        limit 1
      ) as running on true
  ),
  wanted as materialized (
    select true
    where
      exists (select from found where attempts < max_attempts and sends < max_sends)
      and not exists (select from before where used + greatest(cost, 1) > "limit")
  ),
  taken as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select
      key,
      cost,
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
    from charge
    where cost > 0 and exists (select from wanted)
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.used
        else budget.used + excluded.used
      end,
      started_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.started_at
        else budget.started_at
      end,
      ends_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.ends_at
        else budget.ends_at
      end
    where
      budget.ends_at <= greatest(excluded.started_at, budget.started_at)
      or budget.used + excluded.used <= (
        select charge."limit"
        from charge
        where charge.key = excluded.key
      )
    returning budget.key, budget.used, budget.started_at, budget.ends_at
  ),
  admitted as materialized (
    select true
    where
      case
        when not exists (select from wanted) then false
        when (select count(*) from taken) = (select count(*) from charge where cost > 0) then true
        else cast(
          'phone_auth: other callers charged the same budgets; nothing was stored, and the statement runs again: ' || (
            select count(*)
            from taken
          ) as boolean
        )
      end
  ),
  resent as (
    update "phone_auth_challenges"
    set
      sends = sends + 1,
      seed = coalesce($3, seed),
      code_hash = coalesce($4, code_hash),
      key_id = coalesce($5, key_id)
    where id_hash = $6 and exists (select from admitted)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
  )
select
  (select now from clock) as now,
  exists (select from wanted) as is_wanted,
  (
    select
      json_agg(json_build_object('key', before.key, 'until', coalesce(taken.ends_at, before.ends_at)))
    from before left join taken on taken.key = before.key
    where coalesce(taken.used, before.used) + greatest(cost, 1) > "limit"
  ) as full_budgets,
  row_to_json(found) as found,
  row_to_json(resent) as resent
from clock left join found on true left join resent on true;

-- OtpStore.redeem
--   $1 counted
--   $2 byNumber
--   $3 codeHashes
--   $4 idHash
--   $5 purpose
--   $6 boundSessionId
--   $7 counted
--   $8 byNumber
--   $9 idHash
--   $10 purpose
--   $11 boundSessionId
--   $12 failureCharges
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  claimed as (
    update "phone_auth_challenges"
    set
      "attempts" = attempts + $1,
      "attempts_by_number" = attempts_by_number + $2,
      "consumed_at" = case
        when code_hash in (select jsonb_array_elements_text($3::jsonb)) then (select now from clock)
      end
    where
      "id_hash" = $4
      and "purpose" = $5
      and "session_id" is not distinct from $6
      and "consumed_at" is null
      and "expires_at" > (select now from clock)
      and ($7 = 0 or attempts < max_attempts)
      and ($8 = 0 or attempts_by_number < max_attempts_by_number)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
  ),
  redeemed as materialized (select * from claimed where consumed_at is not null),
  wrong as materialized (select * from claimed where consumed_at is null),
  challenge as materialized (
    select
      true as is_claimed,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
    from claimed
    union all
    select
      false,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
    from
      (
        (
          select
            "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
            "key_id", "code_alphabet", "code_length", "attempts", "max_attempts",
            "attempts_by_number", "max_attempts_by_number", "sends", "max_sends", "delivery",
            "handle", "settlements", "created_at", "expires_at", "consumed_at"
          from "phone_auth_challenges"
          where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $9
        )
      ) as known
    where not exists (select from claimed) and purpose = $10 and session_id is not distinct from $11
  ),
  settlement as materialized (
    select
      key,
      "givesBack" = 'everything' as is_everything,
      max_attempts - (attempts - 1) as unused,
      created_at
    from
      redeemed
      cross join jsonb_to_recordset(settlements) as settlement (key text, "givesBack" text)
  ),
  settled as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select key, unused, created_at, (select now from clock)
    from settlement
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.started_at <= excluded.started_at then budget.used - excluded.used
        else budget.used
      end,
      ends_at = case
        when (
          select is_everything
          from settlement
          where settlement.key = excluded.key
        ) then budget.started_at
        else budget.ends_at
      end
  ),
  failed as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select
      key,
      cost,
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
    from
      jsonb_to_recordset($12::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)
    where exists (select from wrong)
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.used
        else budget.used + excluded.used
      end,
      started_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.started_at
        else budget.started_at
      end,
      ends_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.ends_at
        else budget.ends_at
      end
    where budget.ends_at <= greatest(excluded.started_at, budget.started_at) or true
  )
select row_to_json(challenge) as challenge
from clock left join challenge on true;

-- UserStore.signIn
--   $1 phoneNumber
--   $2 registration
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  redeemed as (select cast($1 as text) as phone_number),
  known as (
    update "phone_auth_users" as account
    set
      verified_at = case
        when account.is_active then (select now from clock)
        else account.verified_at
      end,
      previously_verified_at = case
        when account.is_active then account.verified_at
        else account.previously_verified_at
      end,
      last_signed_in_at = case
        when account.is_active then (select now from clock)
        else account.last_signed_in_at
      end
    from redeemed
    where account.phone_number = redeemed.phone_number
    returning
      "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at",
      "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at"
  ),
  added as (
    insert into
      "phone_auth_users" as "account" ("phone_number", "is_active", "verified_at", "created_at", "last_signed_in_at")
    select
      phone_number,
      true,
      (select now from clock),
      (select now from clock),
      (select now from clock)
    from redeemed
    where $2 = 'open' and not exists (select from known)
    on conflict (phone_number) do update
    set
      verified_at = case
        when account.is_active then (select now from clock)
        else account.verified_at
      end,
      previously_verified_at = case
        when account.is_active then account.verified_at
        else account.previously_verified_at
      end,
      last_signed_in_at = case
        when account.is_active then (select now from clock)
        else account.last_signed_in_at
      end
    returning
      "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at",
      "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at",
      account.xmax = 0 as is_new
  ),
  account as materialized (
    select
      "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at",
      "last_signed_in_at",
      false as is_new
    from known
    union all
    select
      "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at",
      "last_signed_in_at",
      is_new
    from added
  ),
  new_profile as (
    insert into "phone_auth_profiles" ("user_id", "extra", "created_at", "updated_at")
    select account.id, '{}', (select now from clock), (select now from clock)
    from account
    where
      (
        select profile.id
        from "phone_auth_profiles" as profile
        where profile.user_id = account.id
      ) is null
    on conflict (user_id) do update
    set user_id = excluded.user_id
    returning
      "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra",
      "created_at", "updated_at"
  ),
  profile as materialized (
    select
      "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra",
      "created_at", "updated_at"
    from new_profile
    union all
    select
      "profile"."id", "profile"."user_id", "profile"."name", "profile"."email", "profile"."bio",
      "profile"."location", "profile"."birth_date", "profile"."avatar", "profile"."extra",
      "profile"."created_at", "profile"."updated_at"
    from account join "phone_auth_profiles" as profile on profile.user_id = account.id
    where not exists (select from new_profile)
  )
select row_to_json(account) as account, row_to_json(profile) as profile
from account join profile on true;

-- JointSteps.signIn
--   $1 counted
--   $2 byNumber
--   $3 codeHashes
--   $4 idHash
--   $5 purpose
--   $6 boundSessionId
--   $7 counted
--   $8 byNumber
--   $9 idHash
--   $10 purpose
--   $11 boundSessionId
--   $12 failureCharges
--   $13 registration
--   $14 sessionId
--   $15 refreshTokenHash
--   $16 userAgent
--   $17 ip
--   $18 firstSeconds
--   $19 absoluteSeconds
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  claimed as (
    update "phone_auth_challenges"
    set
      "attempts" = attempts + $1,
      "attempts_by_number" = attempts_by_number + $2,
      "consumed_at" = case
        when code_hash in (select jsonb_array_elements_text($3::jsonb)) then (select now from clock)
      end
    where
      "id_hash" = $4
      and "purpose" = $5
      and "session_id" is not distinct from $6
      and "consumed_at" is null
      and "expires_at" > (select now from clock)
      and ($7 = 0 or attempts < max_attempts)
      and ($8 = 0 or attempts_by_number < max_attempts_by_number)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
  ),
  redeemed as materialized (select * from claimed where consumed_at is not null),
  wrong as materialized (select * from claimed where consumed_at is null),
  challenge as materialized (
    select
      true as is_claimed,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
    from claimed
    union all
    select
      false,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "sends", "max_sends", "delivery", "handle", "settlements",
      "created_at", "expires_at", "consumed_at"
    from
      (
        (
          select
            "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
            "key_id", "code_alphabet", "code_length", "attempts", "max_attempts",
            "attempts_by_number", "max_attempts_by_number", "sends", "max_sends", "delivery",
            "handle", "settlements", "created_at", "expires_at", "consumed_at"
          from "phone_auth_challenges"
          where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $9
        )
      ) as known
    where not exists (select from claimed) and purpose = $10 and session_id is not distinct from $11
  ),
  settlement as materialized (
    select
      key,
      "givesBack" = 'everything' as is_everything,
      max_attempts - (attempts - 1) as unused,
      created_at
    from
      redeemed
      cross join jsonb_to_recordset(settlements) as settlement (key text, "givesBack" text)
  ),
  settled as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select key, unused, created_at, (select now from clock)
    from settlement
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.started_at <= excluded.started_at then budget.used - excluded.used
        else budget.used
      end,
      ends_at = case
        when (
          select is_everything
          from settlement
          where settlement.key = excluded.key
        ) then budget.started_at
        else budget.ends_at
      end
  ),
  failed as (
    insert into "phone_auth_budgets" as budget (key, used, started_at, ends_at)
    select
      key,
      cost,
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => "windowSeconds"))
    from
      jsonb_to_recordset($12::jsonb) as charge (key text, cost integer, "limit" integer, "windowSeconds" integer)
    where exists (select from wrong)
    order by key
    on conflict (key) do update
    set
      used = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.used
        else budget.used + excluded.used
      end,
      started_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.started_at
        else budget.started_at
      end,
      ends_at = case
        when budget.ends_at <= greatest(excluded.started_at, budget.started_at) then excluded.ends_at
        else budget.ends_at
      end
    where budget.ends_at <= greatest(excluded.started_at, budget.started_at) or true
  ),
  known as (
    update "phone_auth_users" as account
    set
      verified_at = case
        when account.is_active then (select now from clock)
        else account.verified_at
      end,
      previously_verified_at = case
        when account.is_active then account.verified_at
        else account.previously_verified_at
      end,
      last_signed_in_at = case
        when account.is_active then (select now from clock)
        else account.last_signed_in_at
      end
    from redeemed
    where account.phone_number = redeemed.phone_number
    returning
      "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at",
      "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at"
  ),
  added as (
    insert into
      "phone_auth_users" as "account" ("phone_number", "is_active", "verified_at", "created_at", "last_signed_in_at")
    select
      phone_number,
      true,
      (select now from clock),
      (select now from clock),
      (select now from clock)
    from redeemed
    where $13 = 'open' and not exists (select from known)
    on conflict (phone_number) do update
    set
      verified_at = case
        when account.is_active then (select now from clock)
        else account.verified_at
      end,
      previously_verified_at = case
        when account.is_active then account.verified_at
        else account.previously_verified_at
      end,
      last_signed_in_at = case
        when account.is_active then (select now from clock)
        else account.last_signed_in_at
      end
    returning
      "account"."id", "account"."phone_number", "account"."is_active", "account"."verified_at",
      "account"."previously_verified_at", "account"."created_at", "account"."last_signed_in_at",
      account.xmax = 0 as is_new
  ),
  account as materialized (
    select
      "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at",
      "last_signed_in_at",
      false as is_new
    from known
    union all
    select
      "id", "phone_number", "is_active", "verified_at", "previously_verified_at", "created_at",
      "last_signed_in_at",
      is_new
    from added
  ),
  new_profile as (
    insert into "phone_auth_profiles" ("user_id", "extra", "created_at", "updated_at")
    select account.id, '{}', (select now from clock), (select now from clock)
    from account
    where
      (
        select profile.id
        from "phone_auth_profiles" as profile
        where profile.user_id = account.id
      ) is null
    on conflict (user_id) do update
    set user_id = excluded.user_id
    returning
      "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra",
      "created_at", "updated_at"
  ),
  profile as materialized (
    select
      "id", "user_id", "name", "email", "bio", "location", "birth_date", "avatar", "extra",
      "created_at", "updated_at"
    from new_profile
    union all
    select
      "profile"."id", "profile"."user_id", "profile"."name", "profile"."email", "profile"."bio",
      "profile"."location", "profile"."birth_date", "profile"."avatar", "profile"."extra",
      "profile"."created_at", "profile"."updated_at"
    from account join "phone_auth_profiles" as profile on profile.user_id = account.id
    where not exists (select from new_profile)
  ),
  session as (
    insert into
      "phone_auth_sessions" (
        "id", "user_id", "refresh_token_hash", "user_agent", "ip", "created_at", "last_used_at",
        "expires_at", "absolute_expires_at"
      )
    select
      $14,
      account.id,
      $15, $16, $17,
      (select now from clock),
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => $18)),
      (cast((select now from clock) as timestamptz) + make_interval(secs => $19))
    from account
    where account.is_active
    returning
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at"
  )
select
  row_to_json(challenge) as challenge,
  row_to_json(account) as account,
  row_to_json(profile) as profile,
  row_to_json(session) as session
from
  clock
  left join challenge on true
  left join account on true
  left join profile on true
  left join session on true;

-- SessionStore.rotate
--   $1 sessionId
--   $2 refreshTokenHash
--   $3 refreshTokenHash
--   $4 reuseWindowSeconds
--   $5 nextRefreshTokenHash
--   $6 idleSeconds
--   $7 idleSeconds
--   $8 sessionId
--   $9 sessionId
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  live as materialized (
    select
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at"
    from "phone_auth_sessions"
    where id = $1 and revoked_at is null and expires_at > (select now from clock)
    for update
  ),
  judged as materialized (
    select
      *,
      case
        when refresh_token_hash = $2 then 'rotated'
        when previous_refresh_token_hash = $3
        and (
          select now
          from clock
        ) < (cast(last_used_at as timestamptz) + make_interval(secs => $4)) then 'repeated'
        else 'reused'
      end as outcome
    from live
  ),
  rotated as (
    update "phone_auth_sessions"
    set
      previous_refresh_token_hash = refresh_token_hash,
      refresh_token_hash = $5,
      last_used_at = (select now from clock),
      expires_at = case
        when (
          cast((select now from clock) as timestamptz) + make_interval(secs => $6)
        ) < absolute_expires_at then (
          cast((select now from clock) as timestamptz) + make_interval(secs => $7)
        )
        else absolute_expires_at
      end
    where id = $8 and exists (select from judged where outcome = 'rotated')
    returning
      "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
      "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
      "authenticated_at"
  ),
  ended as (
    update "phone_auth_sessions"
    set revoked_at = (select now from clock)
    where id = $9 and exists (select from judged where outcome = 'reused')
  )
select
  'rotated' as outcome,
  "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
  "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
  "authenticated_at"
from rotated
union all
select
  outcome,
  "id", "user_id", "refresh_token_hash", "previous_refresh_token_hash", "user_agent", "ip",
  "created_at", "last_used_at", "expires_at", "absolute_expires_at", "revoked_at",
  "authenticated_at"
from judged
where outcome <> 'rotated';
