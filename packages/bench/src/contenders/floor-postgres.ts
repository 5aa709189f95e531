import { type Counter, countedPool } from './databases.ts'
import { type FloorDatabase, KNOWN, type NumberLimits, type SourceLimits, STRANGER } from './floor-limits.ts'

// Windows that slide, in arrays with the newest entry first:
//
// - Numbers: the instants themselves. "At most 3 in 1 h" means that the third newest is older than
//   an hour, so a limit is one subscript.
// - Addresses and networks: running totals at the end of each sub-window, a tenth of the window
//   long. The first one belongs to the sub-window with the number in `…_slot`. What a window
//   contains is the difference of two totals.
//
// A step locks each row before it reads it, and every step locks its rows in one order: number,
// number and network, address, network. So the limits are exact under any concurrency, and no two
// steps deadlock. `now()` is the beginning of the step and may be earlier than the newest entry of
// a row that the step waited for; `greatest` keeps the entries in order.
const TABLES = `
  create type floor_challenge as (id uuid, code_hash bytea, expires_at timestamptz, guesses int, address bigint, slot int);

  create table floor_numbers (number bigint primary key, succeeded_at timestamptz, messages timestamptz[] not null,
    failures timestamptz[] not null default '{}', challenges floor_challenge[] not null) with (fillfactor = 60);

  create table floor_number_networks (number bigint, network bigint, succeeded_at timestamptz,
    messages timestamptz[] not null, primary key (number, network)) with (fillfactor = 60);

  create table floor_sources (source bigint primary key, starts_slot int not null, starts int[] not null,
    reserved_slot int not null, reserved int[] not null,
    failures_slot int not null default 0, failures int[] not null default '{0}') with (fillfactor = 60);

  create table floor_users (id bigint generated always as identity primary key, number bigint unique not null,
    active boolean not null default true, name text, email text, created_at timestamptz not null default now());

  create table floor_sessions (id uuid primary key, user_id bigint not null, refresh_hash bytea not null,
    created_at timestamptz not null default now(), expires_at timestamptz not null default now() + interval '720 h',
    revoked_at timestamptz) with (fillfactor = 80)`

// "At most n in a window" means that the instant n places before the next one is older.
const fits = ({ messages, guesses }: NumberLimits) => `(
      messages[${messages.hour}] > now() - interval '1 h' or messages[${messages.day}] > now() - interval '24 h'
      or guesses > ${guesses.hour} or failures[${guesses.hour + 1} - guesses] > now() - interval '1 h'
      or failures[${guesses.day + 1} - guesses] > now() - interval '24 h'
      or failures[${guesses.month + 1} - guesses] > now() - interval '720 h') is not true`

// The cost of a statement grows with its expressions, because each execution prepares all of them.
// So what concerns only rows that exist already is in functions.
const FUNCTIONS = `
  create function floor_in_window(totals int[], passed int) returns int language plpgsql immutable as $$ begin
    return totals[1] - coalesce(totals[greatest(12 - greatest(passed, 0), 1)], 0);
  end $$;

  -- Adds to the current sub-window. Refuses the step if the window then contains more than "most".
  create function floor_added(totals int[], passed int, n int, most int) returns int[] language plpgsql as $$ begin
    if passed > 0 then totals := array_fill(totals[1], array[least(passed, 11)]) || totals[1:12 - passed]; end if;
    totals[1] := totals[1] + n;
    if totals[1] - coalesce(totals[12], 0) > most then raise 'limited' using errcode = 'FL001'; end if;
    return totals;
  end $$;

  -- Takes back what was added "passed" sub-windows before the newest.
  create function floor_released(totals int[], passed int, n int) returns int[] language plpgsql immutable as $$ begin
    for i in 1 .. least(passed + 1, cardinality(totals)) loop totals[i] := totals[i] - n; end loop;
    return totals;
  end $$;

  -- Whether a number has room for one more message and 5 more guesses.
  create function floor_has_room(messages timestamptz[], failures timestamptz[], challenges floor_challenge[], success timestamptz,
    subject bigint, net bigint) returns boolean language plpgsql as $$ declare
    succeeded timestamptz := coalesce(success, '-infinity');
    challenge floor_challenge;
    guesses int := 5;
  begin
    foreach challenge in array challenges loop
      if challenge.expires_at > now() then guesses := guesses + challenge.guesses; end if;
    end loop;
    if messages[1] > greatest(succeeded, now() - interval '30 s') or messages[2] > greatest(succeeded, now() - interval '90 s')
      or messages[3] > greatest(succeeded, now() - interval '210 s') or messages[4] > greatest(succeeded, now() - interval '510 s')
      or failures[51 - guesses] > succeeded
    then return false; end if;
    if ${fits(STRANGER)} then return true; end if;
    return ${fits(KNOWN)} and exists (select from floor_number_networks
      where number = subject and network = net and succeeded_at > now() - interval '2160 h');
  end $$`

