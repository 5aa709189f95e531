import { openFile } from './databases.ts'
import type { FloorDatabase } from './floor-postgres.ts'

const TABLES = `
  create table if not exists floor_users (id integer primary key autoincrement, phone text unique not null,
    active integer not null default 1, name text, email text, created_at integer not null, last_at integer not null);
  create table if not exists floor_challenges (id_hash text primary key, phone text not null, seed text not null, code_hash text not null,
    attempts integer not null default 0, created_at integer not null, expires_at integer not null, consumed_at integer);
  create table if not exists floor_budgets (key text primary key, used integer not null, started_at integer not null, ends_at integer not null);
  create table if not exists floor_sessions (id text primary key, user_id integer not null references floor_users, refresh_hash text not null,
    created_at integer not null, expires_at integer not null, revoked_at integer);`

interface Claimed {
  readonly phone: string
  readonly seed: string
  readonly attempts: number
  readonly created_at: number
  readonly consumed_at: number | null
}

/** The floor on SQLite: a few prepared statements in one transaction for each operation. */
export function openSqliteFloor(file: string): FloorDatabase {
  const db = openFile(file)
  db.exec(TABLES)
  const full = db.prepare(`
    select 1 from json_each(@first) c join floor_budgets b on b.key = c.value ->> 'key'
    where b.ends_at > @second and b.used + max(c.value ->> 'cost', 1) > c.value ->> 'max' limit 1`)
  const take = db.prepare(`
    insert into floor_budgets as b (key, used, started_at, ends_at)
    select value ->> 'key', value ->> 'cost', @second, @second + (value ->> 'seconds') * 1000 from json_each(@first) where value ->> 'cost' > 0
    on conflict (key) do update set
      used = case when b.ends_at <= @second then excluded.used else b.used + excluded.used end,
      started_at = case when b.ends_at <= @second then excluded.started_at else b.started_at end,
      ends_at = case when b.ends_at <= @second then excluded.ends_at else b.ends_at end`)
  const insert = db.prepare(`
    insert into floor_challenges (id_hash, phone, seed, code_hash, created_at, expires_at) values (?, ?, ?, ?, ?, ?)`)
  const claim = db.prepare(`
    update floor_challenges set attempts = attempts + 1, consumed_at = case when code_hash = @second then @third end
    where id_hash = @first and consumed_at is null and expires_at > @third and attempts < 5
    returning phone, seed, attempts, created_at, consumed_at`)
  const settle = db.prepare(`
    update floor_budgets set used = case when key like 'c:%' then 0 else used - @second end
    where key in ('c:' || @first || ':30', 'c:' || @first || ':90', 'g:' || @first || ':3600', 'g:' || @first || ':86400', 'g:' || @first || ':2592000')
      and started_at <= @third`)
  const user = db.prepare(`
    insert into floor_users (phone, created_at, last_at) values (@first, @second, @second)
    on conflict (phone) do update set last_at = excluded.last_at returning id, active`)
  const session = db.prepare(`
    insert into floor_sessions (id, user_id, refresh_hash, created_at, expires_at) values (?, ?, ?, ?, ?)`)
  const profile = db.prepare(`
    select u.id, phone, active, name, email, u.created_at from floor_sessions s join floor_users u on u.id = s.user_id
    where s.id = ? and s.revoked_at is null and s.expires_at > ?`)
  const logout = db.prepare(
    'update floor_sessions set revoked_at = @second where id = @first and revoked_at is null and expires_at > @second',
  )
  return {
    open: async ({ charges, idHash, phoneNumber, seed, codeHash }) => {
      const now = Date.now()
      return db
        .transaction(() => {
          if (full.get({ first: charges, second: now }) !== undefined) return false
          take.run({ first: charges, second: now })
          insert.run(idHash, phoneNumber, seed, codeHash, now, now + 600_000)
          return true
        })
        .immediate()
    },
    signIn: async ({ idHash, codeHash, sessionId, refreshTokenHash }) => {
      const now = Date.now()
      return db
        .transaction(() => {
          const claimed = claim.get({ first: idHash, second: codeHash, third: now }) as Claimed | undefined
          if (claimed === undefined || claimed.consumed_at === null) return null
          settle.run({ first: claimed.phone, second: 6 - claimed.attempts, third: claimed.created_at })
          const { id, active } = user.get({ first: claimed.phone, second: now }) as { id: number; active: number }
          if (active === 0) return null
          session.run(sessionId, id, refreshTokenHash, now, now + 2_592_000_000)
          return { userId: id, seed: claimed.seed, phoneNumber: claimed.phone }
        })
        .immediate()
    },
    profile: async (sessionId) => (profile.get(sessionId, Date.now()) as object | undefined) ?? null,
    logout: async (sessionId) => logout.run({ first: sessionId, second: Date.now() }).changes === 1,
    close: async () => {
      db.close()
    },
  }
}
