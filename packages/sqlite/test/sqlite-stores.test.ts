import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startProcess } from '@phone-auth/conformance/processes'
import { PhoneAuth, type PhoneAuthOptions } from '@phone-auth/core'
import type { SmsMessage } from '@phone-auth/core/adapters'
import { SchemaTooNewError } from '@phone-auth/kysely'
import { authOn, type Control, OTHER_PHONE, outcomeOf, PHONE, SECRET, tally } from '@phone-auth/sql-tests'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sqliteStores } from '../src/index.ts'
import { newFile } from './subject.ts'

const setup = (file: string, options: Partial<PhoneAuthOptions> = {}) => authOn(sqliteStores(file), options)

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return error
  }
}

describe('sqliteStores', () => {
  it('creates the file, its folder and the schema, and keeps all data over a restart', async () => {
    const file = join(dirname(newFile()), 'created', 'on', 'demand.db')
    const first = setup(file)
    const { accessToken, user } = await first.signIn(PHONE)
    await first.auth.completeProfile({ userId: user.id, profile: { name: 'Ada', email: 'ada@example.com' } })
    await first.auth.start({ phoneNumber: OTHER_PHONE })
    const code = first.codeFor(OTHER_PHONE)
    await first.auth.close()

    const second = setup(file)
    expect((await second.auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect((await second.auth.getProfile({ userId: user.id })).profile).toEqual({
      name: 'Ada',
      email: 'ada@example.com',
    })
    expect((await second.auth.verify({ phoneNumber: OTHER_PHONE, code })).isNewUser).toBe(true)
    expect(await outcomeOf(second.auth.verify({ phoneNumber: OTHER_PHONE, code }))).toBe('challenge_expired')
    await second.auth.close()
  })

  it('opens with a write-ahead log, full synchronisation and foreign keys', async () => {
    const file = newFile()
    const { auth, signIn } = setup(file)
    await signIn(PHONE)
    expect(existsSync(`${file}-wal`)).toBe(true)
    await auth.close()
  })

  it('REL-25 a file that cannot be opened, and one that is no database, have errors with advice', async () => {
    const file = newFile()
    const cannotBeOpened = {
      name: 'DatabaseSetupError',
      isPermanent: true,
      message: expect.stringContaining(dirname(file)),
    }
    expect(thrownBy(() => sqliteStores(dirname(file)))).toMatchObject({ ...cannotBeOpened, code: 'SQLITE_CANTOPEN' })
    writeFileSync(file, 'This is a text and not a database. '.repeat(100))
    expect(thrownBy(() => sqliteStores(join(file, 'auth.db')))).toMatchObject({
      ...cannotBeOpened,
      code: expect.stringMatching(/EEXIST|ENOTDIR/),
    })
    const { auth, stores } = setup(file)
    await expect(stores.migrate()).rejects.toMatchObject({ code: 'SQLITE_NOTADB', isPermanent: true })
    expect(await outcomeOf(auth.ping())).toBe('store_misconfigured')
    await auth.close()
  })

  it('takes URLs as SQLAlchemy reads them', async () => {
    const folder = dirname(newFile())
    const before = process.cwd()
    process.chdir(folder)
    for (const [given, path] of [
      ['a.db', 'a.db'],
      ['./b.db ', 'b.db'],
      ['sqlite:c.db', 'c.db'],
      ['sqlite:./d.db', 'd.db'],
      ['sqlite:///./e.db', 'e.db'],
      ['sqlite:///in/f.db', 'in/f.db'],
      ['SQLITE3:///g.db', 'g.db'],
      [`sqlite:///${folder}/h.db`, 'h.db'],
      [`sqlite:${folder}/i.db`, 'i.db'],
      ['what?.db', 'what?.db'],
    ] as const) {
      const stores = sqliteStores(given)
      await stores.migrate()
      expect(existsSync(join(folder, path)), given).toBe(true)
      await stores.close()
    }
    process.chdir(before)
  })

  it('refuses other URLs, parameters and control characters by name, and creates no file', () => {
    const folder = dirname(newFile())
    const before = process.cwd()
    process.chdir(folder)
    const files = readdirSync('.')
    for (const [given, message] of [
      ['file:auth.db', /begins with file:/],
      ['file:///var/lib/auth.db?mode=rwc', /begins with file:/],
      ['sqlite:file:auth.db', /begins with file:/],
      ['postgresql://a@b/c', /begins with postgresql:/],
      ['libsql://a.example', /begins with libsql:/],
      ['sqlite://auth.db', /a host, between/],
      ['sqlite://localhost/auth.db', /a host, between/],
      ['sqlite:///auth.db?mode=rwc', /parameters after a question mark/],
      ['auth.db?mode=rwc&cache=shared', /parameters after a question mark/],
      ['auth\n.db', /control characters/],
      ['auth.db\0', /control characters/],
      [undefined as never, /not a text/],
      [null as never, /not a text/],
    ] as const) {
      const error = thrownBy(() => sqliteStores(given))
      expect(error, given).toMatchObject({ name: 'DatabaseSetupError', code: 'url', isPermanent: true })
      expect((error as Error).message).toMatch(message)
    }
    expect(readdirSync('.')).toEqual(files)
    process.chdir(before)
  })

  it('OTP-12 refuses a database without a file in production, however it is named', async () => {
    const options = { smsSender: { send: async () => ({}) }, environment: 'production' } as const
    for (const volatile of [
      '',
      '  ',
      ':memory:',
      ' :memory: ',
      'sqlite:',
      'sqlite::memory:',
      'sqlite://',
      'sqlite:///:memory:',
    ]) {
      const { auth, signIn } = setup(volatile)
      expect((await signIn(PHONE)).isNewUser, volatile).toBe(true)
      await auth.close()
      const refused = thrownBy(() => setup(volatile, options))
      expect(refused, volatile).toMatchObject({ code: 'invalid_options' })
      for (const store of ['otpStore', 'userStore', 'sessionStore']) {
        expect((refused as Error).message).toContain(
          `${store} must not be used in production: this SQLite database has no file`,
        )
      }
    }
    await setup(newFile(), options).auth.close()
  })

  it('REL-26 a file that is removed or replaced while it is open is reported, and no other file is written', async () => {
    const file = newFile()
    const { auth, signIn } = setup(file)
    const { accessToken } = await signIn(PHONE)
    const moved = {
      code: 'store_misconfigured',
      cause: { code: 'SQLITE_READONLY_DBMOVED', message: expect.stringContaining('removed or replaced') },
    }
    renameSync(file, `${file}.away`)
    for (const step of [
      () => auth.start({ phoneNumber: PHONE }),
      () => auth.ping(),
      () => auth.logout({ accessToken }),
    ]) {
      await expect(step()).rejects.toMatchObject(moved)
    }
    expect(existsSync(file)).toBe(false)
    writeFileSync(file, '')
    await expect(auth.ping()).rejects.toMatchObject(moved)
    expect(readFileSync(file)).toHaveLength(0)
    renameSync(`${file}.away`, file)
    await auth.ping()
    await auth.close()
  })

  it('REL-26 tables that are dropped are created again by the next step, and restored ones are used', async () => {
    const file = newFile()
    const { auth, signIn, stores } = setup(file)
    await signIn(PHONE)
    const other = new Database(file)
    other.pragma('foreign_keys = OFF')
    const tables = other
      .prepare("select name from sqlite_master where name like 'phone_auth_%' and type = 'table'")
      .all()
    const dropAll = () => other.exec((tables as { name: string }[]).map(({ name }) => `drop table ${name}`).join(';'))
    dropAll()
    expect((await signIn(OTHER_PHONE)).isNewUser).toBe(true)
    dropAll()
    expect(await stores.userStore.saveProfile(1, { bio: 'Hello' })).toBeNull()
    other.exec('alter table phone_auth_users rename to away')
    await expect(signIn(PHONE)).rejects.toMatchObject({
      code: 'store_misconfigured',
      cause: {
        code: 'SQLITE_ERROR',
        message: expect.stringMatching(/no such table: .*restore the file from a backup/),
      },
    })
    other.exec('alter table away rename to phone_auth_users')
    other.close()
    expect((await signIn(PHONE)).isNewUser).toBe(true)
    await auth.close()
  })

  it('REL-25 a foreign key of the application is named as the reason for a deletion that it refuses', async () => {
    const file = newFile()
    const { auth, signIn } = setup(file)
    const { user, accessToken } = await signIn(PHONE)
    const other = new Database(file)
    for (const action of ['', 'on delete restrict', 'deferrable initially deferred']) {
      other.exec(`create table orders (owner integer references phone_auth_users (id) ${action});
        insert into orders values (${user.id})`)
      await expect(auth.deleteUser({ userId: user.id }), action).rejects.toMatchObject({
        code: 'store_misconfigured',
        cause: { isPermanent: true, message: expect.stringContaining('"on delete cascade" or "on delete set null"') },
      })
      expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
      other.exec('drop table orders')
    }
    other.exec(`create table orders (owner integer references phone_auth_users (id) on delete cascade);
      insert into orders values (${user.id})`)
    await auth.deleteUser({ userId: user.id })
    expect(other.prepare('select * from orders').all()).toEqual([])
    other.close()
    await auth.close()
  })

  it('refuses a schema with a breaking migration of a newer version', async () => {
    const file = newFile()
    await setup(file).auth.ping()
    const raw = new Database(file)
    raw
      .prepare(
        "insert into phone_auth_migrations (name, timestamp) values ('0004_breaking_future', '2030-01-01T00:00:00Z')",
      )
      .run()
    raw.close()
    const { auth, stores } = setup(file)
    await expect(stores.migrate()).rejects.toThrow(SchemaTooNewError)
    await expect(auth.ping()).rejects.toMatchObject({
      code: 'store_misconfigured',
      cause: expect.any(SchemaTooNewError),
    })
  })

  it('OTP-5 OTP-10 RT-1 the file holds no challenge id, code or token', async () => {
    const file = newFile()
    const { auth, codeFor } = setup(file)
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = codeFor(PHONE)
    const { refreshToken, accessToken } = await auth.verify({ challengeId, code })
    const next = await auth.refresh({ refreshToken })
    const dump = dumpOf(file)
    for (const secret of [challengeId, refreshToken, next.refreshToken, accessToken, SECRET]) {
      expect(dump).not.toContain(secret)
    }
    expect(dump).not.toMatch(new RegExp(`"${code}"`))
    await auth.close()
  })

  it('OTP-10 refuses both codes after their hashes were swapped between two rows', async () => {
    const file = newFile()
    const { auth, codeFor } = setup(file)
    const a = await auth.start({ phoneNumber: PHONE })
    const b = await auth.start({ phoneNumber: OTHER_PHONE })
    const raw = new Database(file)
    const rows = raw.prepare('select id_hash, code_hash, seed from phone_auth_challenges').all() as Record<
      string,
      string
    >[]
    const swap = raw.prepare('update phone_auth_challenges set code_hash = ?, seed = ? where id_hash = ?')
    swap.run(rows[1]?.code_hash, rows[1]?.seed, rows[0]?.id_hash)
    swap.run(rows[0]?.code_hash, rows[0]?.seed, rows[1]?.id_hash)
    raw.close()
    for (const [challengeId, to] of [
      [a.challengeId, PHONE],
      [a.challengeId, OTHER_PHONE],
      [b.challengeId, PHONE],
      [b.challengeId, OTHER_PHONE],
    ] as const) {
      expect(await outcomeOf(auth.verify({ challengeId, code: codeFor(to) }))).toBe('invalid_code')
    }
    await auth.close()
  })

  it('OTP-10 refuses a code after the number in its row was replaced by that of another user', async () => {
    const file = newFile()
    const { auth, codeFor, signIn, stores } = setup(file)
    const victim = await signIn(OTHER_PHONE)
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const raw = new Database(file)
    raw.prepare('update phone_auth_challenges set phone_number = ? where consumed_at is null').run(OTHER_PHONE)
    raw.close()
    expect(await outcomeOf(auth.verify({ challengeId, code: codeFor(PHONE) }))).toBe('challenge_expired')
    expect((await stores.sessionStore.list(victim.user.id)).map(({ id }) => id)).toEqual([victim.sessionId])
    await auth.close()
  })

  it('OTP-4 an attempt stays counted when the application rolls back a transaction around it', async () => {
    const file = newFile()
    const { auth, codeFor, stores } = setup(file, {
      onEvent: () => {
        throw new Error('A listener failed.')
      },
    })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = codeFor(PHONE)
    const wrong = code === '000000' ? '000001' : '000000'
    const application = new Database(file)
    for (let count = 0; count < 5; count += 1) {
      application.exec('begin')
      application.prepare('select count(*) from phone_auth_users').get()
      expect(await outcomeOf(auth.verify({ challengeId, code: wrong }))).toBe('invalid_code')
      application.exec('rollback')
    }
    application.close()
    expect((await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.attempts).toBe(5)
    expect(await outcomeOf(auth.verify({ challengeId, code }))).toBe('too_many_attempts')
    await auth.close()
  })

  it('OTP-4 a constraint of the database refuses a count beyond the maximum', async () => {
    const file = newFile()
    const { auth } = setup(file)
    await auth.start({ phoneNumber: PHONE })
    const raw = new Database(file)
    expect(() => raw.exec('update phone_auth_challenges set attempts = 6')).toThrow(/CHECK constraint failed/)
    expect(() => raw.exec('update phone_auth_challenges set attempts = null')).toThrow(/NOT NULL constraint failed/)
    raw.close()
    await auth.close()
  })

  it('TOK-4 deletes the sessions of a deleted user, and never uses the id again', async () => {
    const { auth, signIn, stores } = setup(newFile())
    const { accessToken, refreshToken, user } = await signIn(PHONE)
    await stores.userStore.delete(user.id)
    expect(await outcomeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
    expect(await outcomeOf(auth.refresh({ refreshToken }))).toBe('invalid_refresh_token')
    expect((await signIn(PHONE)).user.id).not.toBe(user.id)
    await auth.close()
  })

  it('keeps the fields of a custom profile schema with any names and lengths', async () => {
    const schema = z.object({ name: z.string().max(500), email: z.array(z.string()), id: z.number(), nested: z.any() })
    const stores = sqliteStores(newFile())
    const auth = new PhoneAuth({
      ...stores,
      smsSender: { send: async () => ({}) },
      secret: SECRET,
      allowedRegions: ['US'],
      profile: { schema, isComplete: () => true },
    })
    const user = (await stores.userStore.signIn(PHONE as never, 'open'))?.user
    const profile = { name: 'x'.repeat(500), email: ['a@b.co'], id: 7, nested: { toString: null, __proto__x: [1] } }
    const saved = await auth.completeProfile({ userId: user?.id ?? 0, profile })
    expect(saved.profile).toEqual({ ...profile, nested: { toString: null, __proto__x: [1] } })
    const shorter = await auth.updateProfile({ userId: user?.id ?? 0, profile: { name: 'Ada' } })
    expect(shorter.profile).toEqual({ ...saved.profile, name: 'Ada' })
    await auth.close()
  })

  it('REL-11 two handles on one file in one process neither block each other nor fail', async () => {
    const file = newFile()
    const [a, b] = [setup(file), setup(file)]
    const numbers = Array.from({ length: 40 }, (_, index) => `+1415555${String(1000 + index)}`)
    const outcomes = await Promise.all([
      outcomeOf(a.stores.migrate()),
      outcomeOf(b.stores.migrate()),
      ...numbers.map((phoneNumber, index) => outcomeOf((index % 2 === 0 ? a : b).signIn(phoneNumber))),
    ])
    expect(new Set(outcomes)).toEqual(new Set(['fulfilled']))
    await a.auth.close()
    await b.auth.close()
  })

  it('LIM-7 REL-15 while the database is unreachable nothing is sent, and no code is accepted', async () => {
    const sent: SmsMessage[] = []
    const smsSender = {
      send: async (message: SmsMessage) => {
        sent.push(message)
        return {}
      },
    }
    const { auth, stores } = setup(newFile(), { smsSender })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = sent[0]?.text.slice(0, 6) ?? ''
    const storm = Array.from({ length: 50 }, (_, index) => auth.start({ phoneNumber: `+14155550${150 + index}` }))
    await stores.close()
    const outcomes = await Promise.all(storm.map(outcomeOf))
    const admitted = outcomes.filter((outcome) => outcome === 'fulfilled').length
    expect(sent).toHaveLength(1 + admitted)
    expect(outcomes.filter((outcome) => outcome === 'store_unavailable')).toHaveLength(50 - admitted)
    expect(await outcomeOf(auth.start({ phoneNumber: OTHER_PHONE }))).toBe('store_unavailable')
    expect(await outcomeOf(auth.verify({ challengeId, code }))).toBe('store_unavailable')
    expect(sent).toHaveLength(1 + admitted)
  })

  it('REL-11 every step waits for a lock that another connection holds, and blocks nothing meanwhile', async () => {
    const file = newFile()
    const { auth, stores, signIn } = setup(file)
    const { user, sessionId, accessToken } = await signIn(PHONE)
    const { userStore, sessionStore, otpStore, jointSteps } = stores
    const session = {
      id: 'another',
      refreshTokenHash: 'h',
      userAgent: null,
      ip: null,
      absoluteSeconds: 60,
      idleSeconds: 60,
    }
    const other = new Database(file)
    other.exec('begin immediate')
    let done = 0
    const steps = [
      sessionStore.insert(user.id, session),
      sessionStore.revoke('unknown'),
      sessionStore.revokeAll(user.id, sessionId),
      sessionStore.keepLatest(user.id, 9),
      sessionStore.reauthenticate(sessionId),
      sessionStore.purge(1),
      userStore.setActive(user.id, true),
      userStore.saveProfile(user.id, { bio: 'Hello' }),
      userStore.changePhoneNumber(user.id, PHONE as never),
      userStore.delete(99),
      jointSteps.changePhoneNumber({ userId: user.id, phoneNumber: PHONE as never, sessionId }),
      jointSteps.deleteUser({ userId: 99, sessionId: null }),
      jointSteps.deactivateUser(99),
      otpStore.purge(1),
      otpStore.discard([]),
      otpStore.recordDelivery({ idHash: 'unknown', send: 1, delivery: 'sent', handle: null }),
      auth.start({ phoneNumber: OTHER_PHONE }),
    ].map((step) => step.then(() => (done += 1)))
    // Reads return while every step waits: neither the process nor the connection is blocked.
    for (let count = 0; count < 20; count += 1) expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect(done).toBe(0)
    other.exec('commit')
    other.close()
    await Promise.all(steps)
    expect(done).toBe(17)
    await auth.close()
  })

  it('REL-11 waits for the lock of a file that another connection has locked before the stores open it', async () => {
    const file = newFile()
    const other = new Database(file)
    other.exec('create table other (a)')
    // The first process on a new file does this for a moment, and no other process can read.
    other.exec('begin exclusive')
    const stores = sqliteStores(file)
    const migrated = stores.migrate()
    other.exec('commit')
    other.close()
    await migrated
    await stores.close()
  })

  it('REL-11 four processes that start at once on a new file migrate once, and none fails with SQLITE_BUSY in 2 000 steps', async () => {
    const file = newFile()
    const processes = await Promise.all(
      Array.from({ length: 4 }, () =>
        startProcess(new URL('./child.ts', import.meta.url), { execArgv: ['--conditions=@phone-auth/source'] }),
      ),
    )
    const controls = processes.map((process) => process.remote<Control>('control'))
    await Promise.all(
      controls.map((control) => control.open(file, { startMs: Date.now(), breakage: 'none', limits: 'none' })),
    )
    const auths = processes.map((process) => process.remote<PhoneAuth>('auth'))
    await Promise.all(auths.map((auth) => auth.ping()))
    const [{ userId }] = await Promise.all([createUser(file)])
    // Ten callers in each process, one step after the other. With 2 000 steps at once, the speed of
    // the disk would decide whether a step waits too long.
    const outcomes: string[] = []
    const callers = auths.flatMap((auth, process) =>
      Array.from({ length: 10 }, async (_, caller) => {
        for (let step = 0; step < 50; step += 1) {
          const bio = `${process}-${caller}-${step}`
          outcomes.push(await outcomeOf(auth.updateProfile({ userId, profile: { bio } })))
        }
      }),
    )
    await Promise.all(callers)
    expect(tally(outcomes)).toEqual({ fulfilled: 2_000 })
    const opened = await Promise.all(
      auths.flatMap((auth, process) =>
        Array.from({ length: 25 }, (_, step) =>
          outcomeOf(auth.start({ phoneNumber: `+1415555${String(process * 25 + step + 1000)}` })),
        ),
      ),
    )
    expect(opened.filter((outcome) => outcome !== 'fulfilled')).toEqual([])
    const raw = new Database(file, { readonly: true })
    expect(raw.prepare('select count(*) as n from phone_auth_challenges').get()).toEqual({ n: 100 })
    expect(raw.prepare('select count(*) as n from phone_auth_migrations').get()).toEqual({ n: 1 })
    raw.close()
    await Promise.all(processes.map((process) => process.kill()))
  })
})

async function createUser(file: string): Promise<{ userId: number }> {
  const stores = sqliteStores(file)
  const account = await stores.userStore.signIn(PHONE as never, 'open')
  await stores.close()
  return { userId: Number(account?.user.id) }
}

/** The whole database as text: the rows as JSON, and the bytes of the file and its log. */
function dumpOf(file: string): string {
  const database = new Database(file, { readonly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
  const rows = tables.map(({ name }) => JSON.stringify(database.prepare(`select * from "${name}"`).all()))
  database.close()
  const files = [file, `${file}-wal`].filter(existsSync).map((path) => readFileSync(path, 'latin1'))
  return [...rows, ...files].join('\n')
}
