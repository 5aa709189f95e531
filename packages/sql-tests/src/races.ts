import { deepEqual, equal } from 'node:assert/strict'
import { concurrently, otpStoreContract } from '@phone-auth/conformance'
import type { PhoneNumber } from '@phone-auth/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { numberOf, outcomeOf, tally } from './auth.ts'
import { type Fleets, type Subject, startFleets } from './fleets.ts'
import type { Breakage } from './serving.ts'

// The race claims. Each runs a `PhoneAuth` in each of two processes on one database. Each must also
// fail on stores that are broken in the matching way (TEST-1).

type Fleet = Awaited<ReturnType<Fleets['fleet']>>

async function codeOf(fleet: Fleet, challengeId: string): Promise<string> {
  return (await fleet.messageOf(challengeId)).split(' ')[0] ?? ''
}

/** The number of sessions of the user of a number; -1 if there is no such user. */
async function sessionsOf({ stores }: Fleet, phoneNumber: string): Promise<number> {
  const [{ userStore, sessionStore }] = stores
  const account = await userStore.findByPhoneNumber(phoneNumber as PhoneNumber)
  return account === null ? -1 : (await sessionStore.list(account.user.id)).length
}

async function signsInOneOf200(fleet: Fleet, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const phoneNumber = numberOf(round)
    const { challengeId } = await fleet.auths[0].start({ phoneNumber })
    const code = await codeOf(fleet, challengeId)
    const results = await concurrently(fleet.auths, 200, (auth) => outcomeOf(auth.verify({ challengeId, code })))
    deepEqual(tally(results), { fulfilled: 1, challenge_expired: 199 })
    equal(await sessionsOf(fleet, phoneNumber), 1)
  }
}

async function comparesAtMostFive(fleet: Fleet, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const phoneNumber = numberOf(round)
    const { challengeId } = await fleet.auths[0].start({ phoneNumber })
    const right = await codeOf(fleet, challengeId)
    const guesses = Array.from({ length: 201 }, (_, index) => String(index).padStart(6, '0')).filter((c) => c !== right)
    const results = await concurrently(fleet.auths, 200, (auth, index) =>
      outcomeOf(auth.verify({ challengeId, code: guesses[index] ?? '' })),
    )
    deepEqual(tally(results), { invalid_code: 5, too_many_attempts: 195 })
    equal(await outcomeOf(fleet.auths[0].verify({ challengeId, code: right })), 'too_many_attempts')
    const [{ otpStore }] = fleet.stores
    equal((await otpStore.findLatest(phoneNumber as PhoneNumber, 'sign_in', null))?.attempts, 5)
  }
}

async function sendsOnceAndThenOnSchedule(fleet: Fleet): Promise<void> {
  const phoneNumber = numberOf(0)
  const startAll = async () => {
    const results = await concurrently(fleet.auths, 200, (auth, index) =>
      outcomeOf(auth.start({ phoneNumber, ip: `198.51.${index}.1` })),
    )
    return results.filter((outcome) => outcome === 'fulfilled').length
  }
  const sentWhenTriedAt: Record<number, number> = {}
  let elapsed = 0
  for (const at of [0, 29, 30, 3500, 3530, 3600, 3629, 3630, 3720]) {
    await fleet.clock.advance(at - elapsed)
    elapsed = at
    sentWhenTriedAt[at] = await startAll()
  }
  // Waits of 30 s, 60 s, …, and three messages in any hour, also in one that straddles two.
  deepEqual(sentWhenTriedAt, { 0: 1, 29: 0, 30: 1, 3500: 1, 3530: 0, 3600: 1, 3629: 0, 3630: 1, 3720: 0 })
  equal(await fleet.sends(), 5)
}

async function shortCodesAreFew(fleet: Fleet): Promise<void> {
  const phoneNumber = numberOf(0)
  const startAll = async () => {
    const started = await concurrently(fleet.auths, 40, (auth) => auth.start({ phoneNumber }))
    const codes = await Promise.all(started.map(({ challengeId }) => codeOf(fleet, challengeId)))
    const short = started.filter((_, index) => /^[0-9]{6}$/.test(codes[index] ?? ''))
    for (const { challengeId } of short) {
      const right = await codeOf(fleet, challengeId)
      const guesses = ['000000', '111111', '222222', '333333', '444444', '555555'].filter((code) => code !== right)
      await concurrently(fleet.auths, 5, (auth, index) =>
        outcomeOf(auth.verify({ challengeId, code: guesses[index] ?? '' })),
      )
    }
    return short.length
  }
  const shortWhenStartedAt = new Map<number, number>()
  let elapsed = 0
  // Strangers have 10 guesses in an hour, 20 in a day, and 50 in a row.
  const HOUR = 60
  const DAY = 24 * HOUR
  const expected = new Map([
    [54, 2],
    [66, 0],
    [2 * HOUR, 2],
    [3 * HOUR, 0],
    [DAY + 30, 0],
    [DAY + 54, 2],
    [DAY + 2 * HOUR, 2],
    [2 * DAY + 53, 0],
    [2 * DAY + 54, 2],
    [3 * DAY + HOUR, 0],
    [30 * DAY, 0],
  ])
  for (const minute of expected.keys()) {
    await fleet.clock.advance((minute - elapsed) * 60)
    elapsed = minute
    shortWhenStartedAt.set(minute, await startAll())
  }
  deepEqual(shortWhenStartedAt, expected)
}

