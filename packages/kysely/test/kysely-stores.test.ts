import Database from 'better-sqlite3'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyStores, sqlite } from '../src/index.ts'
import { migrations } from '../src/schema/migrations.ts'

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
  numberSubject: 'number',
  userSubject: null,
  network: null,
} as const

const lanes = [{ subject: null, knownSeconds: null, charges: [] }] as const

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

  it('returns the same numbers and instants if the application reads integers as BigInt', async () => {
    const results = []
    for (const areBigInts of [false, true]) {
      const database = new Database(':memory:')
      database.defaultSafeIntegers(areBigInts)
      const db = new Kysely<object>({ dialect: new SqliteDialect({ database }) })
      expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: areBigInts ? 1n : 1 }])
      const { otpStore, userStore, sessionStore, ping } = kyselyStores(db, sqlite, { now: () => new Date(86_400_000) })
      const rates = [{ limit: 1, windowSeconds: 60 }]
      const charge = { subject: 'a', kind: 'sends', cost: 1, rates, isReserved: false, grainSeconds: 0 } as const
      const opening = { challenge, ttlSeconds: 60, charges: [charge], lanes }
      const account = await userStore.signIn(PHONE, 'open')
      const session = {
        id: 's',
        refreshTokenHash: 'h',
        userAgent: null,
        ip: null,
        absoluteSeconds: 60,
        idleSeconds: 60,
      }
      results.push([
        account,
        await otpStore.open(opening),
        await otpStore.open({ ...opening, challenge: { ...challenge, idHash: 'other' } }),
        await otpStore.find('hash'),
        await sessionStore.insert(account?.user.id ?? 0, session),
        await userStore.saveProfile(account?.user.id ?? 0, { bio: 'Hello', level: 7 }),
        await userStore.setActive(account?.user.id ?? 0, false),
        await sessionStore.revokeAll(account?.user.id ?? 0, null),
        await otpStore.purge(10),
        await ping(),
      ])
    }
    expect(results[1]).toEqual(results[0])
    expect(results[1]?.[0]).toMatchObject({ user: { id: 1, isActive: true, createdAt: new Date(86_400_000) } })
    expect(results[1]?.[6]).toMatchObject({ isActive: false })
  })

  it('REL-24 ping reports a full disk for a minute after it has refused a step, and a read-only database', async () => {
    let now = 0
    const database = new Database(':memory:')
    const db = new Kysely<object>({ dialect: new SqliteDialect({ database }) })
    const { migrate, otpStore, ping } = kyselyStores(db, sqlite, { now: () => new Date(now) })
    await migrate()
    const open = (idHash: string) =>
      otpStore.open({ challenge: { ...challenge, idHash }, ttlSeconds: 60, charges: [], lanes })
    database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`)
    const fill = async () => {
      for (;;) await open(crypto.randomUUID())
    }
    const full = await fill().catch((error: unknown) => error)
    expect(full).toMatchObject({
      code: 'SQLITE_FULL',
      isPermanent: false,
      message: expect.stringContaining('Free space'),
    })
    await expect(ping()).rejects.toBe(full)
    now += 59_999
    await expect(ping()).rejects.toBe(full)
    now += 1
    await ping()
    await fill().catch(() => undefined)
    await expect(ping()).rejects.toMatchObject({ code: 'SQLITE_FULL' })
    database.pragma('max_page_count = 100000')
    await open('more')
    now += 60_000
    await ping()
    database.pragma('query_only = on')
    await expect(ping()).rejects.toMatchObject({ code: 'SQLITE_READONLY', isPermanent: true })
    database.pragma('query_only = off')
    await ping()
  })

  it('migrate refuses a driver that returns values it cannot read', async () => {
    const database = new Database(':memory:')
    const texts = (row: object) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]))
    const dialect = new SqliteDialect({
      database: {
        close: () => undefined,
        prepare: (text) => {
          const statement = database.prepare(text)
          const all = (input: readonly unknown[]) => (statement.all(...input) as object[]).map(texts)
          return { ...statement, reader: statement.reader, all } as never
        },
      },
    })
    const { migrate } = kyselyStores(new Kysely({ dialect }), sqlite)
    await expect(migrate()).rejects.toMatchObject({
      name: 'DatabaseSetupError',
      code: 'driver',
      message: expect.stringMatching(/returns booleans and integers and instants with time zone in a form/),
    })
  })

  it('creates the schema once before the first query, even if several queries come first', async () => {
    const db = application()
    const { userStore, sessionStore, otpStore, migrate } = kyselyStores(db, sqlite)
    await Promise.all([userStore.findById(1), sessionStore.find('x'), otpStore.find('x'), migrate(), migrate()])
    await kyselyStores(db, sqlite).migrate()
    const { rows } = await sql<{ name: string }>`select name from phone_auth_migrations`.execute(db)
    expect(rows).toEqual(Object.keys(migrations).map((name) => ({ name })))
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
    const rates = [{ limit: 1, windowSeconds: 60 }]
    const charge = { subject: 'a', kind: 'sends', cost: 1, rates, isReserved: false, grainSeconds: 0 } as const
    const broken = { ...challenge, phoneNumber: null as never }
    await expect(otpStore.open({ challenge: broken, ttlSeconds: 60, charges: [charge], lanes })).rejects.toThrow(
      /NOT NULL/,
    )
    expect((await otpStore.open({ challenge, ttlSeconds: 60, charges: [charge], lanes })).outcome).toBe('opened')
  })

  it('REL-1 undoes a sign-in when its session cannot be stored: the code still works', async () => {
    const { otpStore, userStore, sessionStore, jointSteps } = kyselyStores(application(), sqlite)
    await otpStore.open({ challenge, ttlSeconds: 60, charges: [], lanes })
    const attempt = {
      idHash: 'hash',
      purpose: 'sign_in',
      sessionId: null,
      by: 'challenge_id',
      codeHashes: ['right'],
      failures: [],
      success: { known: [], forgotten: [], knownSeconds: 60, maxDevices: 10, recordSeconds: 60 },
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
    await otpStore.open({ challenge, ttlSeconds: 60, charges: [], lanes })
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
    await expect(otpStore.open({ challenge, ttlSeconds: 60, charges: [], lanes })).rejects.toThrow('refused')
    await sql`drop trigger refusing`.execute(db)
    expect((await otpStore.open({ challenge, ttlSeconds: 60, charges: [], lanes })).outcome).toBe('opened')
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