const start = ({ address, network }: SourceLimits) => `
  create function floor_start(subject bigint, ip bigint, id uuid, code_hash bytea) returns void language plpgsql as $$ declare
    net bigint := -1 - (ip >> 8);
    minute int := floor(date_part('epoch', now()) / 60);
    six_minutes int := minute / 6;
    challenge floor_challenge := row(id, code_hash, now() + interval '10 min', 5, ip, minute);
  begin
    -- At most three challenges are open at once, because each reserves 5 of 15 guesses.
    insert into floor_numbers as b (number, messages, challenges) values (subject, array[now()], array[challenge])
    on conflict (number) do update set
      messages = greatest(now(), b.messages[1]) || b.messages[1:9],
      challenges = challenge || b.challenges[1:2]
    where floor_has_room(b.messages, b.failures, b.challenges, b.succeeded_at, subject, net);
    if not found then raise 'limited' using errcode = 'FL001'; end if;

    insert into floor_number_networks as b (number, network, messages) values (subject, net, array[now()])
    on conflict (number, network) do update set messages = greatest(now(), b.messages[1]) || b.messages[1:4]
    where (b.messages[3] > now() - interval '1 h' or b.messages[5] > now() - interval '24 h') is not true;
    if not found then raise 'limited' using errcode = 'FL001'; end if;

    insert into floor_sources as b (source, starts_slot, starts, reserved_slot, reserved)
    values (ip, six_minutes, '{1}', minute, '{5}'), (net, six_minutes, '{1}', minute, '{5}')
    on conflict (source) do update set
      starts_slot = greatest(b.starts_slot, six_minutes), reserved_slot = greatest(b.reserved_slot, minute),
      starts = floor_added(b.starts, six_minutes - b.starts_slot, 1, case when b.source < 0 then ${network.starts} else ${address.starts} end),
      reserved = floor_added(b.reserved, minute - b.reserved_slot, 5, case when b.source < 0 then ${network.guesses} else ${address.guesses} end
        - case when b.failures_slot = 0 then 0 else floor_in_window(b.failures, six_minutes - b.failures_slot) end);
  end $$`

// Returns the id of the user; nothing if the code is wrong or no challenge is open. A challenge is
// charged to the address that started it, wherever the guess comes from.
const VERIFY = `
  create function floor_verify(subject bigint, challenge_id uuid, hash bytea, session uuid, refresh_hash bytea)
  returns bigint language plpgsql as $$ declare
    opened floor_challenge[];
    success timestamptz;
    i int := 1;
    challenge floor_challenge;
    net bigint;
    six_minutes int;
    account bigint;
    is_active boolean := true;
  begin
    select challenges, succeeded_at into opened, success from floor_numbers where number = subject for update;
    loop
      challenge := opened[i];
      if challenge is null then return null; end if;
      exit when challenge.id = challenge_id;
      i := i + 1;
    end loop;
    if challenge.expires_at <= now() or challenge.guesses = 0 then return null; end if;
    net := -1 - (challenge.address >> 8);

    if challenge.code_hash <> hash then
      update floor_numbers set challenges[i].guesses = challenge.guesses - 1, failures = greatest(now(), failures[1]) || failures[1:99]
      where number = subject;
      six_minutes := floor(date_part('epoch', now()) / 360);
      insert into floor_sources as b (source, starts_slot, starts, reserved_slot, reserved, failures_slot, failures)
      values (challenge.address, 0, '{0}', 0, '{0}', six_minutes, '{1}'), (net, 0, '{0}', 0, '{0}', six_minutes, '{1}')
      on conflict (source) do update set
        reserved = floor_released(b.reserved, b.reserved_slot - challenge.slot, 1),
        failures_slot = greatest(b.failures_slot, six_minutes),
        failures = floor_added(b.failures, six_minutes - b.failures_slot, 1, 2000000000);
      return null;
    end if;

    update floor_numbers set challenges = opened[1:i - 1] || opened[i + 1:3], succeeded_at = now() where number = subject;
    update floor_number_networks set succeeded_at = now() where number = subject and network = net;
    insert into floor_sources as b (source, starts_slot, starts, reserved_slot, reserved)
    values (challenge.address, 0, '{0}', 0, '{0}'), (net, 0, '{0}', 0, '{0}')
    on conflict (source) do update set reserved = floor_released(b.reserved, b.reserved_slot - challenge.slot, challenge.guesses);

    if success is null then
      insert into floor_users (number) values (subject) on conflict do nothing returning id into account;
    end if;
    if account is null then
      select id, active into account, is_active from floor_users where number = subject;
      if not is_active then return null; end if;
    end if;
    insert into floor_sessions (id, user_id, refresh_hash) values (session, account, refresh_hash);
    return account;
  end $$`

const PROFILE = `
  select u.id::int, u.number, active, name, email, u.created_at from floor_sessions s join floor_users u on u.id = s.user_id
  where s.id = $1 and s.revoked_at is null and s.expires_at > now()`

const LOGOUT =
  'update floor_sessions set revoked_at = now() where id = $1 and revoked_at is null and expires_at > now()'

/** The floor on PostgreSQL: one prepared statement for each operation. */
export async function openPostgresFloor(url: string, limits: SourceLimits, counter: Counter): Promise<FloorDatabase> {
  const pool = countedPool(url, counter)
  await pool.query([TABLES, FUNCTIONS, start(limits), VERIFY].join(';'))
  // The driver sends a Buffer in binary, so PostgreSQL reads ids and hashes as they are.
  const run = (name: string, text: string, values: unknown[]) =>
    pool.query<unknown[]>({ name, text, values, rowMode: 'array' })
  return {
    start: async ({ number, address, id, codeHash }) => {
      await run('start', 'select floor_start($1, $2, $3, $4)', [number, address, id, codeHash])
    },
    verify: async ({ number, id, codeHash, sessionId, refreshHash }) => {
      const values = [number, id, codeHash, sessionId, refreshHash]
      const { rows } = await run('verify', 'select floor_verify($1, $2, $3, $4, $5)', values)
      const userId = rows[0]?.[0] ?? null
      return userId === null ? null : Number(userId)
    },
    profile: async (sessionId) =>
      (await pool.query({ name: 'profile', text: PROFILE, values: [sessionId] })).rows[0] ?? null,
    logout: async (sessionId) => (await run('logout', LOGOUT, [sessionId])).rowCount === 1,
    close: () => pool.end(),
  }
}