async function neverAdmitsMoreThanTheLimit({ clock, stores }: Fleet): Promise<void> {
  const [first, ...rest] = stores.map(({ otpStore }) => otpStore)
  const clause = otpStoreContract.find(({ name }) => name.startsWith('LIM-7'))
  if (clause === undefined || first === undefined) throw new Error('otpStoreContract has no clause LIM-7.')
  await clause.check({ ports: [first, ...rest], clock })
}

async function givesOneUser(fleet: Fleet, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await givesOneUserTo(fleet, numberOf(round))
}

async function givesOneUserTo(fleet: Fleet, phoneNumber: string): Promise<void> {
  const [first, second = first] = fleet.auths
  const opened: { challengeId: string; code: string }[] = []
  for (let index = 0; index < 100; index += 1) {
    const { challengeId } = await (index % 2 === 0 ? first : second).start({ phoneNumber })
    opened.push({ challengeId, code: await codeOf(fleet, challengeId) })
  }
  const results = await concurrently(fleet.auths, 100, (auth, index) =>
    outcomeOf(auth.verify(opened[index] ?? { challengeId: '', code: '' })),
  )
  deepEqual(tally(results), { fulfilled: 100 })
  equal(await sessionsOf(fleet, phoneNumber), 100)
}

async function givesOneSuccessor(fleet: Fleet, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const phoneNumber = numberOf(round)
    const { challengeId } = await fleet.auths[0].start({ phoneNumber })
    const code = await codeOf(fleet, challengeId)
    const { refreshToken } = await fleet.auths[0].verify({ challengeId, code })
    const results = await concurrently(fleet.auths, 200, (auth) =>
      auth.refresh({ refreshToken }).then(
        (tokens) => tokens.refreshToken,
        (error: { code: string }) => error.code,
      ),
    )
    const [successor = ''] = results
    deepEqual(tally(results), { [successor]: 200 })
    equal((await fleet.auths[0].refresh({ refreshToken: successor })).refreshToken === successor, false)
  }
}

// Each chain is one client with two tabs, one on each process. All chains run at once.
async function keepsTwoTabsSignedIn(fleet: Fleet, chains: number, rounds: number): Promise<void> {
  const [first, second = first] = fleet.auths
  const opened: { challengeId: string; code: string }[] = []
  for (let chain = 0; chain < chains; chain += 1) {
    const phoneNumber = numberOf(chain)
    const { challengeId } = await first.start({ phoneNumber })
    opened.push({ challengeId, code: await codeOf(fleet, challengeId) })
  }
  const refreshInTurns = async (challenge: { challengeId: string; code: string }) => {
    let { refreshToken, sessionId } = await first.verify(challenge)
    for (let round = 0; round < rounds; round += 1) {
      const [a, b] = await Promise.all([outcomeWith(first, refreshToken), outcomeWith(second, refreshToken)])
      deepEqual(a, b)
      equal(a.sessionId, sessionId)
      refreshToken = a.refreshToken
    }
    equal((await first.refresh({ refreshToken })).sessionId, sessionId)
  }
  await Promise.all(opened.map(refreshInTurns))
}

