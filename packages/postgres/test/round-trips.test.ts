import { numberOf, OTHER_PHONE, outcomeOf, PHONE } from '@phone-auth/sql-tests'
import { Pool } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { setup } from './auth.ts'
import { attempt, challenge, STRANGERS } from './steps.ts'
import { postgresUrl } from './subject.ts'

// Counts the statements of each operation where they reach the driver. "Cost" in docs/design.md
// promises these numbers.

const pool = new Pool({ connectionString: postgresUrl, max: 4 })
afterAll(() => pool.end())

let sent: string[] = []
pool.on('connect', (client) => {
  const query = client.query.bind(client) as (...input: unknown[]) => unknown
  client.query = ((config: { text: string }, ...rest: unknown[]) => {
    sent.push(config.text)
    return query(config, ...rest)
  }) as typeof client.query
})

/** The number of statements that `work` sends. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  sent = []
  await work()
  return sent.length
}

describe('the number of statements on PostgreSQL', () => {
  it('a start takes one; two if the code is hardened or registration is closed', async () => {
    const { auth, open } = setup({ pool })
    await auth.ping()
    for (let start = 0; start < 2; start += 1) expect(await statementsOf(() => open(PHONE))).toBe(1)
    expect(await statementsOf(() => open(PHONE))).toBe(2)
    expect((await open(PHONE)).code).toMatch(/^\w{4}-\w{4}-\w{5}$/)
    const closed = setup({ pool }, { registration: 'closed' })
    await closed.auth.ping()
    expect(await statementsOf(() => closed.open(PHONE))).toBe(2)
  })

  it('a start takes two if the provider names its messages for reports, the second after the answer; two with a code service', async () => {
    const reporting = setup(
      { pool },
      { smsSender: { send: async () => ({ handle: 'SM1' }), report: async () => undefined } },
    )
    await reporting.auth.ping()
    const started = async () => {
      await reporting.auth.start({ phoneNumber: PHONE })
      await reporting.auth.close()
    }
    expect(await statementsOf(started)).toBe(2)
    const codeService = { start: async () => ({ handle: 'VE1' }), check: async () => 'wrong' as const }
    const { auth } = setup({ pool }, { smsSender: undefined, codeService })
    await auth.ping()
    expect(await statementsOf(() => auth.start({ phoneNumber: PHONE }))).toBe(2)
  })

  it('a start that limits refuse takes one', async () => {
    const { auth, open } = setup({ pool }, { limits: {} })
    await open(PHONE)
    expect(
      await statementsOf(async () => expect(await outcomeOf(auth.start({ phoneNumber: PHONE }))).toBe('rate_limited')),
    ).toBe(1)
  })

  it('a verification by challenge id takes one, with any outcome', async () => {
    const { auth, open, stores } = setup({ pool })
    const verify = (options: { challengeId: string; code: string }, outcome: string) =>
      statementsOf(async () => expect(await outcomeOf(auth.verify(options))).toBe(outcome))
    const wrongCode = (code: string) => (code === '000000' ? '000001' : '000000')

    const first = await open(PHONE)
    expect(await verify({ ...first, code: wrongCode(first.code) }, 'invalid_code')).toBe(1)
    expect(await verify(first, 'fulfilled')).toBe(1)
    expect(await verify(first, 'challenge_expired')).toBe(1)
    expect(await verify({ challengeId: 'A'.repeat(22), code: '000000' }, 'challenge_expired')).toBe(1)
    const again = await open(PHONE)
    expect(await verify(again, 'fulfilled')).toBe(1)
    const spent = await open(PHONE)
    for (let guess = 0; guess < 5; guess += 1) await outcomeOf(auth.verify({ ...spent, code: wrongCode(spent.code) }))
    expect(await verify(spent, 'too_many_attempts')).toBe(1)
    const user = await stores.userStore.findByPhoneNumber(PHONE as never)
    await stores.userStore.setActive(user?.user.id ?? 0, false)
    expect(await verify(await open(PHONE), 'user_inactive')).toBe(1)
  })

  it('a verification by the number takes two: the first finds the challenge', async () => {
    const { auth, open } = setup({ pool })
    const { code } = await open(PHONE)
    expect(await statementsOf(() => auth.verify({ phoneNumber: PHONE, code }))).toBe(2)
  })

  it('a resend takes two: the first finds the challenge', async () => {
    const { auth, open } = setup({ pool })
    const { challengeId } = await open(PHONE)
    expect(await statementsOf(() => auth.resend({ challengeId }))).toBe(2)
  })

  it('a delivery receipt takes one, whether it is news or not', async () => {
    const { open, stores } = setup({ pool })
    await open(PHONE)
    const found = await stores.otpStore.findLatest(PHONE as never, 'sign_in', null)
    const note = (idHash: string | undefined, delivery: string | undefined) =>
      statementsOf(async () => {
        const recorded = await stores.otpStore.recordDelivery({
          idHash: idHash ?? '',
          send: 1,
          delivery: 'sent',
          handle: null,
        })
        expect(recorded?.delivery).toBe(delivery)
      })
    expect(await note(found?.idHash, 'sent')).toBe(1)
    expect(await note(found?.idHash, undefined)).toBe(1)
    expect(await note('unknown', undefined)).toBe(1)
  })

  it('an attempt that a code service has judged takes one, with any outcome', async () => {
    const { otpStore } = setup({ pool }).stores
    await otpStore.open({ challenge: challenge('c'), ttlSeconds: 60, charges: [], lanes: [STRANGERS] })
    const redeem = (codeHashes: string[], outcome: string) =>
      statementsOf(async () => {
        const redeemed = await otpStore.redeem({ ...attempt('c'), by: 'code_service', codeHashes })
        expect(redeemed.outcome).toBe(outcome)
      })
    expect(await redeem([], 'wrong')).toBe(1)
    expect(await redeem(['right'], 'redeemed')).toBe(1)
    expect(await redeem(['right'], 'gone')).toBe(1)
  })

  it('an authentication takes one; none without the session check', async () => {
    const { auth, signIn } = setup({ pool })
    const { accessToken } = await signIn(PHONE)
    expect(await statementsOf(() => auth.authenticate({ accessToken }))).toBe(1)
    expect(await statementsOf(() => auth.authenticate({ accessToken, checkSession: false }))).toBe(0)
  })

  it('the first authentication after a refresh takes two', async () => {
    const { auth, signIn } = setup({ pool }, { session: { cacheAge: '30s' } })
    const refreshed = await auth.refresh(await signIn(PHONE))
    expect(await statementsOf(() => auth.authenticate(refreshed))).toBe(2)
    expect(await statementsOf(() => auth.authenticate(refreshed))).toBe(0)
  })

  it('a refresh takes one, with any outcome', async () => {
    const { auth, signIn } = setup({ pool })
    const { refreshToken } = await signIn(PHONE)
    const refresh = (token: string, outcome: string) =>
      statementsOf(async () => expect(await outcomeOf(auth.refresh({ refreshToken: token }))).toBe(outcome))
    expect(await refresh(refreshToken, 'fulfilled')).toBe(1)
    expect(await refresh(refreshToken, 'fulfilled')).toBe(1)
    const { refreshToken: third } = await auth.refresh({
      refreshToken: (await auth.refresh({ refreshToken })).refreshToken,
    })
    expect(await refresh(refreshToken, 'refresh_token_reused')).toBe(1)
    expect(await refresh(third, 'invalid_refresh_token')).toBe(1)
  })

  it('a profile takes one, also with the session check; a logout takes one', async () => {
    const { auth, signIn } = setup({ pool })
    const { accessToken, user } = await signIn(OTHER_PHONE)
    expect(await statementsOf(() => auth.getProfile({ userId: user.id }))).toBe(1)
    expect(await statementsOf(() => auth.getProfile({ accessToken }))).toBe(1)
    expect(await statementsOf(() => auth.logout({ accessToken }))).toBe(1)
  })

  it('one read, the session check included, and one transaction for a change of the profile', async () => {
    const { auth, signIn } = setup({ pool })
    const { accessToken, user } = await signIn(OTHER_PHONE)
    // begin, two statements, commit
    const transaction = 4
    for (const owner of [{ accessToken }, { userId: user.id }]) {
      const profile = { name: 'Ada', email: 'ada@example.com' }
      expect(await statementsOf(() => auth.completeProfile({ ...owner, profile }))).toBe(1 + transaction)
      expect(await statementsOf(() => auth.updateProfile({ ...owner, profile: { bio: 'M' } }))).toBe(1 + transaction)
    }
  })

  it('a step-up takes one; so does ending the sessions of a user, or the challenges of some numbers', async () => {
    const { signIn, open, stores } = setup({ pool })
    const { user, sessionId } = await signIn(PHONE)
    await open(PHONE)
    const { sessionStore, otpStore } = stores
    const counted = async <Result>(step: () => Promise<Result>) => {
      let result: Result | undefined
      expect(await statementsOf(async () => (result = await step()))).toBe(1)
      return result
    }
    expect((await counted(() => sessionStore.reauthenticate(sessionId)))?.id).toBe(sessionId)
    expect(await counted(() => otpStore.discard([PHONE, OTHER_PHONE] as never))).toBe(1)
    expect(await counted(() => sessionStore.keepLatest(user.id, 0))).toEqual([sessionId])
    expect(await counted(() => sessionStore.revokeAll(user.id, null))).toEqual([])
    expect(await counted(() => sessionStore.reauthenticate(sessionId))).toBeNull()
  })

  it('a verification takes one more with a maximum of sessions or a code service; five with a hook', async () => {
    const verification = async (options: Parameters<typeof setup>[1]) => {
      const { auth, codeFor } = setup({ pool }, options)
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      return statementsOf(() => auth.verify({ challengeId, code: codeFor(PHONE) || '000000' }))
    }
    const codeService = { start: async () => ({ handle: 'VE1' }), check: async () => 'approved' as const }
    expect(await verification({ session: { max: 3 } })).toBe(2)
    expect(await verification({ smsSender: undefined, codeService })).toBe(2)
    expect(await verification({ beforeSignIn: () => undefined })).toBe(5)
  })

  it('a resend by a code service takes three', async () => {
    const codeService = { start: async () => ({ handle: 'VE1' }), check: async () => 'wrong' as const }
    const { auth } = setup({ pool }, { smsSender: undefined, codeService })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect(await statementsOf(() => auth.resend({ challengeId }))).toBe(3)
  })

  it('an authentication takes none while the session check is remembered', async () => {
    const { auth, signIn } = setup({ pool }, { session: { cacheAge: '30s' } })
    const { accessToken } = await signIn(PHONE)
    await auth.authenticate({ accessToken })
    expect(await statementsOf(() => auth.authenticate({ accessToken }))).toBe(0)
  })

  it('a list of sessions takes two by the token and one by the id, a logout everywhere two more', async () => {
    const { auth, signIn } = setup({ pool })
    const { accessToken, user } = await signIn(PHONE)
    const { id: userId } = user
    expect(await statementsOf(() => auth.listSessions({ accessToken }))).toBe(2)
    expect(await statementsOf(() => auth.listSessions({ userId }))).toBe(1)
    expect(await statementsOf(() => auth.logoutAll({ accessToken }))).toBe(4)
    expect(await statementsOf(() => auth.logoutAll({ userId }))).toBe(3)
  })

  it('a step-up takes two and three, a change of number two, four and a transaction', async () => {
    const { auth, signIn, codeFor } = setup({ pool })
    const { accessToken } = await signIn(PHONE)
    let challengeId = ''
    const opening = (start: Promise<{ challengeId: string }>) =>
      start.then((started) => (challengeId = started.challengeId))
    expect(await statementsOf(() => opening(auth.startStepUp({ accessToken })))).toBe(2)
    const code = codeFor(PHONE)
    expect(await statementsOf(() => auth.verifyStepUp({ accessToken, challengeId, code }))).toBe(3)
    const change = { accessToken, phoneNumber: OTHER_PHONE }
    expect(await statementsOf(() => opening(auth.startPhoneChange(change)))).toBe(2)
    // begin, six statements, commit
    const transaction = 8
    const verifyChange = () => auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(OTHER_PHONE) })
    expect(await statementsOf(verifyChange)).toBe(2 + transaction + 2)
  })

  it('a deactivation and a deletion take a transaction, a deletion by the token one more before it', async () => {
    const { auth, signIn } = setup({ pool })
    const one = await signIn(PHONE)
    expect(await statementsOf(() => auth.deactivateUser({ userId: one.user.id }))).toBe(4)
    // begin, six statements, commit, and one that forgets the known devices.
    expect(await statementsOf(() => auth.deleteUser({ userId: one.user.id }))).toBe(8 + 1)
    const { accessToken } = await signIn(PHONE)
    // The transaction checks the session again.
    expect(await statementsOf(() => auth.deleteUser({ accessToken }))).toBe(1 + 9 + 1)
  })

  it('prepares each statement once for each connection, under a unique name', async () => {
    const one = new Pool({ connectionString: postgresUrl, max: 1 })
    const { signIn, auth } = setup({ pool: one })
    for (let index = 0; index < 3; index += 1) {
      const { accessToken, user } = await signIn(numberOf(index))
      await auth.authenticate({ accessToken })
      await auth.getProfile({ userId: user.id })
    }
    const { rows } = await one.query('select name, generic_plans + custom_plans as runs from pg_prepared_statements')
    expect(rows.length).toBeGreaterThanOrEqual(4)
    expect(rows.every(({ name }) => /^phone_auth_/.test(name))).toBe(true)
    expect(rows.filter(({ runs }) => Number(runs) === 3).length).toBeGreaterThanOrEqual(4)
    await one.end()

    const unprepared = new Pool({ connectionString: postgresUrl, max: 1 })
    const other = setup({ pool: unprepared, preparedStatements: false })
    await other.signIn(PHONE)
    expect((await unprepared.query('select * from pg_prepared_statements')).rows).toEqual([])
    await unprepared.end()
  })
})
