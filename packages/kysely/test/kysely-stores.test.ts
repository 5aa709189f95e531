import Database from 'better-sqlite3'
import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyStores, sqlite } from '../src/index.ts'

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
  subject: null,
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

describe('kyselyStores', () => {
  it("lives beside an application's own tables, and leaves its plugins aside", async () => {
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

  it('makes the schema before the first query, once, however many queries are first', async () => {
    const db = application()
    const { userStore, sessionStore, otpStore, migrate } = kyselyStores(db, sqlite)
    await Promise.all([userStore.findById(1), sessionStore.find('x'), otpStore.find('x'), migrate(), migrate()])
    await kyselyStores(db, sqlite).migrate()
    const { rows } = await sql<{ name: string }>`select name from phone_auth_migrations`.execute(db)
    expect(rows).toEqual([{ name: '0001_initial' }])
  })

  it('tries again when the database was away at first', async () => {
    const database = new Database(':memory:')
    let isAway = true
    const dialect = new SqliteDialect({
      database: async () => {
        if (isAway) throw new Error('away')
        return database
      },
    })
    const { userStore } = kyselyStores(new Kysely({ dialect }), sqlite)
    await expect(userStore.findById(1)).rejects.toThrow('away')
    isAway = false
    expect(await userStore.findById(1)).toBeNull()
  })

  it('undoes a step that fails halfway: no budget is charged for a challenge that was not stored', async () => {
    const { otpStore } = kyselyStores(application(), sqlite)
    const charge = { key: 'a', cost: 1, limit: 1, windowSeconds: 60, givesBack: 'nothing' } as const
    const broken = { ...challenge, phoneNumber: null as never }
    await expect(otpStore.open({ challenge: broken, ttlSeconds: 60, charges: [charge] })).rejects.toThrow(/NOT NULL/)
    expect((await otpStore.open({ challenge, ttlSeconds: 60, charges: [charge] })).outcome).toBe('opened')
  })

  it('REL-1 undoes a sign-in whose session cannot be stored: the code is as good as before', async () => {
    const { otpStore, userStore, sessionStore, jointSignIn } = kyselyStores(application(), sqlite)
    await otpStore.open({ challenge, ttlSeconds: 60, charges: [] })
    const attempt = {
      idHash: 'hash',
      purpose: 'sign_in',
      subject: null,
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
    await expect(jointSignIn.signIn({ ...request, session: broken })).rejects.toThrow(/NOT NULL/)
    expect(await userStore.findByPhoneNumber(PHONE)).toBeNull()
    expect((await otpStore.find('hash'))?.attempts).toBe(0)
    expect((await jointSignIn.signIn({ ...request, session })).outcome).toBe('signed_in')
    expect((await sessionStore.find('session'))?.userId).toBe(1)
  })
})
