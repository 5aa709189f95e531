import { startProcess } from '@phone-auth/conformance/processes'
import { numberOf, OTHER_PHONE, outcomeOf, PHONE, SOURCE, tally } from '@phone-auth/sql-tests'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { setup } from './auth.ts'
import type { FaultsControl } from './faults-child.ts'
import { startProxy } from './proxy.ts'
import { attempt, challenge, charge, STRANGERS } from './steps.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'

async function startChild(schema: string, skewMs = 0) {
  const target = JSON.stringify({ connectionString: postgresUrl, schema, skewMs })
  const process = await startProcess(new URL('./faults-child.ts', import.meta.url), { args: [target], ...SOURCE })
  return {
    auth: process.remote<ReturnType<typeof setup>['auth']>('auth'),
    control: process.remote<FaultsControl>('control'),
    kill: process.kill,
  }
}

/** Resolves when the server has no connection of that name left. */
async function quiet(applicationName: string): Promise<void> {
  const busy = 'select 1 from pg_stat_activity where application_name = $1'
  while ((await raw(busy, [applicationName])).length > 0);
}

describe('faults', () => {
  it('REL-1 after a process is killed at any step of 200 verifies, each code still works, or exactly one session exists for it', async () => {
    const schema = newSchema()
    const survivor = setup({ schema })
    await survivor.stores.migrate()
    const outcomes: string[] = []
    const VERIFIES = 25
    for (const round of Array.from({ length: 8 }).keys()) {
      const victim = await startChild(schema)
      const opened: Awaited<ReturnType<FaultsControl['open']>>[] = []
      for (const index of Array.from({ length: VERIFIES }).keys()) {
        opened.push(await victim.control.open(numberOf(round * VERIFIES + index)))
      }
      // A verify has five steps. The kills are spread over all of them, and over the five
      // connections that the verifies share.
      await victim.control.endAfter(2 + round * 16)
      const results = await Promise.all(opened.map((challenge) => outcomeOf(victim.auth.verify(challenge))))
      expect(results).toContain('The process ended.')
      await victim.kill()
      await quiet(schema)

      const consumed = `select count(*) from ${schema}.phone_auth_challenges where consumed_at is not null`
      const counts = await raw<{ consumed: string; sessions: string; users: string }>(
        `select (${consumed}) as consumed, (select count(*) from ${schema}.phone_auth_sessions) as sessions,
          (select count(*) from ${schema}.phone_auth_users) as users`,
      )
      const [{ sessions = '' } = {}] = counts
      expect(counts).toEqual([{ consumed: sessions, sessions, users: sessions }])
      for (const challenge of opened) outcomes.push(await outcomeOf(survivor.auth.verify(challenge)))
    }
    const { fulfilled = 0, challenge_expired: used = 0 } = tally(outcomes)
    expect(fulfilled + used).toBe(200)
    // Both outcomes must occur, or the test shows nothing.
    expect(Math.min(fulfilled, used)).toBeGreaterThan(10)
    const sessions = await raw(
      `select user_id from ${schema}.phone_auth_sessions group by user_id having count(*) <> 1`,
    )
    expect(sessions).toEqual([])
    await survivor.auth.close()
  })

  it('REL-9 REL-22 connections terminated under load never add comparisons, and the pool recovers', async () => {
    const schema = newSchema()
    const { auth, open, stores } = setup({ schema, connectionString: `${postgresUrl}?application_name=${schema}` })
    const { challengeId, code } = await open(PHONE)
    const other = await open(OTHER_PHONE)
    const guesses = Array.from({ length: 201 }, (_, index) => String(index).padStart(6, '0')).filter((c) => c !== code)
    const terminate = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'
    let terminated = 0
    const killing = (async () => {
      for (let round = 0; round < 20; round += 1) terminated += (await raw(terminate, [schema])).length
    })()
    const outcomes = await Promise.all(
      guesses.slice(0, 200).map((guess) => outcomeOf(auth.verify({ challengeId, code: guess }))),
    )
    const right = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(auth.verify(other))))
    await killing
    const { invalid_code: compared = 0, too_many_attempts: refused = 0, store_unavailable: lost = 0 } = tally(outcomes)
    expect(compared + refused + lost).toBe(200)
    expect(terminated).toBeGreaterThan(20)
    expect(compared).toBeLessThanOrEqual(5)
    expect(tally(right).fulfilled ?? 0).toBeLessThanOrEqual(1)
    const [row] = await raw<{ attempts: number }>(
      `select attempts from ${schema}.phone_auth_challenges where phone_number = '${PHONE}'`,
    )
    expect(row?.attempts).toBeLessThanOrEqual(5)
    expect(row?.attempts).toBeGreaterThanOrEqual(compared)
    // A lost attempt stays counted.
    if (row?.attempts === 5) expect(await outcomeOf(auth.verify({ challengeId, code }))).toBe('too_many_attempts')
    // The pool works again without a restart.
    await outcomeOf(auth.ping())
    expect(await outcomeOf(auth.ping())).toBe('fulfilled')
    const user = await stores.userStore.findByPhoneNumber(OTHER_PHONE as never)
    const sessions = user === null ? [] : await stores.sessionStore.list(user.user.id)
    expect(sessions.length).toBeLessThanOrEqual(1)
    await auth.close()
  })

  it('survives idle connections that the server terminates', async () => {
    const schema = newSchema()
    const { auth, signIn } = setup({ schema, connectionString: `${postgresUrl}?application_name=${schema}` })
    await signIn(PHONE)
    await raw('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [schema])
    await quiet(schema)
    // The first calls may still get a connection that the process does not know to be closed.
    for (let ping = 0; ping < 5; ping += 1) await outcomeOf(auth.ping())
    expect(await outcomeOf(auth.ping())).toBe('fulfilled')
    await auth.close()
  })

  it('REL-3 REL-10 a connection cut before the response reports no success, and at most one session exists', async () => {
    const proxy = await startProxy(postgresUrl)
    const { auth, schema, open, stores } = setup({ connectionString: proxy.url })
    await stores.migrate()
    const cutAt = (isForwarded: boolean) => {
      proxy.onSend = (data) =>
        data.includes('phone_auth_') ? { isForwarded, isCut: true } : { isForwarded: true, isCut: false }
    }
    const attempt = async (isForwarded: boolean, phoneNumber: string) => {
      const opened = await open(phoneNumber)
      cutAt(isForwarded)
      expect(await outcomeOf(auth.verify(opened))).toBe('store_unavailable')
      proxy.onSend = () => ({ isForwarded: true, isCut: false })
      await quiet(schema)
      return opened
    }
    const unsent = await attempt(false, PHONE)
    expect((await auth.verify(unsent)).isNewUser).toBe(true)

    const unanswered = await attempt(true, OTHER_PHONE)
    const lock = `select 1 from ${schema}.phone_auth_challenges where phone_number = '${OTHER_PHONE}' and consumed_at is not null`
    while ((await raw(lock)).length === 0);
    expect(await outcomeOf(auth.verify(unanswered))).toBe('challenge_expired')
    const sessions = await raw(`select user_id, count(*)::int as n from ${schema}.phone_auth_sessions group by user_id`)
    expect(sessions.map(({ n }) => n)).toEqual([1, 1])
    await auth.close()
    await proxy.close()
  })

  it('REL-11 retries conflicts on a server with serializable transactions by default, and loses nothing', async () => {
    const connectionString = `${postgresUrl}?options=-c%20default_transaction_isolation%3Dserializable`
    const a = setup({ connectionString })
    const b = setup({ connectionString, schema: a.schema })
    await a.stores.migrate()
    const opened = await a.open(PHONE)
    const verifies = await Promise.all(
      Array.from({ length: 40 }, (_, index) => outcomeOf((index % 2 === 0 ? a : b).auth.verify(opened))),
    )
    expect(tally(verifies)).toEqual({ fulfilled: 1, challenge_expired: 39 })
    const { user } = await a.signIn(PHONE)
    const changes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        outcomeOf((index % 2 === 0 ? a : b).auth.updateProfile({ userId: user.id, profile: { bio: String(index) } })),
      ),
    )
    expect(tally(changes)).toEqual({ fulfilled: 40 })
    const starts = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const { otpStore } = (index % 2 === 0 ? a : b).stores
        const charges = [charge('shared', 7)]
        const opening = { challenge: challenge(String(index)), ttlSeconds: 60, charges, lanes: [STRANGERS] } as const
        return (await otpStore.open(opening)).outcome
      }),
    )
    expect(tally(starts)).toEqual({ opened: 7, limited: 33 })
    await a.auth.close()
    await b.auth.close()
  })

  it('starts, resends and verifies of one number, and calls that forget its devices, never deadlock', async () => {
    const deadlocks = async () =>
      Number((await raw('select deadlocks from pg_stat_database where datname = current_database()'))[0]?.deadlocks)
    const before = await deadlocks()
    const schema = newSchema()
    const connectionString = `${postgresUrl}?application_name=${schema}`
    const { auth, stores } = setup({ schema, connectionString, maxConnections: 20 })
    const { otpStore } = stores
    const parts = ['home', 'device:0', 'device:1', 'device:2']
    const keys = ['a', 'z', 'number', ...parts.map((part) => `number|${part}`)]
    const charges = (index: number) =>
      keys
        .map((subject, place) => ({ ...charge(subject, 1_000_000), isReserved: place % 2 === 0 }))
        // Each caller uses a different order.
        .toSorted(
          (a, b) => ((keys.indexOf(a.subject) * (index + 7)) % 11) - ((keys.indexOf(b.subject) * (index + 7)) % 11),
        )
    const open = (index: number) =>
      otpStore.open({
        challenge: challenge(String(index)),
        ttlSeconds: 60,
        charges: charges(index),
        lanes: [STRANGERS],
      })
    await Promise.all(Array.from({ length: 100 }, (_, index) => open(index)))
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        const idHash = String(Math.floor(index / 4))
        if (index % 4 === 0) return (await open(1000 + index)).outcome
        if (index % 4 === 1)
          return (await otpStore.resend({ idHash, charges: charges(index), replacement: null })).outcome
        const codeHashes = [index % 4 === 2 ? 'wrong' : 'right']
        if (index % 8 === 7) await otpStore.forget('number')
        const known = [parts[index % 4] ?? '', parts[(index + 1) % 4] ?? '']
        const success = { ...attempt('').success, known, forgotten: [parts[(index + 2) % 4] ?? ''], maxDevices: 1 }
        return (
          await otpStore.redeem({
            ...attempt(idHash),
            codeHashes,
            failures: [{ ...charge('', 1), subjects: keys }],
            success,
          })
        ).outcome
      }),
    )
    expect(tally(outcomes)).toMatchObject({ opened: 100, redeemed: 100 })
    // A connection reports its counts when it ends.
    await auth.close()
    await quiet(schema)
    expect(await deadlocks()).toBe(before)
  })

  it('REL-12 OTP-2 servers with clocks that are ten minutes wrong agree, because they use the time of the database', async () => {
    const schema = newSchema()
    const TEN_MINUTES = 600_000
    const [fast, slow] = await Promise.all([startChild(schema, TEN_MINUTES), startChild(schema, -TEN_MINUTES)])
    expect((await fast.control.now()) - (await slow.control.now())).toBeGreaterThan(2 * TEN_MINUTES - 60_000)
    const opened = await slow.control.open(PHONE)
    const signedIn = await fast.auth.verify(opened)
    expect((await slow.auth.authenticate({ accessToken: signedIn.accessToken })).userId).toBe(signedIn.user.id)
    const refreshed = await slow.auth.refresh({ refreshToken: signedIn.refreshToken })
    // Within the reuse window of ten seconds, although the clocks differ by more.
    expect((await fast.auth.refresh({ refreshToken: signedIn.refreshToken })).refreshToken).toBe(refreshed.refreshToken)
    expect((await fast.auth.authenticate({ accessToken: refreshed.accessToken })).sessionId).toBe(signedIn.sessionId)

    const late = await fast.control.open(OTHER_PHONE)
    await raw(
      `update ${schema}.phone_auth_challenges set expires_at = clock_timestamp() where phone_number = '${OTHER_PHONE}'`,
    )
    expect(await outcomeOf(slow.auth.verify(late))).toBe('challenge_expired')
    expect(await outcomeOf(fast.auth.verify(late))).toBe('challenge_expired')
    await Promise.all([fast.kill(), slow.kill()])
  })

  it('REL-15 while the database is unreachable nothing is sent and no code is accepted; open challenges work again afterwards', async () => {
    const proxy = await startProxy(postgresUrl)
    const { auth, open, signIn, messages } = setup({ connectionString: proxy.url })
    const { accessToken, user } = await signIn(OTHER_PHONE)
    const opened = await open(PHONE)
    expect(await outcomeOf(auth.verify({ ...opened, code: opened.code === '000000' ? '000001' : '000000' }))).toBe(
      'invalid_code',
    )
    const sent = messages.length
    proxy.isOpen = false
    proxy.onSend = () => ({ isForwarded: false, isCut: true })
    const unreachable = await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => outcomeOf(auth.start({ phoneNumber: numberOf(index) }))),
      outcomeOf(auth.resend({ challengeId: opened.challengeId })),
      outcomeOf(auth.verify(opened)),
      outcomeOf(auth.authenticate({ accessToken })),
    ])
    expect(tally(unreachable)).toEqual({ store_unavailable: 23 })
    expect(messages).toHaveLength(sent)
    expect((await auth.authenticate({ accessToken, checkSession: false })).userId).toBe(user.id)
    proxy.isOpen = true
    proxy.onSend = () => ({ isForwarded: true, isCut: false })
    expect((await auth.verify(opened)).isNewUser).toBe(true)
    await auth.close()
    await proxy.close()
  })

  it('REL-20 refused starts store nothing, and a purge neither waits for other transactions nor blocks them', async () => {
    const { auth, schema, signIn, stores } = setup({}, { limits: {} })
    await signIn(OTHER_PHONE)
    const rows = async () => {
      const [counts] = await raw<{ challenges: number; budgets: number }>(
        `select (select count(*)::int from ${schema}.phone_auth_challenges) as challenges,
          (select count(*)::int from ${schema}.phone_auth_budgets) as budgets`,
      )
      return counts
    }
    const storm = () =>
      Promise.all(
        Array.from({ length: 500 }, (_, index) =>
          outcomeOf(auth.start({ phoneNumber: numberOf(index % 20), ip: `198.51.100.${index % 5}` })),
        ),
      )
    const { fulfilled = 0, rate_limited: refused = 0 } = tally(await storm())
    expect(fulfilled + refused).toBe(500)
    const after = await rows()
    expect(after?.challenges).toBe(1 + fulfilled)
    expect(tally(await storm())).toEqual({ rate_limited: 500 })
    expect(await rows()).toEqual(after)

    await raw(`
      insert into ${schema}.phone_auth_challenges (id_hash, purpose, channel, phone_number, seed, code_hash, key_id, code_alphabet,
        code_length, max_attempts, max_attempts_by_number, sends, max_sends, number_subject, reservations, created_at, expires_at)
      select 'old:' || n, 'sign_in', 'sms', '+1', '', '', '', 'digits', 6, 5, 3, 1, 3, '', '[]', now() - interval '1 d', now() - interval '1 h'
      from generate_series(1, 20000) as n`)
    const busy = new Client({ connectionString: postgresUrl })
    await busy.connect()
    await busy.query(
      `begin; select 1 from ${schema}.phone_auth_challenges where id_hash in ('old:1', 'old:2') for update`,
    )
    const purging = auth.purge({ batchSize: 1000 })
    const during = await Promise.all(Array.from({ length: 5 }, (_, index) => signIn(`+1202555010${index}`)))
    expect(during.every(({ isNewUser }) => isNewUser)).toBe(true)
    await purging
    await busy.end()
    const old = `select id_hash from ${schema}.phone_auth_challenges where id_hash like 'old:%' order by id_hash`
    expect(await raw(old)).toEqual([{ id_hash: 'old:1' }, { id_hash: 'old:2' }])
    await auth.purge()
    expect(await raw(old)).toEqual([])
    expect((await stores.sessionStore.list(1)).length).toBe(1)
    await auth.close()
  })
})
