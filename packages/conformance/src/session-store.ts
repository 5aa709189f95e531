import { deepEqual, equal } from 'node:assert/strict'
import type { UserId } from '@phone-auth/core'
import type { RotateOutcome, Rotation, Session, SessionStore } from '@phone-auth/core/adapters'
import { after, type Contract, concurrently, type Fleet } from './clause.ts'
import { ABSOLUTE_SECONDS, IDLE_SECONDS, newSession, refreshTokenHash, sessionId } from './fixtures.ts'

/**
 * The fleet for the contract of sessions. Sessions belong to users, and some stores require that
 * the users exist.
 */
export interface SessionFleet extends Fleet<SessionStore> {
  /** The ids of two users. */
  readonly userIds: readonly [UserId, UserId]
}

const REUSE_WINDOW_SECONDS = 10

/** The exchange of the nth refresh token of the session `label`. */
function rotation(label: string, n: number): Rotation {
  return {
    sessionId: sessionId(label),
    refreshTokenHash: refreshTokenHash(label, n),
    nextRefreshTokenHash: refreshTokenHash(label, n + 1),
    idleSeconds: IDLE_SECONDS,
    reuseWindowSeconds: REUSE_WINDOW_SECONDS,
  }
}

function sessionAt(userId: UserId, label: string, now: Date): Session {
  const { id, userAgent, ip } = newSession(label)
  return {
    id,
    userId,
    userAgent,
    ip,
    createdAt: now,
    authenticatedAt: now,
    lastUsedAt: now,
    generation: 0,
    oldestGeneration: 0,
    isGenerationUsed: false,
    expiresAt: after(now, IDLE_SECONDS),
    absoluteExpiresAt: after(now, ABSOLUTE_SECONDS),
  }
}

function sessionIn(outcome: RotateOutcome): Session {
  if (outcome.outcome === 'gone') throw new Error('The session is gone.')
  return outcome.session
}

