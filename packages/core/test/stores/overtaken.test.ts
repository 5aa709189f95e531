import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions, PhoneChangeResult } from '../../src/index.ts'
import { memoryStores } from '../../src/memory.ts'
import { separateStores } from '../separate-stores.ts'
import { codeOf, noLimits, PHONE, setup, told } from '../setup.ts'

// Sessions that end, and stores that fail, during a step.

const NEW_PHONE = '+14155550103'

const world = (options: Partial<PhoneAuthOptions> = {}, makeStores = memoryStores) =>
  setup({ limits: noLimits, ...options }, makeStores)

describe('a session that ends while its code is being checked', () => {
  for (const makeStores of [memoryStores, separateStores]) {
    const over = makeStores === memoryStores ? 'stores of one database' : 'separate stores'

    it(`ACC-3 changes no number over ${over}`, async () => {
      for (const end of ['logoutAll', 'deactivateUser'] as const) {
        const { auth, codeFor, signIn, stores } = world({}, makeStores)
        const { accessToken, user } = await signIn()
        const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: NEW_PHONE })
        const redeem = stores.otpStore.redeem.bind(stores.otpStore)
        stores.otpStore.redeem = async (attempt) => {
          const outcome = await redeem(attempt)
          if (end === 'logoutAll') await auth.logoutAll({ userId: user.id })
          else await auth.deactivateUser({ userId: user.id })
          return outcome
        }
        const changing = auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(NEW_PHONE) })
        expect(await codeOf(changing), end).toBe('invalid_access_token')
        expect((await stores.userStore.findById(user.id))?.user.phoneNumber).toBe(PHONE)
      }
    })
  }

  it('ACC-3 deletes no user, even if it ends between the check and the deletion', async () => {
    const { auth, signIn, stores } = world()
    const { accessToken, user } = await signIn()
    const find = stores.sessionStore.find.bind(stores.sessionStore)
    stores.sessionStore.find = async (id) => {
      const session = await find(id)
      await auth.logoutAll({ userId: user.id })
      return session
    }
    expect(await codeOf(auth.deleteUser({ accessToken }))).toBe('invalid_access_token')
    expect(await stores.userStore.findById(user.id)).not.toBeNull()
  })
})

describe('a store that fails after the step', () => {
  it('ACC-3 still calls afterPhoneChanged, so that the owner of the old number can be warned', async () => {
    const received: PhoneChangeResult[] = []
    const { auth, codeFor, events, signIn, stores } = world({ afterPhoneChanged: (facts) => received.push(facts) })
    const { accessToken } = await signIn()
    const { challengeId } = await auth.startPhoneChange({ accessToken, phoneNumber: NEW_PHONE })
    stores.sessionStore.revokeAll = async () => Promise.reject(new Error('away'))
    const changing = auth.verifyPhoneChange({ accessToken, challengeId, code: codeFor(NEW_PHONE) })
    expect(await codeOf(changing)).toBe('store_unavailable')
    expect(received).toMatchObject([{ previousPhoneNumber: PHONE, user: { phoneNumber: NEW_PHONE } }])
    expect(told(events, 'phone_changed')).toHaveLength(1)
  })

  it('TOK-4 allows the next call to finish a deletion that failed halfway', async () => {
    const { auth, signIn, stores } = world({}, separateStores)
    const { accessToken, user } = await signIn()
    const revokeAll = stores.sessionStore.revokeAll.bind(stores.sessionStore)
    stores.sessionStore.revokeAll = async () => Promise.reject(new Error('away'))
    expect(await codeOf(auth.deleteUser({ userId: user.id }))).toBe('store_unavailable')
    stores.sessionStore.revokeAll = revokeAll
    await auth.deleteUser({ userId: user.id })
    expect(await stores.userStore.findById(user.id)).toBeNull()
    expect(await codeOf(auth.authenticate({ accessToken }))).toBe('invalid_access_token')
  })

  it('REL-1 SES-1 keeps the sign-in if older sessions could not be ended', async () => {
    const { auth, signIn, stores } = world({ session: { max: 1 } })
    await signIn()
    stores.sessionStore.keepLatest = async () => Promise.reject(new Error('away'))
    const { accessToken } = await signIn()
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
  })
})

describe('an access token', () => {
  it('TOK-1 has one spelling: the unused bits of its last character are checked', async () => {
    const { auth, signIn } = world()
    const { accessToken } = await signIn()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(accessToken.at(-1) ?? '')
    for (const other of [last ^ 1, last ^ 2, last ^ 3]) {
      const spelling = accessToken.slice(0, -1) + alphabet[other]
      expect(await codeOf(auth.authenticate({ accessToken: spelling }))).toBe('invalid_access_token')
    }
  })
})
