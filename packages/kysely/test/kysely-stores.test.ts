import Database from 'better-sqlite3'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyStores, sqlite } from '../src/index.ts'
import { migrations } from '../src/schema/migrations.ts'
import { tableNames } from '../src/schema/table-names.ts'

const PHONE = '+14155550101' as never

function application() {
  const database = new Database(':memory:')
  database.pragma('foreign_keys = ON')
  return new Kysely<{ notes: { id: number; someText: string } }>({
    dialect: new SqliteDialect({ database }),
    plugins: [new CamelCasePlugin()],
  })
}

const challenge = {
  idHash: 'hash',
  purpose: 'sign_in',
  sessionId: null,
  channel: 'sms',
  phoneNumber: PHONE,
  seed: 'seed',
  codeHash: 'right',
  keyId: 'key',
  format: { alphabet: 'digits', length: 6 },
  maxAttempts: 5,
  maxAttemptsByNumber: 3,
  maxSends: 3,
} as const

/** Creates the schema as an earlier version did. */
async function migrateTo(db: ReturnType<typeof application>, ...versions: readonly string[]): Promise<void> {
  const names = { prefix: 'phone_auth_', schema: null }
  const named = db.withoutPlugins().withPlugin(tableNames(names)) as never
  await sql`create table phone_auth_migrations (name text primary key, timestamp text not null)`.execute(db)
  for (const version of versions) {
    await migrations[version]?.(named, sqlite.types, names)
    await sql`insert into phone_auth_migrations values (${version}, '2026-01-01T00:00:00Z')`.execute(db)
  }
}

