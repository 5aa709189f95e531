import type { PhoneNumber } from '@phone-auth/core'
import { type Charge, deliveryRank, type OtpStore, type Rotation } from '@phone-auth/core/adapters'
import { PHONE, tally } from '@phone-auth/sql-tests'
import { describe, expect, it } from 'vitest'
import { CALLERS, session, world } from './held-rows.ts'
import { attempt, challenge, charge, STRANGERS } from './steps.ts'
import { raw } from './subject.ts'

// A statement sees the database as it was when it began, except for the rows it changes. In these
// tests another transaction changes the row after every call has begun: all calls wait for the lock
// of the row, until the last of them waits there.

const outcomes = (results: readonly { readonly outcome: string }[]) => tally(results.map(({ outcome }) => outcome))

const openWith = (store: OtpStore, idHash: string, charges: readonly Charge[] = []) =>
  store.open({ challenge: challenge(idHash), ttlSeconds: 60, charges, lanes: [STRANGERS] })

const usedOf = (budgets: string) =>
  raw(`select subject, (
      select sum(entries[place][4])::integer from generate_subscripts(entries, 1) as place
    ) as used from ${budgets}
    where cardinality(entries) > 0 order by subject`)

describe('calls that begin before their row is changed', () => {
  it('OTP-3 one call redeems the right code, and the others find the challenge gone', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const results = await race(`select from ${table('challenges')} for update`, () =>
      stores.otpStore.redeem(attempt('c')),
    )
    expect(outcomes(results)).toEqual({ redeemed: 1, gone: CALLERS - 1 })
    await auth.close()
  })

  it('OTP-4 five wrong codes are compared, and the other calls find the challenge spent', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const results = await race(`select from ${table('challenges')} for update`, () =>
      stores.otpStore.redeem({ ...attempt('c'), codeHashes: ['wrong'] }),
    )
    expect(outcomes(results)).toEqual({ wrong: 5, spent: CALLERS - 5 })
    const counts = results.flatMap((result) => (result.outcome === 'wrong' ? [result.challenge.attempts] : []))
    expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5])
    await auth.close()
  })

  it('OTP-4 without attempts left, one attempt that a code service has judged redeems, and the others find the challenge gone', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const spent = `update ${table('challenges')} set attempts = max_attempts`
    await raw(spent)
    const results = await race(spent, () => stores.otpStore.redeem({ ...attempt('c'), by: 'code_service' }))
    expect(outcomes(results)).toEqual({ redeemed: 1, gone: CALLERS - 1 })
    await auth.close()
  })

  it('REL-8 of the receipts that wait for an earlier one, only the furthest is recorded, once', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const failed = `update ${table('challenges')} set delivery = 'failed', delivery_rank = ${deliveryRank({ send: 1, delivery: 'failed' })}`
    const results = await race(failed, (index) =>
      stores.otpStore.recordDelivery({
        idHash: 'c',
        send: 1,
        delivery: index % 2 === 0 ? 'delivered' : 'sent',
        handle: null,
      }),
    )
    expect(results.flatMap((recorded) => recorded?.delivery ?? [])).toEqual(['delivered'])
    expect((await stores.otpStore.find('c'))?.delivery).toBe('delivered')
    await auth.close()
  })

  it('REL-8 handles and receipts that wait for an earlier handle leave the latest handle and the furthest delivery', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const rank = deliveryRank({ send: 2, delivery: 'queued' })
    const second = `update ${table('challenges')} set delivery = 'queued', delivery_rank = ${rank}, handle = 'second'`
    await race(second, (index) =>
      stores.otpStore.recordDelivery(
        index % 2 === 0
          ? { idHash: 'c', send: 1, delivery: 'queued', handle: 'first' }
          : { idHash: 'c', send: 2, delivery: 'delivered', handle: null },
      ),
    )
    const challenge = await stores.otpStore.find('c')
    expect([challenge?.delivery, challenge?.handle]).toEqual(['delivered', 'second'])
    await auth.close()
  })

  it('OTP-9 a challenge that allows two more messages counts two', async () => {
    const { auth, stores, race, table } = await world()
    await openWith(stores.otpStore, 'c')
    const results = await race(`select from ${table('challenges')} for update`, () =>
      stores.otpStore.resend({ idHash: 'c', charges: [charge('a', 100)], replacement: null }),
    )
    expect(outcomes(results)).toEqual({ resent: 2, no_sends_left: CALLERS - 2 })
    expect(await usedOf(table('budgets'))).toEqual([{ subject: 'a', used: 2 }])
    await auth.close()
  })

  it('LIM-7 a budget with room for three more admits three, and the other calls charge nothing', async () => {
    const { auth, stores, race, table } = await world()
    const charges = [charge('a-wide', 100), charge('b-narrow', 4), charge('c-wide', 100)]
    await openWith(stores.otpStore, 'first', charges)
    const results = await race(
      `select from ${table('budgets')} where subject = 'b-narrow' for update`,
      (index) =>
        openWith(
          stores.otpStore,
          String(index),
          charges.toSorted(() => (index % 2 === 0 ? 1 : -1)),
        ),
      1,
    )
    expect(outcomes(results)).toEqual({ opened: 1 })
    const more = await race(`select from ${table('budgets')} order by subject for update`, (index) =>
      openWith(stores.otpStore, `more-${index}`, charges),
    )
    expect(outcomes(more)).toEqual({ opened: 2, limited: CALLERS - 2 })
    for (const result of more)
      if (result.outcome === 'limited') expect(result.full.map(({ subject }) => subject)).toEqual(['b-narrow'])
    expect(await usedOf(table('budgets'))).toEqual(charges.map(({ subject }) => ({ subject, used: 4 })))
    await auth.close()
  })

  it('RT-2 RT-3 a refresh token is rotated once, and the other calls get the same successor', async () => {
    const { auth, stores, race, table } = await world()
    const user = await stores.userStore.signIn(PHONE as PhoneNumber, 'open')
    await stores.sessionStore.insert(user?.user.id ?? 0, session('s'))
    const rotation: Rotation = {
      sessionId: 's',
      refreshTokenHash: 'token-1',
      nextRefreshTokenHash: 'token-2',
      idleSeconds: 60,
      reuseWindowSeconds: 10,
    }
    const results = await race(`select from ${table('sessions')} for update`, () =>
      stores.sessionStore.rotate(rotation),
    )
    expect(outcomes(results)).toEqual({ rotated: 1, repeated: CALLERS - 1 })
    const [row] = await raw(`select refresh_token_hash, previous_refresh_token_hash from ${table('sessions')}`)
    expect(row).toEqual({ refresh_token_hash: 'token-2', previous_refresh_token_hash: 'token-1' })
    const replays = await race(`select from ${table('sessions')} for update`, () =>
      stores.sessionStore.rotate({ ...rotation, refreshTokenHash: 'token-0' }),
    )
    expect(outcomes(replays)).toEqual({ reused: 1, gone: CALLERS - 1 })
    await auth.close()
  })

  it('PHN-4 first sign-ins of a number that has just been signed up find that user', async () => {
    const { auth, stores, race, table } = await world()
    for (let index = 0; index < CALLERS; index += 1) await openWith(stores.otpStore, String(index))
    const signUp = `with account as (insert into ${table('users')} (phone_number, created_at) values ('${PHONE}', now()) returning id)
      insert into ${table('profiles')} (user_id, name, extra, created_at, updated_at) select id, 'Ada', '{}', now(), now() from account`
    const results = await race(signUp, (index) =>
      stores.jointSteps.signIn({
        attempt: attempt(String(index)),
        registration: 'open',
        session: session(`s-${index}`),
      }),
    )
    expect(outcomes(results)).toEqual({ signed_in: CALLERS })
    for (const result of results) {
      expect(result).toMatchObject({
        isNewUser: false,
        user: { id: 1, phoneNumber: PHONE },
        profile: { fields: { name: 'Ada' } },
      })
    }
    await auth.close()
  })

  it('TOK-4 a sign-in during a deactivation gets no session; during a deletion or a change of number it gets a new user', async () => {
    const { auth, stores, race, table } = await world()
    const account = await stores.userStore.signIn(PHONE as PhoneNumber, 'open')
    const signIn = (id: string) =>
      stores.jointSteps.signIn({ attempt: attempt(id), registration: 'open', session: session(id) })
    await openWith(stores.otpStore, 'a')
    const [refused] = await race(`update ${table('users')} set is_active = false`, () => signIn('a'), 1)
    expect(refused).toMatchObject({ outcome: 'inactive', user: { id: account?.user.id, isActive: false } })
    expect(await raw(`select id from ${table('sessions')}`)).toEqual([])

    await raw(`update ${table('users')} set is_active = true`)
    await openWith(stores.otpStore, 'b')
    const [renumbered] = await race(`update ${table('users')} set phone_number = '+14155550199'`, () => signIn('b'), 1)
    expect(renumbered).toMatchObject({ outcome: 'signed_in', isNewUser: true, user: { phoneNumber: PHONE } })

    await openWith(stores.otpStore, 'c')
    const gone = `delete from ${table('sessions')}; delete from ${table('users')} where phone_number = '${PHONE}'`
    const [created] = await race(gone, () => signIn('c'), 1)
    expect(created).toMatchObject({ outcome: 'signed_in', isNewUser: true, user: { phoneNumber: PHONE } })
    expect(await raw(`select id from ${table('sessions')}`)).toEqual([{ id: 'c' }])
    await auth.close()
  })

  it('TOK-4 a deactivation ends the sessions of sign-ins that it has waited for', async () => {
    const { auth, stores, race, table } = await world()
    const account = await stores.userStore.signIn(PHONE as PhoneNumber, 'open')
    const signIn = `update ${table('users')} set last_signed_in_at = now();
      insert into ${table('sessions')} (id, user_id, refresh_token_hash, created_at, last_used_at, expires_at, absolute_expires_at)
      values ('s', 1, 'h', now(), now(), now() + interval '1 h', now() + interval '1 h')`
    const [done] = await race(signIn, () => stores.jointSteps.deactivateUser(account?.user.id ?? 0), 1)
    expect(done).toMatchObject({ user: { isActive: false }, endedSessionIds: ['s'] })
    expect(await stores.sessionStore.find('s')).toBeNull()
    await auth.close()
  })

  it('TOK-4 a sign-in in several steps inserts no session while its user is being deactivated', async () => {
    const { auth, stores, race, table, untilWaiting } = await world()
    const { jointSteps, sessionStore, userStore } = stores
    const id = (await userStore.signIn(PHONE as PhoneNumber, 'open'))?.user.id ?? 0
    await sessionStore.insert(id, session('s'))
    // The deactivation waits between its two statements.
    const held = `select from ${table('sessions')} where id = 's' for update`
    const [deactivated, isActive] = await race<unknown>(
      held,
      async (index) => {
        if (index === 0) return jointSteps.deactivateUser(id)
        await untilWaiting(1)
        await sessionStore.insert(id, session('late'))
        return (await userStore.findById(id))?.user.isActive
      },
      2,
    )
    expect(deactivated).toMatchObject({ endedSessionIds: ['s'] })
    // So the sign-in finds out, and ends the session that it has inserted.
    expect(isActive).toBe(false)
    await auth.close()
  })

  it('a number that moves to another user while its code is checked signs that user in', async () => {
    const { auth, stores, open, race, table } = await world()
    const other = await stores.userStore.signIn('+14155550199' as PhoneNumber, 'open')
    await stores.userStore.saveProfile(other?.user.id ?? 0, { name: 'Ada' })
    const opened = await open(PHONE)
    const moved = `select from ${table('challenges')} for update; update ${table('users')} set phone_number = '${PHONE}'`
    const [signedIn] = await race(moved, () => auth.verify(opened), 1)
    expect(signedIn).toMatchObject({ isNewUser: false, user: { id: other?.user.id }, profile: { name: 'Ada' } })
    await auth.close()
  })
})