// One process answers a refresh that the client repeats at the other one. Then a thief exchanges a
// token at one process before its owner does at the other, and at last presents a token to one
// process after its successor was used at the other.
async function tellsLostFromStolen(fleet: Fleet, rounds: number): Promise<void> {
  const [first, second = first] = fleet.auths
  const { challengeId } = await first.start({ phoneNumber: numberOf(0) })
  let signedIn: { refreshToken: string } = await first.verify({ challengeId, code: await codeOf(fleet, challengeId) })
  for (let round = 0; round < rounds; round += 1) {
    const lost = await outcomeWith(first, signedIn.refreshToken)
    await fleet.clock.advance(600)
    deepEqual(await outcomeWith(second, signedIn.refreshToken), lost)
    signedIn = lost
  }
  const ahead = await first.refresh(signedIn)
  await fleet.clock.advance(600)
  const owners = await second.refresh(signedIn)
  equal(await outcomeOf(second.authenticate(owners)), 'fulfilled')
  equal(await outcomeOf(first.authenticate(ahead)), 'access_token_expired')
  const stolen = { refreshToken: owners.refreshToken }
  const { accessToken, refreshToken } = await first.refresh(stolen)
  equal((await outcomeWith(second, stolen.refreshToken)).refreshToken, refreshToken)
  await first.authenticate({ accessToken })
  await fleet.clock.advance(10)
  equal(await outcomeOf(second.refresh(stolen)), 'refresh_token_reused')
  equal(await outcomeOf(first.refresh({ refreshToken })), 'invalid_refresh_token')
}

/** The result of a refresh that must be the same in both tabs, or the code of its error. */
async function outcomeWith(
  auth: Fleet['auths'][0],
  token: string,
): Promise<{ refreshToken: string; sessionId: string }> {
  return auth.refresh({ refreshToken: token }).then(
    ({ refreshToken, sessionId }) => ({ refreshToken, sessionId }),
    ({ code }: { code: string }) => ({ refreshToken: '', sessionId: code }),
  )
}

async function givesANumberToOne(fleet: Fleet, users: number, rounds: number): Promise<void> {
  const [first] = fleet.auths
  const signedIn: { accessToken: string; user: { id: string | number } }[] = []
  for (let index = 0; index < users; index += 1) {
    const { challengeId } = await first.start({ phoneNumber: numberOf(index) })
    signedIn.push(await first.verify({ challengeId, code: await codeOf(fleet, challengeId) }))
  }
  const [{ userStore }] = fleet.stores
  for (let round = 0; round < rounds; round += 1) {
    const phoneNumber = numberOf(1000 + round)
    const before = await Promise.all(signedIn.map(({ user }) => userStore.findById(user.id)))
    const started: { accessToken: string; challengeId: string; code: string }[] = []
    for (const { accessToken } of signedIn) {
      const { challengeId } = await first.startPhoneChange({ accessToken, phoneNumber })
      started.push({ accessToken, challengeId, code: await codeOf(fleet, challengeId) })
    }
    const results = await concurrently(fleet.auths, users, (auth, index) =>
      outcomeOf(auth.verifyPhoneChange(started[index] ?? { accessToken: '', challengeId: '', code: '' })),
    )
    const { fulfilled, phone_number_taken: taken = 0, challenge_expired: ended = 0 } = tally(results)
    // Every later caller finds the number taken, or its challenge ended.
    deepEqual([fulfilled, taken + ended], [1, users - 1])
    const numbers = before.map((account, index) =>
      results[index] === 'fulfilled' ? phoneNumber : account?.user.phoneNumber,
    )
    const after = await Promise.all(signedIn.map(({ user }) => userStore.findById(user.id)))
    deepEqual(
      after.map((account) => account?.user.phoneNumber),
      numbers,
    )
    equal(
      (await userStore.findByPhoneNumber(phoneNumber as PhoneNumber))?.user.id,
      signedIn[results.indexOf('fulfilled')]?.user.id,
    )
  }
}

async function refusesWhatTheOtherEnded(fleet: Fleet): Promise<void> {
  const [first, second = first] = fleet.auths
  const phoneNumber = numberOf(0)
  const ends = {
    revokeSession: (sessionId: string, userId: string | number) => second.revokeSession({ userId, sessionId }),
    logoutAll: (_: string, userId: string | number) => second.logoutAll({ userId }),
    deleteUser: (_: string, userId: string | number) => second.deleteUser({ userId }),
  }
  for (const end of Object.values(ends)) {
    const { challengeId } = await first.start({ phoneNumber })
    const signedIn = await first.verify({ challengeId, code: await codeOf(fleet, challengeId) })
    const { accessToken, refreshToken, sessionId, user } = signedIn
    equal((await first.authenticate({ accessToken })).sessionId, sessionId)
    await outcomeOf(end(sessionId, user.id))
    deepEqual(
      [
        await outcomeOf(first.authenticate({ accessToken })),
        await outcomeOf(first.requireFresh({ accessToken })),
        await outcomeOf(first.getProfile({ accessToken })),
        await outcomeOf(first.startStepUp({ accessToken })),
        await outcomeOf(first.refresh({ refreshToken })),
      ],
      [...Array.from({ length: 4 }, () => 'invalid_access_token'), 'invalid_refresh_token'],
    )
  }
}