describe('kyselyStores', () => {
  it('works beside the tables of the application, and does not use its plugins', async () => {
    const db = application()
    await db.schema.createTable('notes').addColumn('id', 'integer').addColumn('someText', 'text').execute()
    await db.insertInto('notes').values({ id: 1, someText: 'mine' }).execute()
    const { userStore } = kyselyStores(db, sqlite)
    const account = await userStore.signIn(PHONE, 'open')
    const saved = await userStore.saveProfile(account?.user.id ?? 0, { birthDate: '1990-02-03', deepField: { a_b: 1 } })
    expect(saved?.profile.fields).toEqual({ birthDate: '1990-02-03', deepField: { a_b: 1 } })
    expect(await db.selectFrom('notes').selectAll().execute()).toEqual([{ id: 1, someText: 'mine' }])
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
    const names = tables.map(({ name }) => name).filter((name) => name !== 'notes' && !name.startsWith('sqlite_'))
    expect(names.every((name) => name.startsWith('phone_auth_'))).toBe(true)
  })

  it('creates the schema once before the first query, even if several queries come first', async () => {
    const db = application()
    const { userStore, sessionStore, otpStore, migrate } = kyselyStores(db, sqlite)
    await Promise.all([userStore.findById(1), sessionStore.find('x'), otpStore.find('x'), migrate(), migrate()])
    await kyselyStores(db, sqlite).migrate()
    const { rows } = await sql<{ name: string }>`select name from phone_auth_migrations`.execute(db)
    expect(rows).toEqual(Object.keys(migrations).map((name) => ({ name })))
  })

  it('REL-18 brings a database of the first version up to date: the delivery of its challenges is unknown', async () => {
    const db = application()
    const { otpStore, migrate } = kyselyStores(db, sqlite)
    await migrateTo(db, '0001_initial')
    const old = sql`
      insert into phone_auth_challenges (id_hash, purpose, channel, phone_number, seed, code_hash, key_id, code_alphabet,
        code_length, max_attempts, max_attempts_by_number, sends, max_sends, settlements, created_at, expires_at)
      values ('hash', 'sign_in', 'sms', ${PHONE}, 'seed', 'right', 'key', 'digits', 6, 5, 3, 1, 3, '[]', 0, 8e15)`
    await old.execute(db)
    await migrate()
    expect((await otpStore.find('hash'))?.delivery).toBe('unknown')
    expect((await otpStore.recordDelivery({ idHash: 'hash', send: 1, delivery: 'sent', handle: null }))?.delivery).toBe(
      'sent',
    )
    // Servers of the first version still run, and open challenges without the new columns.
    await sql`delete from phone_auth_challenges`.execute(db)
    await old.execute(db)
    expect((await otpStore.find('hash'))?.delivery).toBe('unknown')
  })

  it('REL-18 brings a database of the second version up to date: its sessions were authenticated when they were created', async () => {
    const db = application()
    const { userStore, sessionStore, migrate } = kyselyStores(db, sqlite)
    await migrateTo(db, '0001_initial', '0002_delivery')
    const oldUser = sql`insert into phone_auth_users (phone_number, verified_at, created_at) values (${PHONE}, 1000, 1000)`
    const oldSession = (id: string) => sql`
      insert into phone_auth_sessions (id, user_id, refresh_token_hash, created_at, last_used_at, expires_at, absolute_expires_at)
      values (${id}, 1, 'hash', 1000, 2000, 8e15, 8e15)`
    await oldUser.execute(db)
    await oldSession('before').execute(db)
    await migrate()
    // Servers of the second version still run, and insert sessions without the new column.
    await oldSession('after').execute(db)
    for (const id of ['before', 'after']) {
      const session = await sessionStore.find(id)
      expect([session?.authenticatedAt, session?.lastUsedAt]).toEqual([new Date(1000), new Date(2000)])
      const reauthenticated = await sessionStore.reauthenticate(id)
      expect(reauthenticated?.authenticatedAt.getTime()).toBeGreaterThan(1000)
      expect(reauthenticated).toEqual({ ...session, authenticatedAt: reauthenticated?.authenticatedAt })
    }
    const signIn = async () => (await userStore.signIn(PHONE, 'open'))?.user
    const first = await signIn()
    expect(first?.previouslyVerifiedAt).toEqual(new Date(1000))
    expect((await signIn())?.previouslyVerifiedAt).toEqual(first?.verifiedAt)
    await sql`delete from phone_auth_sessions`.execute(db)
    await sql`delete from phone_auth_users`.execute(db)
    await sql`update sqlite_sequence set seq = 0`.execute(db)
    await oldUser.execute(db)
    expect((await signIn())?.previouslyVerifiedAt).toEqual(new Date(1000))
  })

  it('tries again after the database was unreachable', async () => {
    const database = new Database(':memory:')
    let isUnreachable = true
    const dialect = new SqliteDialect({
      database: async () => {
        if (isUnreachable) throw new Error('unreachable')
        return database
      },
    })
    const { userStore } = kyselyStores(new Kysely({ dialect }), sqlite)
    await expect(userStore.findById(1)).rejects.toThrow('unreachable')
    isUnreachable = false
    expect(await userStore.findById(1)).toBeNull()
  })

  it('undoes a step that fails halfway: no budget is charged for a challenge that was not stored', async () => {
    const { otpStore } = kyselyStores(application(), sqlite)
    const charge = { key: 'a', cost: 1, limit: 1, windowSeconds: 60, givesBack: 'nothing' } as const
    const broken = { ...challenge, phoneNumber: null as never }
    await expect(otpStore.open({ challenge: broken, ttlSeconds: 60, charges: [charge] })).rejects.toThrow(/NOT NULL/)
    expect((await otpStore.open({ challenge, ttlSeconds: 60, charges: [charge] })).outcome).toBe('opened')
  })

  it('REL-1 undoes a sign-in when its session cannot be stored: the code still works', async () => {
    const { otpStore, userStore, sessionStore, jointSteps } = kyselyStores(application(), sqlite)
    await otpStore.open({ challenge, ttlSeconds: 60, charges: [] })
    const attempt = {
      idHash: 'hash',
      purpose: 'sign_in',
      sessionId: null,
      by: 'challenge_id',
      codeHashes: ['right'],
      failureCharges: [],
    } as const
    const session = {
      id: 'session',
      refreshTokenHash: 'hash',
      userAgent: null,
      ip: null,
      absoluteSeconds: 60,
      idleSeconds: 60,
    }
    const broken = { ...session, refreshTokenHash: null as never }
    const request = { attempt, registration: 'open' } as const
    await expect(jointSteps.signIn({ ...request, session: broken })).rejects.toThrow(/NOT NULL/)
    expect(await userStore.findByPhoneNumber(PHONE)).toBeNull()
    expect((await otpStore.find('hash'))?.attempts).toBe(0)
    expect((await jointSteps.signIn({ ...request, session })).outcome).toBe('signed_in')
    expect((await sessionStore.find('session'))?.userId).toBe(1)
  })

  it('ACC-3 undoes a change of number and a deletion that fail halfway', async () => {
    const db = application()
    const { otpStore, userStore, sessionStore, jointSteps } = kyselyStores(db, sqlite)
    const account = await userStore.signIn(PHONE, 'open')
    const id = account?.user.id ?? 0
    const session = { id: 's', refreshTokenHash: 'h', userAgent: null, ip: null, absoluteSeconds: 60, idleSeconds: 60 }
    const inserted = [
      await sessionStore.insert(id, { ...session, id: 'other' }),
      await sessionStore.insert(id, session),
    ]
    await otpStore.open({ challenge, ttlSeconds: 60, charges: [] })
    const open = await otpStore.find('hash')
    for (const refused of ['update of revoked_at on phone_auth_sessions', 'delete on phone_auth_users']) {
      await sql.raw(`create trigger refusing before ${refused} begin select raise(abort, 'refused'); end`).execute(db)
      const step = refused.startsWith('update')
        ? jointSteps.changePhoneNumber({ userId: id, phoneNumber: '+14155550102' as never, sessionId: 's' })
        : jointSteps.deleteUser({ userId: id, sessionId: null })
      await expect(step).rejects.toThrow('refused')
      expect(await userStore.findByPhoneNumber(PHONE)).toEqual({ user: account?.user, profile: account?.profile })
      for (const each of inserted) expect(await sessionStore.find(each.id)).toEqual(each)
      expect(await otpStore.find('hash')).toEqual(open)
      await sql`drop trigger refusing`.execute(db)
    }
    expect((await jointSteps.deleteUser({ userId: id, sessionId: null })).outcome).toBe('deleted')
    expect(await otpStore.find('hash')).toBeNull()
  })

  it('REL-11 fails when a lock or a connection is not free within waitSeconds', async () => {
    const database = new Database(':memory:')
    const db = new Kysely({ dialect: new SqliteDialect({ database }) })
    const { userStore, migrate } = kyselyStores(db, sqlite, { waitSeconds: 0.05 })
    // The application holds a transaction on the only connection, so the stores would wait for
    // themselves.
    await db.transaction().execute(async () => {
      await expect(migrate()).rejects.toThrow(/timeout/i)
      await expect(userStore.signIn(PHONE, 'open')).rejects.toThrow(/timeout/i)
    })
    expect((await userStore.signIn(PHONE, 'open'))?.isNew).toBe(true)
    const locked = Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY_RECOVERY' })
    let tries = 0
    const dialect = {
      ...sqlite,
      atomically: async () => {
        tries += 1
        throw locked
      },
    }
    const waiting = kyselyStores(db, dialect, { waitSeconds: 0.05, prefix: 'other_' })
    await expect(waiting.migrate()).rejects.toBe(locked)
    expect(tries).toBeGreaterThan(1)
  })

  it('reports the first error when SQLite has already rolled back', async () => {
    const db = application()
    const { otpStore, migrate } = kyselyStores(db, sqlite)
    await migrate()
    const refusing =
      "create trigger refusing before insert on phone_auth_challenges begin select raise(rollback, 'refused'); end"
    await sql.raw(refusing).execute(db)
    await expect(otpStore.open({ challenge, ttlSeconds: 60, charges: [] })).rejects.toThrow('refused')
    await sql`drop trigger refusing`.execute(db)
    expect((await otpStore.open({ challenge, ttlSeconds: 60, charges: [] })).outcome).toBe('opened')
  })

  it('gives users and profiles separate ids and instants', async () => {
    const db = application()
    const { userStore, migrate } = kyselyStores(db, sqlite)
    await migrate()
    await sql`insert into sqlite_sequence (name, seq) values ('phone_auth_profiles', 100)`.execute(db)
    const signedIn = await userStore.signIn(PHONE, 'open')
    expect([signedIn?.user.id, signedIn?.profile.id]).toEqual([1, 101])
    await sql`update phone_auth_users set created_at = 1000`.execute(db)
    await sql`update phone_auth_profiles set created_at = 2000, updated_at = 3000`.execute(db)
    const found = await userStore.findById(1)
    const instants = [found?.user.createdAt, found?.profile.createdAt, found?.profile.updatedAt]
    expect(instants).toEqual([new Date(1000), new Date(2000), new Date(3000)])
    expect([found?.user.id, found?.profile.id]).toEqual([1, 101])
  })

  it('TOK-4 deletes sessions and profile with the user, even if SQLite does not enforce foreign keys', async () => {
    const db = application()
    const { userStore, sessionStore } = kyselyStores(db, sqlite)
    const id = (await userStore.signIn(PHONE, 'open'))?.user.id ?? 0
    const session = { id: 's', refreshTokenHash: 'h', userAgent: null, ip: null, absoluteSeconds: 60, idleSeconds: 60 }
    await sessionStore.insert(id, session)
    await sql`pragma foreign_keys = off`.execute(db)
    expect(await userStore.delete(id)).toBe(true)
    expect(await sessionStore.find('s')).toBeNull()
    const { rows } = await sql`select * from phone_auth_profiles`.execute(db)
    expect(rows).toEqual([])
  })
})
