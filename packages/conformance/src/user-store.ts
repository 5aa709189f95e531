import { deepEqual, equal, ok } from 'node:assert/strict'
import type { PhoneNumber, User } from '@phone-auth/core'
import type { UserStore } from '@phone-auth/core/adapters'
import { type Contract, concurrently, type Fleet } from './clause.ts'
import { ALICE, BOB } from './fixtures.ts'

const NUMBERS = Array.from({ length: 10 }, (_, index) => `+1415555011${index}` as PhoneNumber)

/** The promises of {@link UserStore}. */
export const userStoreContract: Contract<Fleet<UserStore>> = [
  {
    name: 'under open registration, signIn creates a user with an empty profile for a new phone number, and findById and findByPhoneNumber return both',
    check: async ({ ports: [store], clock }) => {
      const signedIn = await store.signIn(ALICE, 'open')
      const id = signedIn?.user.id
      ok(id !== undefined)
      const now = clock.now()
      const user = {
        id,
        phoneNumber: ALICE,
        isActive: true,
        verifiedAt: now,
        previouslyVerifiedAt: null,
        createdAt: now,
        lastSignedInAt: now,
      }
      const profile = { id: signedIn?.profile.id, fields: {}, createdAt: now, updatedAt: now }
      ok(profile.id !== undefined)
      deepEqual(signedIn, { user, profile, isNew: true })
      deepEqual(await store.findById(id), { user, profile })
      deepEqual(await store.findByPhoneNumber(ALICE), { user, profile })
      equal(await store.findByPhoneNumber(BOB), null)
    },
  },
  {
    name: 'for a known phone number, signIn returns the user with the profile, and records the sign-in',
    check: async ({ ports: [store], clock }) => {
      const first = await store.signIn(ALICE, 'open')
      ok(first !== null)
      const saved = await store.saveProfile(first.user.id, { name: 'Alice' })
      await clock.advance(60)
      const { verifiedAt: previouslyVerifiedAt } = first.user
      const user = { ...first.user, verifiedAt: clock.now(), previouslyVerifiedAt, lastSignedInAt: clock.now() }
      deepEqual(await store.signIn(ALICE, 'closed'), { user, profile: saved?.profile, isNew: false })
      deepEqual(await store.findById(user.id), { user, profile: saved?.profile })
    },
  },
  {
    name: 'ACC-4 a sign-in moves the previous verifiedAt to previouslyVerifiedAt',
    check: async ({ ports: [store], clock }) => {
      let previouslyVerifiedAt: Date | null = null
      for (let count = 0; count < 3; count += 1) {
        const signedIn = await store.signIn(ALICE, 'open')
        ok(signedIn !== null)
        deepEqual(signedIn.user.previouslyVerifiedAt, previouslyVerifiedAt)
        deepEqual((await store.findById(signedIn.user.id))?.user, signedIn.user)
        previouslyVerifiedAt = clock.now()
        await clock.advance(60)
      }
    },
  },
  {
    name: 'PHN-4 concurrent first sign-ins with one phone number create one user and cause no error',
    check: async ({ ports }) => {
      const results = await concurrently(ports, 100, async (store) =>
        store.signIn(ALICE, 'open').catch((error: unknown) => `failed: ${error}`),
      )
      const accounts = results.map((result) => {
        ok(result !== null && typeof result === 'object', String(result))
        return result
      })
      equal(new Set(accounts.map(({ user }) => user.id)).size, 1)
      equal(accounts.filter(({ isNew }) => isNew).length, 1)
    },
  },
  {
    name: 'under closed registration, signIn returns null for an unknown phone number and creates nothing',
    check: async ({ ports: [store] }) => {
      equal(await store.signIn(ALICE, 'closed'), null)
      equal(await store.findByPhoneNumber(ALICE), null)
    },
  },
  {
    name: 'an inactive user is returned unchanged, and the sign-in is not recorded',
    check: async ({ ports: [store], clock }) => {
      const first = await store.signIn(ALICE, 'open')
      ok(first !== null)
      deepEqual(await store.setActive(first.user.id, false), { ...first.user, isActive: false })
      await clock.advance(60)
      const user = { ...first.user, isActive: false }
      const { profile } = first
      deepEqual(await store.signIn(ALICE, 'open'), { user, profile, isNew: false })
      deepEqual(await store.findById(user.id), { user, profile })
      deepEqual(await store.setActive(first.user.id, true), first.user)
      equal((await store.signIn(ALICE, 'open'))?.user.isActive, true)
    },
  },
  {
    name: 'sets the given profile fields and removes those given as null',
    check: async ({ ports: [store], clock }) => {
      const user = (await store.signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      const createdAt = clock.now()
      const fields = {
        name: 'Alice',
        email: 'alice@example.com',
        bio: 'Line 1\nLine 2',
        location: 'Pune',
        birthDate: '1990-02-03',
        avatar: 'https://example.com/a.png',
        interests: ['chess', { level: 3 }],
        isPublic: false,
      }
      const saved = await store.saveProfile(user.id, fields)
      const id = saved?.profile.id
      ok(id !== undefined)
      deepEqual(saved, { user, profile: { id, fields, createdAt, updatedAt: createdAt }, previousFields: {} })
      await clock.advance(60)
      await store.saveProfile(user.id, { email: null, interests: null, name: 'Alice B.' })
      const { email: _, interests: __, ...rest } = fields
      const profile = { id, fields: { ...rest, name: 'Alice B.' }, createdAt, updatedAt: clock.now() }
      deepEqual(await store.findById(user.id), { user, profile })
    },
  },
  {
    name: 'profile fields that are not given keep their values, even when several calls run at the same time',
    check: async ({ ports }) => {
      const user = (await ports[0].signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      await concurrently(ports, 20, (store, index) => store.saveProfile(user.id, { [`field${index}`]: index }))
      const fields = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`field${index}`, index]))
      deepEqual((await ports[0].findById(user.id))?.profile.fields, fields)
    },
  },
  {
    name: 'concurrent calls run one after the other, and each returns as previousFields what the previous call saved',
    check: async ({ ports }) => {
      const user = (await ports[0].signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      const saves = await concurrently(ports, 20, async (store, index) => {
        const saved = await store.saveProfile(user.id, { [`field${index}`]: index })
        ok(saved !== null)
        deepEqual(saved.profile.fields, { ...saved.previousFields, [`field${index}`]: index })
        return Object.keys(saved.previousFields).length
      })
      deepEqual(
        saves.toSorted((a, b) => a - b),
        saves.map((_, index) => index),
      )
    },
  },
  {
    name: 'ACC-5 no profile field can change the user',
    check: async ({ ports: [store] }) => {
      const user = (await store.signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      const fields = {
        id: 99,
        userId: 99,
        user_id: 99,
        phoneNumber: BOB,
        phone_number: BOB,
        isActive: false,
        is_active: 0,
      }
      const saved = await store.saveProfile(user.id, fields)
      deepEqual(saved?.user, user)
      deepEqual(await store.findById(user.id), { user, profile: saved?.profile })
      deepEqual(saved?.profile.fields, fields)
    },
  },
  {
    name: 'changes the phone number of a user, which counts as verified now, unless another user has it',
    check: async ({ ports: [store], clock }) => {
      const alice = (await store.signIn(ALICE, 'open'))?.user
      const bob = (await store.signIn(BOB, 'open'))?.user
      ok(alice !== undefined && bob !== undefined)
      await clock.advance(60)
      const fromAlice = (user: User) => ({ outcome: 'changed', user, previousPhoneNumber: ALICE })
      const same = { ...alice, verifiedAt: clock.now(), previouslyVerifiedAt: alice.verifiedAt }
      deepEqual(await store.changePhoneNumber(alice.id, ALICE), fromAlice(same))
      deepEqual((await store.findById(alice.id))?.user, same)
      await clock.advance(60)
      deepEqual(await store.changePhoneNumber(alice.id, BOB), { outcome: 'taken' })
      deepEqual((await store.findById(alice.id))?.user, same)
      deepEqual((await store.findByPhoneNumber(BOB))?.user, bob)
      equal(await store.delete(bob.id), true)
      deepEqual(await store.changePhoneNumber(bob.id, BOB), { outcome: 'not_found' })
      const changed = {
        ...alice,
        phoneNumber: BOB,
        verifiedAt: clock.now(),
        previouslyVerifiedAt: same.verifiedAt,
      }
      deepEqual(await store.changePhoneNumber(alice.id, BOB), fromAlice(changed))
      deepEqual((await store.findByPhoneNumber(BOB))?.user, changed)
      equal(await store.findByPhoneNumber(ALICE), null)
    },
  },
  {
    name: 'if several users change to one phone number at the same time, exactly one gets it',
    check: async ({ ports }) => {
      const users = await Promise.all(NUMBERS.map((number) => ports[0].signIn(number, 'open')))
      const results = await concurrently(ports, NUMBERS.length, (store, index) =>
        store.changePhoneNumber(users[index]?.user.id ?? 0, ALICE),
      )
      const changed = results.findIndex(({ outcome }) => outcome === 'changed')
      const user = (await ports[0].findByPhoneNumber(ALICE))?.user
      deepEqual(
        results,
        NUMBERS.map((previousPhoneNumber, index) =>
          index === changed ? { outcome: 'changed', user, previousPhoneNumber } : { outcome: 'taken' },
        ),
      )
      equal(user?.id, users[changed]?.user.id)
    },
  },
  {
    name: 'concurrent changes for one user run one after the other, and each returns the phone number that the previous change set',
    check: async ({ ports }) => {
      const user = (await ports[0].signIn(ALICE, 'open'))?.user
      ok(user !== undefined)
      const results = await concurrently(ports, NUMBERS.length, (store, index) =>
        store.changePhoneNumber(user.id, NUMBERS[index] ?? ALICE),
      )
      const previous = results.flatMap((result) => (result.outcome === 'changed' ? [result.previousPhoneNumber] : []))
      const last = (await ports[0].findById(user.id))?.user.phoneNumber
      deepEqual([...previous, last].toSorted(), [ALICE, ...NUMBERS])
    },
  },
  {
    name: 'deletes a user and the profile, and the phone number can then sign up as a new user',
    check: async ({ ports: [store] }) => {
      const first = await store.signIn(ALICE, 'open')
      ok(first !== null)
      await store.saveProfile(first.user.id, { name: 'Alice' })
      equal(await store.delete(first.user.id), true)
      equal(await store.delete(first.user.id), false)
      equal(await store.findById(first.user.id), null)
      equal(await store.saveProfile(first.user.id, { name: 'Ghost' }), null)
      equal(await store.setActive(first.user.id, true), null)
      const second = await store.signIn(ALICE, 'open')
      deepEqual([second?.isNew, second?.profile.fields], [true, {}])
      equal(second?.user.id === first.user.id, false)
    },
  },
]