/** The promises of {@link SessionStore}. */
export const sessionStoreContract: Contract<SessionFleet> = [
  {
    name: 'the methods insert and find return the session with all its fields, and without the hashes of its refresh tokens',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = sessionAt(alice, 'a', clock.now())
      deepEqual(await store.insert(alice, newSession('a')), session)
      deepEqual(await store.find(session.id), session)
      equal(await store.find(sessionId('unknown')), null)
    },
  },
  {
    name: 'RT-2 of concurrent calls with the current token, one returns rotated and the others return repeated',
    check: async ({ ports, clock, userIds: [alice] }) => {
      const session = await ports[0].insert(alice, newSession('a'))
      await clock.advance(5)
      const outcomes = await concurrently(ports, 200, (store) => store.rotate(rotation('a', 1)))
      equal(outcomes.filter(({ outcome }) => outcome === 'rotated').length, 1)
      equal(outcomes.filter(({ outcome }) => outcome === 'repeated').length, 199)
      const rotated = {
        ...session,
        lastUsedAt: clock.now(),
        generation: 1,
        expiresAt: after(clock.now(), IDLE_SECONDS),
      }
      for (const result of outcomes) deepEqual('session' in result && result.session, rotated)
      equal((await ports[0].rotate(rotation('a', 2))).outcome, 'rotated')
    },
  },
  {
    name: 'RT-3 the token before the current one returns repeated within the reuse window',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      const first = await store.rotate(rotation('a', 1))
      await store.markUsed(session.id, 1)
      await clock.advance(REUSE_WINDOW_SECONDS - 1)
      const repeated = await store.rotate(rotation('a', 1))
      equal(repeated.outcome, 'repeated')
      deepEqual({ ...first, ...repeated }, { ...repeated, session: { ...sessionIn(first), isGenerationUsed: true } })
      equal((await store.rotate(rotation('a', 2))).outcome, 'rotated')
    },
  },
  {
    name: 'RT-3 from the end of the window on, it returns repeated as long as the current generation is unused, and counts as exchanged at that time, in a new generation that voids all earlier ones',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const { id } = await store.insert(alice, newSession('a'))
      const { expiresAt } = sessionIn(await store.rotate(rotation('a', 1)))
      await store.markUsed(id, 0)
      await clock.advance(REUSE_WINDOW_SECONDS)
      const repeated = await store.rotate(rotation('a', 1))
      equal(repeated.outcome, 'repeated')
      const again = sessionIn(repeated)
      deepEqual([again.lastUsedAt, again.generation, again.oldestGeneration], [clock.now(), 2, 2])
      deepEqual(again.expiresAt, after(expiresAt, REUSE_WINDOW_SECONDS))
      equal(again.isGenerationUsed, false)
      await store.markUsed(id, 2)
      await clock.advance(REUSE_WINDOW_SECONDS - 1)
      equal((await store.rotate(rotation('a', 1))).outcome, 'repeated')
    },
  },
  {
    name: 'RT-2 RT-3 once the generation is used, and without a reuse window, it returns reused, like every other token',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      for (const label of ['used', 'strict', 'older']) {
        await store.insert(alice, newSession(label))
        await store.rotate(rotation(label, 1))
      }
      equal((await store.rotate({ ...rotation('strict', 1), reuseWindowSeconds: 0 })).outcome, 'reused')
      await store.rotate(rotation('older', 2))
      equal((await store.rotate(rotation('older', 1))).outcome, 'reused')
      await store.markUsed(sessionId('used'), 1)
      await clock.advance(REUSE_WINDOW_SECONDS)
      equal((await store.rotate(rotation('used', 1))).outcome, 'reused')
    },
  },
  {
    name: 'RT-2 a reused token revokes the session, and only one call returns reused',
    check: async ({ ports, userIds: [alice] }) => {
      const session = await ports[0].insert(alice, newSession('a'))
      for (const n of [1, 2, 3, 4]) await ports[0].rotate(rotation('a', n))
      const outcomes = await concurrently(ports, 20, (store) => store.rotate(rotation('a', 2)))
      equal(outcomes.filter(({ outcome }) => outcome === 'reused').length, 1)
      equal(outcomes.filter(({ outcome }) => outcome === 'gone').length, 19)
      deepEqual(await ports[0].rotate(rotation('a', 5)), { outcome: 'gone' })
      equal(await ports[0].find(session.id), null)
    },
  },
  {
    name: 'RT-4 a rotation extends the idle lifetime of the session, but never the absolute lifetime',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      for (const n of [1, 2]) {
        await clock.advance(IDLE_SECONDS - 1)
        equal((await store.rotate(rotation('a', n))).outcome, 'rotated')
      }
      deepEqual((await store.find(session.id))?.expiresAt, session.absoluteExpiresAt)
      const short = await store.insert(alice, { ...newSession('b'), idleSeconds: 2 * ABSOLUTE_SECONDS })
      deepEqual(short.expiresAt, short.absoluteExpiresAt)
      await clock.advance(ABSOLUTE_SECONDS - 2 * (IDLE_SECONDS - 1))
      equal(await store.find(session.id), null)
      deepEqual(await store.rotate(rotation('a', 3)), { outcome: 'gone' })
    },
  },
  {
    name: 'RT-4 a session that is not refreshed ends after its idle lifetime',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      await clock.advance(IDLE_SECONDS)
      equal(await store.find(session.id), null)
      deepEqual(await store.rotate(rotation('a', 1)), { outcome: 'gone' })
      equal(await store.revoke(session.id), false)
      deepEqual(await store.list(alice), [])
    },
  },
  {
    name: 'ends a session, and returns false if there is no such live session',
    check: async ({ ports: [store], userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      equal(await store.revoke(session.id), true)
      equal(await store.revoke(session.id), false)
      equal(await store.find(session.id), null)
      deepEqual(await store.rotate(rotation('a', 1)), { outcome: 'gone' })
    },
  },
  {
    name: 'RT-3 sets isGenerationUsed of a live session if generation is its current one, and changes nothing else',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      const other = await store.insert(alice, newSession('b'))
      await clock.advance(1)
      const rotated = sessionIn(await store.rotate(rotation('a', 1)))
      for (const generation of [0, 2]) await store.markUsed(session.id, generation)
      deepEqual(await store.find(session.id), rotated)
      await store.markUsed(session.id, 1)
      deepEqual(await store.find(session.id), { ...rotated, isGenerationUsed: true })
      deepEqual(await store.find(other.id), other)
      await store.revoke(session.id)
      await store.markUsed(session.id, 1)
      equal(await store.find(session.id), null)
    },
  },
  {
    name: 'RT-3 a rotation begins a generation that is unused',
    check: async ({ ports: [store], userIds: [alice] }) => {
      const { id } = await store.insert(alice, newSession('a'))
      for (const generation of [1, 2, 3]) {
        const rotated = sessionIn(await store.rotate(rotation('a', generation)))
        deepEqual([rotated.generation, rotated.isGenerationUsed], [generation, false])
        await store.markUsed(id, generation)
        equal((await store.find(id))?.isGenerationUsed, true)
      }
    },
  },
  {
    name: 'lists the live sessions of a user, the most recently used first',
    check: async ({ ports: [store], clock, userIds: [alice, bob] }) => {
      for (const label of ['a', 'b', 'c']) {
        await store.insert(alice, newSession(label))
        await clock.advance(1)
      }
      await store.insert(bob, newSession('of-bob'))
      await store.rotate(rotation('a', 1))
      await store.revoke(sessionId('b'))
      const listed = await store.list(alice)
      deepEqual(
        listed.map(({ id }) => id),
        [sessionId('a'), sessionId('c')],
      )
      deepEqual(listed, await Promise.all(listed.map(({ id }) => store.find(id))))
    },
  },
  {
    name: 'ACC-3 sets authenticatedAt of a live session and changes nothing else',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const session = await store.insert(alice, newSession('a'))
      const other = await store.insert(alice, newSession('b'))
      await store.rotate(rotation('a', 1))
      await clock.advance(REUSE_WINDOW_SECONDS - 1)
      const reauthenticated = { ...session, authenticatedAt: clock.now(), generation: 1 }
      deepEqual(await store.reauthenticate(session.id), reauthenticated)
      deepEqual(await store.find(session.id), reauthenticated)
      deepEqual(await store.find(other.id), other)
      deepEqual(await store.rotate(rotation('a', 1)), { outcome: 'repeated', session: reauthenticated })
      await clock.advance(60)
      const rotated = {
        ...reauthenticated,
        lastUsedAt: clock.now(),
        generation: 2,
        expiresAt: after(clock.now(), IDLE_SECONDS),
      }
      deepEqual(await store.rotate(rotation('a', 2)), { outcome: 'rotated', session: rotated })
      deepEqual(await store.reauthenticate(session.id), { ...rotated, authenticatedAt: clock.now() })
    },
  },
  {
    name: 'ACC-3 a session that has ended cannot be reauthenticated, and the result is null',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      const revoked = await store.insert(alice, newSession('revoked'))
      await store.revoke(revoked.id)
      equal(await store.reauthenticate(revoked.id), null)
      equal(await store.find(revoked.id), null)
      equal(await store.reauthenticate(sessionId('unknown')), null)
      const idle = await store.insert(alice, newSession('idle'))
      await clock.advance(IDLE_SECONDS)
      equal(await store.reauthenticate(idle.id), null)
      equal(await store.find(idle.id), null)
    },
  },
  {
    name: 'ends every live session of a user, except exceptId if it is given, and returns the ids of the sessions that it ended',
    check: async ({ ports: [store], clock, userIds: [alice, bob] }) => {
      for (const label of ['a', 'b', 'c']) await store.insert(alice, newSession(label))
      await store.insert(bob, newSession('of-bob'))
      await store.insert(alice, { ...newSession('expired'), idleSeconds: 60 })
      await clock.advance(60)
      deepEqual((await store.revokeAll(alice, sessionId('b'))).toSorted(), [sessionId('a'), sessionId('c')])
      deepEqual(
        (await store.list(alice)).map(({ id }) => id),
        [sessionId('b')],
      )
      deepEqual(await store.revokeAll(alice, null), [sessionId('b')])
      deepEqual(await store.revokeAll(alice, null), [])
      deepEqual(await store.list(alice), [])
      equal((await store.list(bob)).length, 1)
    },
  },
  {
    name: 'SES-1 ends all live sessions of a user except the count most recently used, and returns the ids of the sessions that it ended',
    check: async ({ ports: [store], clock, userIds: [alice, bob] }) => {
      const bobs = await store.insert(bob, newSession('of-bob'))
      for (const label of ['a', 'b', 'c', 'd', 'e']) {
        await store.insert(alice, newSession(label))
        await clock.advance(1)
      }
      await store.rotate(rotation('a', 1))
      await store.revoke(sessionId('e'))
      const before = await store.list(alice)
      deepEqual(
        before.map(({ id }) => id),
        ['a', 'd', 'c', 'b'].map(sessionId),
      )
      deepEqual(await store.keepLatest(alice, 4), [])
      deepEqual((await store.keepLatest(alice, 2)).toSorted(), [sessionId('b'), sessionId('c')])
      deepEqual(await store.list(alice), before.slice(0, 2))
      deepEqual(await store.rotate(rotation('b', 1)), { outcome: 'gone' })
      deepEqual(await store.keepLatest(alice, 2), [])
      deepEqual((await store.keepLatest(alice, 0)).toSorted(), [sessionId('a'), sessionId('d')])
      deepEqual(await store.list(alice), [])
      deepEqual(await store.find(bobs.id), bobs)
    },
  },
  {
    name: 'SES-1 of sessions that were last used at the same time, the most recently created are kept',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      for (const label of ['b', 'c', 'a']) {
        await store.insert(alice, newSession(label))
        await clock.advance(1)
      }
      for (const label of ['a', 'b', 'c']) await store.rotate(rotation(label, 1))
      deepEqual(await store.keepLatest(alice, 2), [sessionId('b')])
      deepEqual(await store.keepLatest(alice, 1), [sessionId('c')])
    },
  },
  {
    name: 'SES-1 of concurrent calls, only one returns the id of each session that ended',
    check: async ({ ports, userIds: [alice] }) => {
      const labels = Array.from({ length: 20 }, (_, index) => `s-${index}`)
      for (const label of labels) await ports[0].insert(alice, newSession(label))
      const ended = (await concurrently(ports, 20, (store) => store.keepLatest(alice, 3))).flat()
      const kept = (await ports[0].list(alice)).map(({ id }) => id)
      equal(kept.length, 3)
      deepEqual([...ended, ...kept].toSorted(), labels.map(sessionId).toSorted())
    },
  },
  {
    name: 'DATA-1 deletes at most limit sessions that are past absoluteExpiresAt, and no live session',
    check: async ({ ports: [store], clock, userIds: [alice] }) => {
      for (const label of ['a', 'b', 'c']) await store.insert(alice, newSession(label))
      await clock.advance(ABSOLUTE_SECONDS - 1)
      equal(await store.purge(2), 0)
      await clock.advance(1)
      await store.insert(alice, newSession('live'))
      equal(await store.purge(2), 2)
      equal(await store.purge(2), 1)
      equal(await store.purge(2), 0)
      equal((await store.list(alice)).length, 1)
    },
  },
]