/** Tests the race claims on a database. */
export function testRaces(subject: Subject): void {
  let fleets: Fleets
  beforeAll(async () => {
    fleets = await startFleets(subject, 2)
    return async () => fleets.stop()
  })

  const mustFail = (
    breakages: readonly Breakage[],
    claim: string,
    check: (fleet: Fleet) => Promise<void>,
    limits: 'none' | 'default' = 'none',
  ) => {
    for (const breakage of breakages) {
      it(`TEST-1 ${claim} fails on stores with ${breakage}`, async () => {
        const fleet = await fleets.fleet(breakage, limits)
        await expect(check(fleet)).rejects.toMatchObject({ code: 'ERR_ASSERTION' })
      })
    }
  }

  describe(`PhoneAuth on ${subject.name}, over two processes`, () => {
    it('OTP-3 signs in exactly one of 200 concurrent verifies, 50 times', async () => {
      await signsInOneOf200(await fleets.fleet(), 50)
    })
    mustFail(['read-then-write'], 'OTP-3', (fleet) => signsInOneOf200(fleet, 5))

    it('OTP-4 compares at most 5 of 200 concurrent guesses, then refuses the right code, 50 times', async () => {
      await comparesAtMostFive(await fleets.fleet(), 50)
    })
    mustFail(['count-after-compare', 'roll-back-claim', 'delete-then-recreate', 'process-local'], 'OTP-4', (fleet) =>
      comparesAtMostFive(fleet, 5),
    )

    it('LIM-6 sends once for 200 concurrent starts of one number, and then on schedule', async () => {
      await sendsOnceAndThenOnSchedule(await fleets.fleet('none', 'default'))
    })
    mustFail(['read-then-charge', 'process-local', 'fixed-windows'], 'LIM-6', sendsOnceAndThenOnSchedule, 'default')

    it('LIM-1 LIM-2 opens no more short codes than the guesses for a number allow, in 400 starts over 30 days, 40 at a time', async () => {
      await shortCodesAreFew(await fleets.fleet())
    })
    mustFail(['read-then-charge', 'process-local', 'fixed-windows'], 'LIM-1', shortCodesAreFew)

    it('LIM-7 admits exactly 7 of 1 000 concurrent charges to a limit of 7', async () => {
      await neverAdmitsMoreThanTheLimit(await fleets.fleet())
    })
    mustFail(['read-then-charge', 'process-local'], 'LIM-7', neverAdmitsMoreThanTheLimit)

    it('PHN-4 creates one user and 100 sessions for 100 concurrent first sign-ins of one number, without an error', async () => {
      await givesOneUser(await fleets.fleet(), 1)
    })
    // Several rounds, because on a busy machine the callers of one round may run one after the
    // other.
    mustFail(['read-then-insert', 'process-local'], 'PHN-4', (fleet) => givesOneUser(fleet, 5))

    it('RT-2 RT-3 gives 200 concurrent refreshes of one token the same successor, 10 times', async () => {
      await givesOneSuccessor(await fleets.fleet(), 10)
    })
    mustFail(['read-then-rotate', 'process-local'], 'RT-2', (fleet) => givesOneSuccessor(fleet, 5))

    it('RT-3 two tabs that refresh at the same time, 1 000 times, stay signed in and hold equal tokens', async () => {
      await keepsTwoTabsSignedIn(await fleets.fleet(), 20, 50)
    })
    mustFail(['read-then-rotate', 'process-local'], 'RT-3', (fleet) => keepsTwoTabsSignedIn(fleet, 4, 10))

    it('RT-3 a lost refresh is repeated by the other process, until a process sees a use of its tokens', async () => {
      await tellsLostFromStolen(await fleets.fleet(), 10)
    })
    mustFail(['read-then-rotate', 'never-marks', 'never-voids', 'process-local'], 'RT-3', (fleet) =>
      tellsLostFromStolen(fleet, 2),
    )

    it('ACC-3 gives a number to one of 20 users that change to it at once, and leaves each user one number', async () => {
      await givesANumberToOne(await fleets.fleet(), 20, 5)
    })
    mustFail(['read-then-change', 'process-local'], 'ACC-3', (fleet) => givesANumberToOne(fleet, 20, 5))

    it('TOK-4 a session that one process ends is refused by the other on the next request', async () => {
      await refusesWhatTheOtherEnded(await fleets.fleet())
    })
    mustFail(['process-local'], 'TOK-4', refusesWhatTheOtherEnded)
  })
}
