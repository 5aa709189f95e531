import { type Counter, countedPool } from './databases.ts'

/** The operations that the floor needs from a database. */
export interface FloorDatabase {
  open(input: {
    charges: string
    idHash: string
    phoneNumber: string
    seed: string
    codeHash: string
  }): Promise<boolean>
  signIn(input: {
    idHash: string
    codeHash: string
    sessionId: string
    refreshTokenHash: string
  }): Promise<{ userId: number; seed: string; phoneNumber: string } | null>
  profile(sessionId: string): Promise<object | null>
  logout(sessionId: string): Promise<boolean>
  close(): Promise<void>
}

const TABLES = `
  create table if not exists floor_users (id bigint generated always as identity primary key, phone text unique not null,
    active boolean not null default true, name text, email text, created_at timestamptz not null, last_at timestamptz not null);
  create table if not exists floor_challenges (id_hash text primary key, phone text not null, seed text not null, code_hash text not null,
    attempts int not null default 0, created_at timestamptz not null, expires_at timestamptz not null, consumed_at timestamptz);
  create table if not exists floor_budgets (key text primary key, used int not null, started_at timestamptz not null, ends_at timestamptz not null);
  create table if not exists floor_sessions (id text primary key, user_id bigint not null references floor_users, refresh_hash text not null,
    created_at timestamptz not null, expires_at timestamptz not null, revoked_at timestamptz)`

const OPEN = `
  with charge as materialized (
    select * from jsonb_to_recordset($1::jsonb) as c (key text, cost int, max int, seconds int)
  ), taken as (
    insert into floor_budgets as b (key, used, started_at, ends_at)
    select key, cost, now(), now() + make_interval(secs => seconds) from charge where cost > 0 order by key
    on conflict (key) do update set
      used = case when b.ends_at <= now() then excluded.used else b.used + excluded.used end,
      started_at = case when b.ends_at <= now() then excluded.started_at else b.started_at end,
      ends_at = case when b.ends_at <= now() then excluded.ends_at else b.ends_at end
    where b.ends_at <= now() or b.used + excluded.used <= (select max from charge where charge.key = excluded.key)
    returning 1
  )
  insert into floor_challenges (id_hash, phone, seed, code_hash, created_at, expires_at)
  select $2, $3, $4, $5, now(), now() + interval '10 min'
  where (select count(*) from taken) = (select count(*) from charge where cost > 0)
    and not exists (select from charge join floor_budgets b using (key) where cost = 0 and b.ends_at > now() and b.used >= max)`

const SIGN_IN = `
  with claimed as (
    update floor_challenges set attempts = attempts + 1, consumed_at = case when code_hash = $2 then now() end
    where id_hash = $1 and consumed_at is null and expires_at > now() and attempts < 5
    returning phone, seed, attempts, created_at, consumed_at
  ), redeemed as (select * from claimed where consumed_at is not null),
  settled as (
    update floor_budgets b set used = case when key like 'c:%' then 0 else used - (6 - attempts) end from redeemed
    where key in ('c:' || phone || ':30', 'c:' || phone || ':90', 'g:' || phone || ':3600', 'g:' || phone || ':86400', 'g:' || phone || ':2592000')
      and b.started_at <= redeemed.created_at
  ), account as (
    insert into floor_users (phone, created_at, last_at) select phone, now(), now() from redeemed
    on conflict (phone) do update set last_at = excluded.last_at returning id, active
  ), session as (
    insert into floor_sessions (id, user_id, refresh_hash, created_at, expires_at)
    select $3, id, $4, now(), now() + interval '30 d' from account where active returning user_id
  )
  select session.user_id::int as "userId", seed, phone as "phoneNumber" from session, redeemed`

const PROFILE = `
  select u.id::int, phone, active, name, email, u.created_at from floor_sessions s join floor_users u on u.id = s.user_id
  where s.id = $1 and s.revoked_at is null and s.expires_at > now()`

const LOGOUT =
  'update floor_sessions set revoked_at = now() where id = $1 and revoked_at is null and expires_at > now()'

/** The floor on PostgreSQL: one prepared statement for each operation. */
export async function openPostgresFloor(url: string, counter: Counter): Promise<FloorDatabase> {
  const pool = countedPool(url, counter)
  await pool.query(TABLES)
  const run = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values })
  return {
    open: async ({ charges, idHash, phoneNumber, seed, codeHash }) =>
      (await run('open', OPEN, [charges, idHash, phoneNumber, seed, codeHash])).rowCount === 1,
    signIn: async ({ idHash, codeHash, sessionId, refreshTokenHash }) =>
      (await run('sign_in', SIGN_IN, [idHash, codeHash, sessionId, refreshTokenHash])).rows[0] ?? null,
    profile: async (sessionId) => (await run('profile', PROFILE, [sessionId])).rows[0] ?? null,
    logout: async (sessionId) => (await run('logout', LOGOUT, [sessionId])).rowCount === 1,
    close: () => pool.end(),
  }
}
