import { describe, expect, it } from 'vitest'
import { PHONE, rejection, setup } from './setup.ts'

describe('PhoneAuth.purge', () => {
  it('deletes all that has expired, in batches, and nothing else', async () => {
    const { auth, clock, signIn } = setup()
    const { accessToken } = await signIn()
    await auth.start({ phoneNumber: '+14155550102' })
    clock.advance(601)
    expect(await auth.purge(1)).toBeGreaterThan(0)
    while ((await auth.purge()) > 0);
    expect((await auth.authenticate(accessToken)).userId).toBe(1)
    clock.advance(31 * 86_400)
    expect(await auth.purge()).toBeGreaterThan(0)
    expect(await auth.purge()).toBe(0)
  })
})

describe('PhoneAuth.ping', () => {
  it('resolves when every store answers, and rejects when one does not', async () => {
    const { auth, stores } = setup()
    await expect(auth.ping()).resolves.toBeUndefined()
    stores.userStore.findByPhoneNumber = async () => Promise.reject(new Error('down'))
    expect((await rejection(auth.ping())).code).toBe('store_unavailable')
  })
})

describe('PhoneAuth.close', () => {
  it('closes what the stores hold open', async () => {
    let closed = 0
    const { auth } = setup({
      close: async () => {
        closed += 1
      },
    })
    await auth.close()
    expect(closed).toBe(1)
  })
})

describe('onEvent', () => {
  it('REL-17 a listener that throws, rejects or never ends changes nothing', async () => {
    const listeners = [
      () => {
        throw new Error('thrown')
      },
      async () => Promise.reject(new Error('rejected')),
      () => new Promise(() => undefined),
    ]
    for (const onEvent of listeners) {
      const { signIn } = setup({ onEvent })
      expect((await signIn()).user.phoneNumber).toBe(PHONE)
    }
  })

  it('hears when it happened', async () => {
    const { auth, clock, events } = setup()
    clock.advance(86_400)
    await auth.start({ phoneNumber: PHONE })
    expect(events.map(({ at }) => at)).toEqual([clock.now(), clock.now()])
  })
})
