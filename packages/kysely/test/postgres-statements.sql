-- The steps that are one statement each on PostgreSQL, with the default table prefix. The lines
-- above a statement name the input of each placeholder. postgres-statements.test.ts writes this
-- file: after a change, run the test with --update and read the difference.

-- OtpStore.open
--   $1 ttlSeconds
--   $2 laneSubjects
--   $3 laneSeconds
--   $4 chargeLanes
--   $5 chargeSubjects
--   $6 chargeKinds
--   $7 chargeCosts
--   $8 chargeReserved
--   $9 chargeGrains
--   $10 chargeSpans
--   $11 rateCharges
--   $12 rateLimits
--   $13 rateWindows
--   $14 rateSince
--   $15 idHash
--   $16 purpose
--   $17 sessionId
--   $18 channel
--   $19 phoneNumber
--   $20 seed
--   $21 codeHash
--   $22 keyId
--   $23 alphabet
--   $24 length
--   $25 maxAttempts
--   $26 maxAttemptsByNumber
--   $27 maxSends
--   $28 numberSubject
--   $29 userSubject
--   $30 network
--   $31 laneSubjects
--   $32 laneReservations
--   $33 ttlSeconds
with
  admission as materialized (
    select *
    from "phone_auth_charge" (null, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
  ),
  opened as (
    insert into
      "phone_auth_challenges" (
        "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
        "key_id", "code_alphabet", "code_length", "max_attempts", "max_attempts_by_number", "sends",
        "max_sends", "number_subject", "user_subject", "network", "lane", "reservations",
        "created_at", "expires_at"
      )
    select
      $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, 1, $27, $28, $29, $30,
      ($31::text[]) [used_lane],
      (($32::text[]) [used_lane])::jsonb,
      now_at,
      (cast(now_at as timestamptz) + make_interval(secs => $33))
    from admission
    where is_admitted
    returning expires_at
  )
select admission.*, opened.expires_at
from admission left join opened on true;

-- OtpStore.resend
--   $1 idHash
--   $2 laneSubjects
--   $3 laneSeconds
--   $4 chargeLanes
--   $5 chargeSubjects
--   $6 chargeKinds
--   $7 chargeCosts
--   $8 chargeReserved
--   $9 chargeGrains
--   $10 chargeSpans
--   $11 rateCharges
--   $12 rateLimits
--   $13 rateWindows
--   $14 rateSince
--   $15 seed
--   $16 codeHash
--   $17 keyId
--   $18 idHash
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
    from
      found
      cross join lateral "phone_auth_charge" (null, 0, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as admission
    where attempts < max_attempts and sends < max_sends
  ),
  resent as (
    update "phone_auth_challenges"
    set
      sends = sends + 1,
      seed = coalesce($15, seed),
      code_hash = coalesce($16, code_hash),
      key_id = coalesce($17, key_id)
    where id_hash = $18 and exists (select from admission where is_admitted)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
  )
select admission.*, row_to_json(found) as found, row_to_json(resent) as resent
from clock left join found on true left join admission on true left join resent on true;

-- OtpStore.redeem
--   $1 counted
--   $2 byNumber
--   $3 byStranger
--   $4 codeHashes
--   $5 idHash
--   $6 purpose
--   $7 boundSessionId
--   $8 counted
--   $9 byNumber
--   $10 byStranger
--   $11 idHash
--   $12 purpose
--   $13 boundSessionId
--   $14 failureKinds
--   $15 failureGrains
--   $16 failureSpans
--   $17 failedSubjects
--   $18 failedKinds
--   $19 known
--   $20 forgotten
--   $21 knownSeconds
--   $22 recordSeconds
--   $23 maxDevices
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  claimed as (
    update "phone_auth_challenges"
    set
      "attempts" = attempts + $1,
      "attempts_by_number" = attempts_by_number + $2,
      "attempts_by_stranger" = attempts_by_stranger + $3,
      "consumed_at" = case
        when code_hash in (select jsonb_array_elements_text($4::jsonb)) then (select now from clock)
      end
    where
      "id_hash" = $5
      and "purpose" = $6
      and "session_id" is not distinct from $7
      and "consumed_at" is null
      and "expires_at" > (select now from clock)
      and ($8 = 0 or attempts < max_attempts)
      and ($9 = 0 or attempts_by_number < max_attempts_by_number)
      and ($10 = 0 or attempts_by_stranger < 1)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
  ),
  redeemed as materialized (select * from claimed where consumed_at is not null),
  wrong as materialized (select * from claimed where consumed_at is null),
  challenge as materialized (
    select
      true as is_claimed,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
    from claimed
    union all
    select
      false,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
    from
      (
        (
          select
            "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
            "key_id", "code_alphabet", "code_length", "attempts", "max_attempts",
            "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends",
            "max_sends", "number_subject", "user_subject", "network", "lane", "reservations",
            "delivery", "handle", "created_at", "expires_at", "consumed_at"
          from "phone_auth_challenges"
          where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $11
        )
      ) as known
    where not exists (select from claimed) and purpose = $12 and session_id is not distinct from $13
  ),
  settled as materialized (
    select
      "phone_auth_fail" ((select now from clock), expires_at, reservations, $14, $15, $16, $17, $18)
    from wrong
    union all
    select
      "phone_auth_succeed" (
        (select now from clock),
        expires_at,
        number_subject,
        lane,
        reservations,
        max_attempts - (attempts - 1),
        $19, $20, $21, $22,
        'device:',
        $23
      )
    from redeemed
  )
select row_to_json(challenge) as challenge
from clock left join settled on true left join challenge on true;

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
--   $3 byStranger
--   $4 codeHashes
--   $5 idHash
--   $6 purpose
--   $7 boundSessionId
--   $8 counted
--   $9 byNumber
--   $10 byStranger
--   $11 idHash
--   $12 purpose
--   $13 boundSessionId
--   $14 failureKinds
--   $15 failureGrains
--   $16 failureSpans
--   $17 failedSubjects
--   $18 failedKinds
--   $19 known
--   $20 forgotten
--   $21 knownSeconds
--   $22 recordSeconds
--   $23 maxDevices
--   $24 registration
--   $25 sessionId
--   $26 refreshTokenHash
--   $27 userAgent
--   $28 ip
--   $29 firstSeconds
--   $30 absoluteSeconds
with
  clock as materialized (select cast(clock_timestamp() as timestamptz) as now),
  claimed as (
    update "phone_auth_challenges"
    set
      "attempts" = attempts + $1,
      "attempts_by_number" = attempts_by_number + $2,
      "attempts_by_stranger" = attempts_by_stranger + $3,
      "consumed_at" = case
        when code_hash in (select jsonb_array_elements_text($4::jsonb)) then (select now from clock)
      end
    where
      "id_hash" = $5
      and "purpose" = $6
      and "session_id" is not distinct from $7
      and "consumed_at" is null
      and "expires_at" > (select now from clock)
      and ($8 = 0 or attempts < max_attempts)
      and ($9 = 0 or attempts_by_number < max_attempts_by_number)
      and ($10 = 0 or attempts_by_stranger < 1)
    returning
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
  ),
  redeemed as materialized (select * from claimed where consumed_at is not null),
  wrong as materialized (select * from claimed where consumed_at is null),
  challenge as materialized (
    select
      true as is_claimed,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
    from claimed
    union all
    select
      false,
      "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash", "key_id",
      "code_alphabet", "code_length", "attempts", "max_attempts", "attempts_by_number",
      "max_attempts_by_number", "attempts_by_stranger", "sends", "max_sends", "number_subject",
      "user_subject", "network", "lane", "reservations", "delivery", "handle", "created_at",
      "expires_at", "consumed_at"
    from
      (
        (
          select
            "id_hash", "purpose", "session_id", "channel", "phone_number", "seed", "code_hash",
            "key_id", "code_alphabet", "code_length", "attempts", "max_attempts",
            "attempts_by_number", "max_attempts_by_number", "attempts_by_stranger", "sends",
            "max_sends", "number_subject", "user_subject", "network", "lane", "reservations",
            "delivery", "handle", "created_at", "expires_at", "consumed_at"
          from "phone_auth_challenges"
          where "consumed_at" is null and "expires_at" > (select now from clock) and "id_hash" = $11
        )
      ) as known
    where not exists (select from claimed) and purpose = $12 and session_id is not distinct from $13
  ),
  settled as materialized (
    select
      "phone_auth_fail" ((select now from clock), expires_at, reservations, $14, $15, $16, $17, $18)
    from wrong
    union all
    select
      "phone_auth_succeed" (
        (select now from clock),
        expires_at,
        number_subject,
        lane,
        reservations,
        max_attempts - (attempts - 1),
        $19, $20, $21, $22,
        'device:',
        $23
      )
    from redeemed
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
    where $24 = 'open' and not exists (select from known)
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
      $25,
      account.id,
      $26, $27, $28,
      (select now from clock),
      (select now from clock),
      (cast((select now from clock) as timestamptz) + make_interval(secs => $29)),
      (cast((select now from clock) as timestamptz) + make_interval(secs => $30))
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
  left join settled on true
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
