import { DatabaseSetupError, kyselyStores, postgres } from '@phone-auth/kysely'
import { authOn, outcomeOf, PHONE } from '@phone-auth/sql-tests'
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import { defaults, Pool, types } from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgresStores } from '../src/index.ts'
import { newSchema, postgresUrl } from './subject.ts'

const { BOOL, INT4, INT8, JSON: JSON_TEXT, JSONB, TIMESTAMPTZ } = types.builtins

const known = [BOOL, INT4, INT8, JSON_TEXT, JSONB, TIMESTAMPTZ].map(
  (type) => [type, types.getTypeParser(type)] as const,
)
afterEach(() => {
  for (const [type, parser] of known) types.setTypeParser(type, parser as (text: string) => unknown)
  defaults.parseInputDatesAsUTC = false
})

type Parsers = readonly (readonly [type: number, parse: (text: string) => unknown])[]

function setParsers(parsers: Parsers): void {
  for (const [type, parse] of parsers) types.setTypeParser(type, parse)
}

/** Stores on a Kysely instance of the application. */
function ofTheApplication() {
  const plugins = [new CamelCasePlugin()]
  const db = new Kysely<object>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: postgresUrl }) }),
    plugins,
  })
  const stores = kyselyStores(db, postgres, { schema: newSchema() })
  return { ...stores, close: () => db.destroy() }
}

/** Calls every step that returns values, and returns what does not depend on time or chance. */
async function everyStep(stores: ReturnType<typeof ofTheApplication>) {
  const { auth, open } = authOn(stores, { limits: { cooldown: [], sendsPerNumber: { '1h': 5 } } })
  const opened = await open(PHONE)
  const wrong = opened.code === '000000' ? '000001' : '000000'
  const refused = await auth.verify({ ...opened, code: wrong }).catch((error: object) => error)
  const state = await auth.getChallenge(opened)
  const resent = await auth.resend(opened)
  const signedIn = await auth.verify(opened)
  const { refreshToken, user } = signedIn
  const refreshed = await auth.refresh({ refreshToken })
  const authenticated = await auth.authenticate(refreshed)
  const saved = await auth.updateProfile({ userId: user.id, profile: { name: 'Ada', bio: 'x' } })
  const sessions = await auth.listSessions({ userId: user.id })
  const limited = [
    await outcomeOf(auth.start({ phoneNumber: PHONE })),
    await outcomeOf(auth.start({ phoneNumber: PHONE })),
  ]
  const again = await stores.userStore.findById(user.id)
  const purged = await auth.purge()
  await auth.close()
  const instants = [
    resent.expiresAt,
    user.createdAt,
    saved.user.createdAt,
    again?.user.verifiedAt,
    sessions[0]?.createdAt,
  ]
  for (const instant of instants) expect(Math.abs((instant?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000)
  return {
    refused: { ...refused },
    attempts: state,
    ids: [user.id, authenticated.userId, saved.user.id, again?.user.id, again?.profile.id],
    isActive: [user.isActive, again?.user.isActive],
    profile: [saved.profile, again?.profile.fields],
    sessions: sessions.length,
    limited,
    purged,
  }
}

const withoutInstants = (result: object) => JSON.parse(JSON.stringify(result).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''))

describe('the driver settings of the application', () => {
  let expected: Awaited<ReturnType<typeof everyStep>>
  beforeAll(async () => {
    expected = await everyStep(ofTheApplication())
  })

  it.each<[string, Parsers]>([
    ['int8 as BigInt', [[INT8, BigInt]]],
    [
      'int8 and int4 as BigInt',
      [
        [INT8, BigInt],
        [INT4, BigInt],
      ],
    ],
    ['int8 as a number', [[INT8, Number]]],
    ['timestamptz as text', [[TIMESTAMPTZ, String]]],
    ['timestamptz as milliseconds', [[TIMESTAMPTZ, (text) => new Date(text).getTime()]]],
    [
      'timestamptz as objects of a date library',
      [[TIMESTAMPTZ, (text) => ({ valueOf: () => new Date(text).getTime() })]],
    ],
    ['booleans as numbers', [[BOOL, (text) => Number(text === 't')]]],
  ])('with %s, every step returns the same', async (_, parsers) => {
    setParsers(parsers)
    defaults.parseInputDatesAsUTC = true
    expect(withoutInstants(await everyStep(ofTheApplication()))).toEqual(withoutInstants(expected))
  })

  it('with the default parsers, every step returns what it should', () => {
    expect(expected).toMatchObject({
      ids: [1, 1, 1, 1, 1],
      isActive: [true, true],
      limited: ['fulfilled', 'rate_limited'],
    })
  })

  it.each<[string, string, Parsers]>([
    ['JSON values', 'json as text', [[JSON_TEXT, String]]],
    ['JSON values', 'jsonb as text', [[JSONB, String]]],
    [
      'JSON values',
      'json with numbers as text',
      [[JSON_TEXT, (text) => JSON.parse(text, (_key, value) => (typeof value === 'number' ? String(value) : value))]],
    ],
    ['booleans', 'booleans as text', [[BOOL, String]]],
    ['integers', 'int4 as text', [[INT4, String]]],
    ['big integers', 'int8 as another value', [[INT8, () => 'changed']]],
    ['instants with time zone', 'timestamptz without time', [[TIMESTAMPTZ, (text) => text.slice(0, 10)]]],
    [
      'instants with time zone',
      'timestamptz as objects that have no number',
      [
        [
          TIMESTAMPTZ,
          () => ({
            valueOf: () => {
              throw new TypeError('compare')
            },
          }),
        ],
      ],
    ],
    [
      'booleans and JSON values',
      'several',
      [
        [BOOL, String],
        [JSON_TEXT, String],
      ],
    ],
  ])('migrate refuses %s it cannot read: %s', async (named, _, parsers) => {
    setParsers(parsers)
    const stores = ofTheApplication()
    const error = await stores.migrate().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DatabaseSetupError)
    expect(error).toMatchObject({ code: 'driver', isPermanent: true })
    expect((error as Error).message).toContain(`The driver returns ${named} in a form that the stores cannot read.`)
    expect(await outcomeOf(stores.userStore.findById(1))).toBe('driver')
    await stores.close()
  })

  it('no parser affects postgresStores on the same pool, as the error advises', async () => {
    setParsers(known.map(([type]) => [type, () => 'changed by the application']))
    const pool = new Pool({ connectionString: postgresUrl })
    const { auth, signIn } = authOn(postgresStores({ pool, schema: newSchema() }))
    expect((await signIn(PHONE)).user.id).toBe(1)
    await auth.close()
    await pool.end()
  })
})
