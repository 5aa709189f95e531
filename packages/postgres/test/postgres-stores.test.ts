import { inspect } from 'node:util'
import { SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'
import { numberOf, OTHER_PHONE, outcomeOf, PHONE, SECRET } from '@phone-auth/sql-tests'
import { Client, Pool, type PoolConfig, types } from 'pg'
import { describe, expect, it } from 'vitest'
import { DatabaseSetupError, postgresStores } from '../src/index.ts'
import { setup } from './auth.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'

/** The server's URL with some of its parts changed. */
function urlWith(
  changes: Partial<Pick<URL, 'password' | 'port' | 'pathname' | 'hostname' | 'search' | 'username'>>,
): string {
  return Object.assign(new URL(postgresUrl), changes).href
}

describe('postgresStores', () => {
  it('creates its tables, and keeps all data over a restart', async () => {
    const first = setup()
    const { accessToken, user } = await first.signIn(PHONE)
    await first.auth.completeProfile({ userId: user.id, profile: { name: 'Ada', email: 'ada@example.com', bio: 'x' } })
    await first.auth.updateProfile({ userId: user.id, profile: { bio: null, birthDate: '1915-12-10' } })
    const { code } = await first.open(OTHER_PHONE)
    await first.auth.close()

    const second = setup({ schema: first.schema })
    expect((await second.auth.authenticate({ accessToken })).userId).toBe(user.id)
    const { profile } = await second.auth.getProfile({ userId: user.id })
    expect(profile).toEqual({ name: 'Ada', email: 'ada@example.com', birthDate: '1915-12-10' })
    expect((await second.auth.verify({ phoneNumber: OTHER_PHONE, code })).isNewUser).toBe(true)
    await second.auth.close()
  })

  it('uses no more ids than there are users and profiles', async () => {
    const { auth, signIn } = setup()
    const ids = []
    for (const number of [PHONE, PHONE, PHONE, OTHER_PHONE]) ids.push((await signIn(number)).user.id)
    expect(ids).toEqual([1, 1, 1, 2])
    await auth.close()
  })

  it('finds no user by an invalid id, and does not fail', async () => {
    const { auth, signIn, stores } = setup()
    await signIn(PHONE)
    for (const id of [
      'abc',
      '1e0',
      '01',
      ' 1',
      '',
      Number.NaN,
      -1,
      1.5,
      2 ** 70,
      '9'.repeat(30),
      '1; select 1',
      '\0',
    ]) {
      expect(await outcomeOf(auth.getProfile({ userId: id }))).toBe('user_not_found')
      expect(await stores.userStore.setActive(id, false)).toBeNull()
      expect(await stores.sessionStore.list(id)).toEqual([])
    }
    expect((await auth.getProfile({ userId: '1' })).user.id).toBe(1)
    await auth.close()
  })

  it('creates the profile of an imported user at the first sign-in', async () => {
    const { auth, signIn, schema, stores } = setup()
    await stores.migrate()
    await raw(`insert into ${schema}.phone_auth_users (phone_number, created_at) values ('${PHONE}', now())`)
    const { user, isNewUser, profile } = await signIn(PHONE)
    expect({ isNewUser, profile, verified: user.verifiedAt !== null }).toEqual({
      isNewUser: false,
      profile: {},
      verified: true,
    })
    expect((await signIn(PHONE)).user.id).toBe(user.id)
    expect(await raw(`select * from ${schema}.phone_auth_profiles`)).toHaveLength(1)
    await auth.close()
  })

  it('uses the given prefix and schema, instants with time zones, and constraints in the database', async () => {
    const schema = newSchema()
    const { auth, stores, signIn } = setup({ schema, prefix: 'login_' })
    await signIn(PHONE)
    const columns = await raw<{ table_name: string; column_name: string; data_type: string }>(
      'select table_name, column_name, data_type from information_schema.columns where table_schema = $1',
      [schema],
    )
    expect([...new Set(columns.map((column) => column.table_name))].toSorted()).toEqual(
      ['budgets', 'challenges', 'migrations', 'profiles', 'sessions', 'users'].map((name) => `login_${name}`),
    )
    const instants = columns.filter(({ column_name }) => column_name.endsWith('_at'))
    expect(new Set(instants.map(({ data_type }) => data_type))).toEqual(new Set(['timestamp with time zone']))
    for (const statement of [
      'update login_challenges set attempts = max_attempts + 1',
      "insert into login_users (phone_number, created_at) values ('14155550109', now())",
      `insert into login_users (phone_number, created_at) values ('${PHONE}', now())`,
    ]) {
      await expect(raw(`set search_path = ${schema}; ${statement}`)).rejects.toThrow(/constraint/)
    }
    const other = setup({ schema, prefix: 'other_' })
    expect((await other.signIn(PHONE)).isNewUser).toBe(true)
    expect((await stores.sessionStore.list(1)).length).toBe(1)
    await other.auth.close()
    await auth.close()
  })

  it('refuses invalid names and numbers, and settings that name the database twice or not at all', async () => {
    const pool = new Pool({ connectionString: postgresUrl })
    for (const name of ['', 'Auth', 'a-b', '1a', 'a"; drop table users; --', 'a'.repeat(32)]) {
      expect(() => postgresStores({ pool, schema: name })).toThrow(RangeError)
      expect(() => postgresStores({ pool, prefix: name })).toThrow(RangeError)
    }
    for (const waitSeconds of [0, -1, Number.NaN, 1e9]) {
      expect(() => postgresStores({ pool, waitSeconds })).toThrow(/waitSeconds must be/)
    }
    for (const maxConnections of [0, -1, 1.5, Number.NaN]) {
      expect(() => postgresStores({ connectionString: postgresUrl, maxConnections })).toThrow(/maxConnections must be/)
    }
    expect(() => postgresStores({})).toThrow(/either connectionString or pool/)
    expect(() => postgresStores({ pool, connectionString: postgresUrl })).toThrow(/either connectionString or pool/)
    await pool.end()
  })

  it('names the setting that is wrong, and never the password', async () => {
    const cases = [
      [
        { connectionString: urlWith({ port: '1' }) },
        'ECONNREFUSED',
        /127\.0\.0\.1:1\. .*host and port/,
        'store_unavailable',
      ],
      [
        { connectionString: urlWith({ hostname: 'no-such-host.invalid' }) },
        /ENOTFOUND|EAI_AGAIN/,
        /host and port/,
        'store_unavailable',
      ],
      [
        { connectionString: urlWith({ password: 'hunter2' }) },
        '28P01',
        /user "postgres"\. Check the user and password/,
        'store_misconfigured',
      ],
      [
        { connectionString: urlWith({ pathname: '/nowhere' }) },
        '3D000',
        /"nowhere" does not exist/,
        'store_misconfigured',
      ],
    ] as const
    for (const [options, code, message, storeError] of cases) {
      const { auth, stores } = setup(options)
      const error = await stores.migrate().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(DatabaseSetupError)
      expect(error).toMatchObject({ code: expect.stringMatching(code), message: expect.stringMatching(message) })
      expect(String(error)).not.toContain('hunter2')
      await expect(auth.ping()).rejects.toMatchObject({ code: storeError })
      await auth.close()
    }
  })

  it('fails when a connection or a lock is not free within waitSeconds, and names the settings to check', async () => {
    const { auth, stores, signIn, schema } = setup({ maxConnections: 1, waitSeconds: 0.3 })
    const { user } = await signIn(PHONE)
    const blocker = new Client({ connectionString: postgresUrl })
    await blocker.connect()
    await blocker.query(`begin; lock table ${schema}.phone_auth_users`)
    // One waits for the lock and holds the only connection, the other waits for the connection.
    const outcomes = await Promise.all([
      stores.userStore.findById(user.id).catch((error: Error) => error.message),
      stores.userStore.findById(user.id).catch((error: Error) => error.message),
    ])
    // The connection that still waits for its response is not used again.
    expect(await stores.sessionStore.find('x')).toBeNull()
    await blocker.end()
    expect(outcomes.toSorted()).toEqual([
      expect.stringMatching(/did not respond in time/),
      expect.stringMatching(/did not provide a connection in time.*maxConnections/),
    ])
    expect((await stores.userStore.findById(user.id))?.user.id).toBe(user.id)
    await auth.close()
  })

  it('creates no tables if autoMigrate is off, and reports what is missing', async () => {
    const schema = newSchema()
    const { auth, stores, signIn } = setup({ schema, autoMigrate: false })
    const missing = await auth.ping().catch((error: { cause: Error }) => error.cause)
    expect(missing).toBeInstanceOf(SchemaMissingError)
    expect((missing as Error).message).toContain(`The schema "${schema}" of the database lacks`)
    await stores.migrate()
    expect((await signIn(PHONE)).isNewUser).toBe(true)
    await auth.close()
  })

  it('reports that a role may not create tables, and works once another role has created them', async () => {
    const schema = newSchema()
    const role = `${schema}_role`
    await raw(`create role ${role} login password 'password'`)
    const connectionString = urlWith({ username: role })
    const denied = setup({ schema, connectionString })
    await expect(denied.stores.migrate()).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('autoMigrate'),
    })
    await denied.auth.close()
    // The owner of the schema needs no privilege on the database.
    const owned = newSchema()
    await raw(`create schema ${owned} authorization ${role}`)
    const mine = setup({ schema: owned, connectionString })
    expect((await mine.signIn(PHONE)).isNewUser).toBe(true)
    await mine.auth.close()
    await raw(`drop schema ${owned} cascade`)
    const owner = setup({ schema })
    await owner.stores.migrate()
    await raw(`grant usage on schema ${schema} to ${role}; grant all on all tables in schema ${schema} to ${role};
      grant usage on all sequences in schema ${schema} to ${role}`)
    const server = setup({ schema, connectionString })
    expect((await server.signIn(PHONE)).isNewUser).toBe(true)
    await server.auth.close()
    await owner.auth.close()
    await raw(`drop schema ${schema} cascade; drop role ${role}`)
  })

  it('REL-18 ten servers that start at once migrate once', async () => {
    const schema = newSchema()
    const servers = Array.from({ length: 10 }, () => setup({ schema }))
    await Promise.all(servers.map(({ stores }) => stores.migrate()))
    expect(await raw(`select name from ${schema}.phone_auth_migrations`)).toEqual([{ name: '0001_initial' }])
    await Promise.all(servers.map(({ auth }) => auth.close()))
  })

  it('OTP-4 an attempt stays counted when the application rolls back a transaction around it', async () => {
    const { auth, schema, open, stores } = setup()
    const { challengeId, code } = await open(PHONE)
    const wrong = code === '000000' ? '000001' : '000000'
    const application = new Client({ connectionString: postgresUrl })
    await application.connect()
    for (let count = 0; count < 5; count += 1) {
      await application.query('begin isolation level serializable')
      await application.query(`create table ${schema}.of_the_application (id bigint)`)
      await application.query(`select attempts from ${schema}.phone_auth_challenges`)
      expect(await outcomeOf(auth.verify({ challengeId, code: wrong }))).toBe('invalid_code')
      await application.query('rollback')
    }
    await application.end()
    expect((await stores.otpStore.findLatest(PHONE as never, 'sign_in', null))?.attempts).toBe(5)
    expect(await outcomeOf(auth.verify({ challengeId, code }))).toBe('too_many_attempts')
    await auth.close()
  })

  it('REL-18 works while a newer version adds to the schema, starts on that schema, and refuses a breaking migration', async () => {
    const { auth, schema, open, signIn, stores } = setup()
    const { accessToken, refreshToken, user } = await signIn(PHONE)
    const opened = await open(OTHER_PHONE)
    for (const table of ['users', 'profiles', 'challenges', 'budgets', 'sessions']) {
      await raw(`alter table ${schema}.phone_auth_${table} add column newer text`)
    }
    await raw(`insert into ${schema}.phone_auth_migrations values ('0004_newer', '2030-01-01T00:00:00Z')`)
    const next = setup({ schema })
    // Each version continues what the other began, and statements prepared before the change still
    // work.
    expect((await next.auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect((await next.auth.verify(opened)).isNewUser).toBe(true)
    expect(
      (await auth.refresh({ refreshToken: (await next.auth.refresh({ refreshToken })).refreshToken })).sessionId,
    ).toBeDefined()
    const openedLater = await next.open(numberOf(9))
    expect((await auth.verify(openedLater)).isNewUser).toBe(true)
    expect((await signIn(PHONE)).user.id).toBe(user.id)
    expect((await stores.sessionStore.list(user.id)).length).toBe(2)
    await next.auth.close()

    await raw(`insert into ${schema}.phone_auth_migrations values ('0005_breaking_future', '2030-01-01T00:00:00Z')`)
    const old = setup({ schema })
    await expect(old.stores.migrate()).rejects.toThrow(SchemaTooNewError)
    expect((await signIn(PHONE)).user.id).toBe(user.id)
    await old.auth.close()
    await auth.close()
  })

  it('reads values correctly with any parsers and session settings of the application', async () => {
    const changed = [types.builtins.TIMESTAMPTZ, types.builtins.INT8, types.builtins.JSONB, types.builtins.BOOL]
    const parsers = changed.map((type) => types.getTypeParser(type))
    for (const type of changed) types.setTypeParser(type, () => 'changed by the application')
    try {
      for (const timeZone of ['UTC', 'Asia/Kolkata', 'America/St_Johns']) {
        const { auth, signIn } = setup({
          connectionString: urlWith({ search: `?options=-c%20timezone%3D${timeZone}` }),
        })
        const { user } = await signIn(PHONE)
        expect(typeof user.id).toBe('number')
        expect(user.isActive).toBe(true)
        expect(Math.abs(user.createdAt.getTime() - Date.now())).toBeLessThan(60_000)
        await auth.updateProfile({ userId: user.id, profile: { name: 'Ada' } })
        expect((await auth.getProfile({ userId: user.id })).profile).toEqual({ name: 'Ada' })
        await auth.close()
      }
    } finally {
      changed.forEach((type, index) => {
        types.setTypeParser(type, parsers[index] as (text: string) => unknown)
      })
    }
  })

  it('refuses instants in another DateStyle, and pools that read binary values', async () => {
    const { stores } = setup({ connectionString: urlWith({ search: '?options=-c%20datestyle%3DSQL,DMY' }) })
    await expect(stores.migrate()).rejects.toThrow(/DateStyle to ISO/)
    await stores.close()
    const pool = new Pool({ connectionString: postgresUrl, binary: true } as PoolConfig)
    expect(() => postgresStores({ pool })).toThrow(/must not be set to binary/)
    await pool.end()
  })

  it('leaves the pool of the application open, and closes a pool that it created once the work is done', async () => {
    const pool = new Pool({ connectionString: postgresUrl })
    const { auth, signIn } = setup({ pool })
    await signIn(PHONE)
    await auth.close()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()

    const own = setup({ maxConnections: 2 })
    await own.stores.migrate()
    const starts = Promise.all(
      [0, 1, 2, 3, 4, 5].map((index) =>
        own.auth.start({ phoneNumber: numberOf(index) }).then(
          () => 'fulfilled',
          (error: { cause: Error }) => error.cause.message,
        ),
      ),
    )
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([own.auth.close(), own.auth.close()])
    // Each call was completed or refused. No call was left waiting.
    const outcomes = new Set(await starts)
    expect([...outcomes].filter((outcome) => outcome !== 'fulfilled' && outcome !== 'The stores are closed.')).toEqual(
      [],
    )
    expect(own.messages).toHaveLength((await starts).filter((outcome) => outcome === 'fulfilled').length)
    expect(await outcomeOf(own.auth.ping())).toBe('store_unavailable')
  })

  it('LOG-1 an error reveals nothing of the row that the database refused', async () => {
    const { auth, open, schema, stores } = setup()
    await stores.migrate()
    await raw(`alter table ${schema}.phone_auth_challenges add constraint refusing check (sends > 1)`)
    const error = await open(PHONE).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'store_misconfigured', cause: { code: '23514' } })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PHONE)
    await auth.close()
  })

  it('OTP-5 OTP-10 RT-1 the database holds no challenge id, code or token', async () => {
    const { auth, open, schema } = setup()
    const opened = await open(PHONE)
    const { refreshToken, accessToken } = await auth.verify(opened)
    const next = await auth.refresh({ refreshToken })
    const tables = await raw<{ table_name: string }>(
      'select table_name from information_schema.tables where table_schema = $1',
      [schema],
    )
    const rows = await Promise.all(tables.map(({ table_name }) => raw(`select * from ${schema}.${table_name}`)))
    const dump = JSON.stringify(rows)
    for (const secret of [
      opened.challengeId,
      refreshToken,
      next.refreshToken,
      accessToken,
      SECRET,
      `"${opened.code}"`,
    ]) {
      expect(dump).not.toContain(secret)
    }
    await auth.close()
  })
})
