import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PHONE, rejection, setup } from './setup.ts'

describe('PhoneAuth.purge', () => {
  it('deletes everything that has expired, in batches, and nothing else', async () => {
    const { auth, clock, signIn } = setup()
    const { accessToken } = await signIn()
    await auth.start({ phoneNumber: '+14155550102' })
    clock.advance(601)
    expect(await auth.purge({ batchSize: 1 })).toBeGreaterThan(0)
    while ((await auth.purge()) > 0);
    expect((await auth.authenticate({ accessToken })).userId).toBe(1)
    clock.advance(31 * 86_400)
    expect(await auth.purge()).toBeGreaterThan(0)
    expect(await auth.purge()).toBe(0)
  })
})

describe('the pause between two batches', () => {
  it('keeps the process of a purge job alive', async () => {
    const { auth, clock } = setup()
    await auth.start({ phoneNumber: PHONE })
    clock.advance(601)
    const started = vi.spyOn(globalThis, 'setTimeout')
    await auth.purge()
    expect(started.mock.results.map(({ value }) => value.hasRef())).toEqual([true])
    started.mockRestore()
  })
})

describe('PhoneAuth.startPurging', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('purges at every interval until it is stopped', async () => {
    const { auth, clock, stores } = setup()
    const purged = vi.spyOn(stores.otpStore, 'purge')
    await auth.start({ phoneNumber: PHONE })
    clock.advance(601)
    const stop = auth.startPurging({ everySeconds: 60, batchSize: 7 })
    await vi.advanceTimersByTimeAsync(59_999)
    expect(purged).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    // The first batch deletes, the second finds nothing.
    expect(purged.mock.calls).toEqual([[7], [7]])
    await vi.advanceTimersByTimeAsync(61_000)
    expect(purged).toHaveBeenCalledTimes(3)
    stop()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(purged).toHaveBeenCalledTimes(3)
  })

  it('rejects intervals that no timer supports, and invalid batch sizes', async () => {
    const { auth } = setup()
    for (const everySeconds of [0, -1, Number.NaN, 30 * 86_400, '1h' as never]) {
      expect(() => auth.startPurging({ everySeconds })).toThrow(/everySeconds/)
    }
    for (const batchSize of [0, -1, 1.5, Number.NaN, 1e9]) {
      expect((await rejection(auth.purge({ batchSize }))).code).toBe('invalid_input')
      expect(() => auth.startPurging({ batchSize })).toThrow(/batchSize/)
    }
  })

  it('stops between two batches: close does not wait until everything that expired is deleted', async () => {
    const { auth, stores } = setup()
    let batches = 0
    stores.otpStore.purge = async () => {
      batches += 1
      return { deleted: 1, expired: [] }
    }
    auth.startPurging({ everySeconds: 1 })
    await vi.advanceTimersByTimeAsync(1000)
    const closed = auth.close()
    await vi.advanceTimersByTimeAsync(1000)
    await closed
    const before = batches
    await vi.advanceTimersByTimeAsync(10_000)
    expect(batches).toBe(before)
  })

  it('reports a failure and continues; close ends it', async () => {
    const { auth, events, stores } = setup()
    stores.otpStore.purge = async () => Promise.reject(new Error('down'))
    auth.startPurging({ everySeconds: 60 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(events.map(({ type }) => type)).toEqual(['purge_failed', 'purge_failed'])
    await auth.close()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(events).toHaveLength(2)
  })
})

describe('PhoneAuth.ping', () => {
  it('resolves when every store answers, and rejects when one does not', async () => {
    const { auth, stores } = setup()
    await expect(auth.ping()).resolves.toBeUndefined()
    stores.userStore.findByPhoneNumber = async () => Promise.reject(new Error('down'))
    expect((await rejection(auth.ping())).code).toBe('store_unavailable')
  })

  it('REL-24 asks the database of the stores whether it can do what they need', async () => {
    const readOnly = new Error('read-only')
    const { auth } = setup({ ping: async () => Promise.reject(readOnly) })
    expect(await rejection(auth.ping())).toMatchObject({ code: 'store_unavailable', cause: readOnly })
  })
})

describe('an error of a store', () => {
  it('REL-25 is one of the setup, without advice to try again, if the store says that it is permanent', async () => {
    const { auth, stores } = setup()
    const fail = async (error: unknown) => {
      stores.otpStore.open = async () => Promise.reject(error)
      return rejection(auth.start({ phoneNumber: PHONE }))
    }
    const cause = Object.assign(new Error('a foreign key refuses it'), { isPermanent: true })
    const permanent = await fail(cause)
    expect(permanent).toMatchObject({ name: 'StoreMisconfiguredError', code: 'store_misconfigured', cause })
    expect(permanent.message).not.toMatch(/again/i)
    for (const passing of [
      new Error('down'),
      { isPermanent: false },
      { isPermanent: 'yes' },
      null,
      undefined,
      'down',
    ]) {
      expect(await fail(passing)).toMatchObject({ code: 'store_unavailable', cause: passing })
    }
  })
})

describe('PhoneAuth.close', () => {
  it('closes the stores', async () => {
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
  it('REL-17 a listener that throws, rejects or never settles changes nothing', async () => {
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

  it('receives the time of the event', async () => {
    const { auth, clock, events } = setup()
    clock.advance(86_400)
    await auth.start({ phoneNumber: PHONE })
    expect(events.map(({ at }) => at)).toEqual([clock.now(), clock.now()])
  })
})
