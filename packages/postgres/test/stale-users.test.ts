import type { PhoneNumber } from '@phone-auth/core'
import { OTHER_PHONE, PHONE } from '@phone-auth/sql-tests'
import { describe, expect, it } from 'vitest'
import { CALLERS, session, world } from './held-rows.ts'
import { attempt, challenge, STRANGERS } from './steps.ts'
import { raw } from './subject.ts'

// Like `stale-snapshots.test.ts`, for the steps of users and their sessions.

const OLD = PHONE as PhoneNumber
const NEW = OTHER_PHONE as PhoneNumber
const THIRD = '+14155550199' as PhoneNumber

/** A user with a session, and an open challenge of each of three numbers. */
async function signedIn(settings?: string) {
  const made = await world(settings)
  const { otpStore, userStore, sessionStore, jointSteps } = made.stores
  const id = (await userStore.signIn(OLD, 'open'))?.user.id ?? 0
  await sessionStore.insert(id, session('s'))
  for (const phoneNumber of [OLD, NEW, THIRD]) {
    await otpStore.open({
      challenge: { ...challenge(phoneNumber), phoneNumber },
      ttlSeconds: 60,
      charges: [],
      lanes: [STRANGERS],
    })
  }
  const open = async () => {
    const found = await Promise.all([OLD, NEW, THIRD].map((number) => otpStore.find(number)))
    return found.flatMap((each) => each?.phoneNumber ?? [])
  }
  const change = () => jointSteps.changePhoneNumber({ userId: id, phoneNumber: NEW, sessionId: 's' })
  const remove = () => jointSteps.deleteUser({ userId: id, sessionId: null })
  const sessions = async () => (await sessionStore.list(id)).map((each) => each.id)
  return { ...made, ...made.stores, id, open, change, remove, sessions }
}

const signingIn = (table: (name: string) => string) => `
  update ${table('users')} set last_signed_in_at = now();
  insert into ${table('sessions')} (id, user_id, refresh_token_hash, created_at, last_used_at, expires_at, absolute_expires_at)
  values ('another', 1, 'h', now(), now(), now() + interval '1 h', now() + interval '1 h')`

describe('steps of users and sessions that begin before their row is changed', () => {
  it('ACC-3 a session that is revoked meanwhile is not reauthenticated', async () => {
    const { auth, sessionStore, race, table } = await signedIn()
    const revoked = `update ${table('sessions')} set revoked_at = now()`
    expect(await race(revoked, () => sessionStore.reauthenticate('s'), 1)).toEqual([null])
    expect(await raw(`select authenticated_at from ${table('sessions')}`)).toEqual([{ authenticated_at: null }])
    await auth.close()
  })

  it('SES-1 a session that is refreshed meanwhile counts as used last, and each ended session is returned once', async () => {
    const { auth, sessionStore, id, race, table } = await signedIn()
    for (const label of ['t', 'u']) await sessionStore.insert(id, session(label))
    const refreshed = `update ${table('sessions')} set last_used_at = now() + interval '1 s' where id = 's'`
    const ended = await race(refreshed, () => sessionStore.keepLatest(id, 2))
    expect(ended.flat()).toEqual(['t'])
    expect((await sessionStore.list(id)).map((each) => each.id)).toEqual(['s', 'u'])
    await auth.close()
  })

  it('ACC-3 a challenge that is redeemed meanwhile is not discarded, and one call discards each other challenge', async () => {
    const { auth, otpStore, race, table, open } = await signedIn()
    const redeemed = `update ${table('challenges')} set consumed_at = now() where id_hash = '${OLD}';
      select from ${table('challenges')} for update`
    const discarded = await race(redeemed, () => otpStore.discard([NEW, OLD]))
    expect(discarded.toSorted()).toEqual([...Array.from({ length: CALLERS - 1 }, () => 0), 1])
    expect(await open()).toEqual([THIRD])
    await auth.close()
  })

  it('ACC-3 a change of a number that changes meanwhile returns the number that it replaces', async () => {
    const { auth, change, race, table, open } = await signedIn()
    const moved = `update ${table('users')} set phone_number = '${THIRD}'`
    expect(await race(moved, change, 1)).toMatchObject([{ outcome: 'changed', previousPhoneNumber: THIRD }])
    // The first try of the step is undone.
    expect(await open()).toEqual([OLD])
    await auth.close()
  })

  it('ACC-3 a change to a number that is signed up meanwhile is refused, and changes nothing', async () => {
    const { auth, change, sessionStore, userStore, race, table, open } = await signedIn()
    const taken = `insert into ${table('users')} (phone_number, created_at) values ('${NEW}', now())`
    expect(await race(taken, change, 1)).toEqual([{ outcome: 'taken' }])
    expect((await userStore.findByPhoneNumber(OLD))?.user.previouslyVerifiedAt).toBeNull()
    expect(await open()).toEqual([OLD, NEW, THIRD])
    expect(await sessionStore.find('s')).not.toBeNull()
    await auth.close()
  })

  it('ACC-3 a change or a deletion of a user that is deleted meanwhile finds no user, and changes nothing', async () => {
    const { auth, change, remove, race, table, open } = await signedIn()
    const deleted = `delete from ${table('sessions')}; delete from ${table('users')}`
    const results = await race<unknown>(deleted, (index) => (index === 0 ? change() : remove()), 2)
    expect(results).toMatchObject([{ outcome: 'not_found' }, { outcome: 'not_found' }])
    expect(await open()).toEqual([OLD, NEW, THIRD])
    await auth.close()
  })

  it('a deletion of a user during a change of number ends the challenges of the new number', async () => {
    const { auth, remove, race, table, open } = await signedIn()
    const moved = `update ${table('users')} set phone_number = '${THIRD}'`
    expect(await race(moved, remove, 1)).toMatchObject([{ outcome: 'deleted', user: { phoneNumber: THIRD } }])
    expect(await open()).toEqual([OLD, NEW])
    await auth.close()
  })

  it('TOK-4 a change of number and a deletion end the sessions of sign-ins that they have waited for', async () => {
    for (const isChange of [true, false]) {
      const { auth, change, remove, race, table, sessions } = await signedIn()
      const [outcome] = await race<object>(signingIn(table), isChange ? change : remove, 1)
      const endedSessionIds = isChange ? ['another'] : ['another', 's']
      expect(outcome).toMatchObject({ outcome: isChange ? 'changed' : 'deleted' })
      const { endedSessionIds: ended } = outcome as { endedSessionIds: string[] }
      expect(ended.toSorted()).toEqual(endedSessionIds)
      expect(await sessions()).toEqual(isChange ? ['s'] : [])
      await auth.close()
    }
  })

  it('a sign-in that waits for a change of number or a deletion, which waits for another sign-in, never deadlocks', async () => {
    for (const isChange of [true, false]) {
      // In a deadlock the calls would fail after a timeout. The server would not resolve it
      // earlier.
      const settings = '&options=-c%20deadlock_timeout%3D60s'
      const { auth, change, remove, jointSteps, race, table, sessions, untilWaiting } = await signedIn(settings)
      const results = await race<object>(
        signingIn(table),
        async (index) => {
          if (index === 0) return isChange ? change() : remove()
          await untilWaiting(1)
          return jointSteps.signIn({ attempt: attempt(OLD), registration: 'open', session: session('late') })
        },
        2,
      )
      expect(results).toMatchObject([{ outcome: isChange ? 'changed' : 'deleted' }, { outcome: 'gone' }])
      expect(await sessions()).toEqual(isChange ? ['s'] : [])
      await auth.close()
    }
  })
})
