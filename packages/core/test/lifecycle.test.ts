import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PHONE, rejection, setup } from './setup.ts'

describe('PhoneAuth.purge', () => {
  it('deletes all that has expired, in batches, and nothing else', async () => {
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

describe('the rest between two batches', () => {
  it('keeps the process of a job alive that waits for it', async () => {
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

  it('purges now and again, until it is stopped', async () => {
    const { auth, clock, stores } = setup()
    const purged = vi.spyOn(stores.otpStore, 'purge')
    await auth.start({ phoneNumber: PHONE })
    clock.advance(601)
    const stop = auth.startPurging({ everySeconds: 60, batchSize: 7 })
    await vi.advanceTimersByTimeAsync(59_999)
    expect(purged).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    // One batch that deletes, one that finds nothing.
    expect(purged.mock.calls).toEqual([[7], [7]])
    await vi.advanceTimersByTimeAsync(61_000)
    expect(purged).toHaveBeenCalledTimes(3)
    stop()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(purged).toHaveBeenCalledTimes(3)
  })

  it('refuses spans that no timer can count, and batches that are none', async () => {
    const { auth } = setup()
    for (const everySeconds of [0, -1, Number.NaN, 30 * 86_400, '1h' as never]) {
      expect(() => auth.startPurging({ everySeconds })).toThrow(/everySeconds/)
    }
    for (const batchSize of [0, -1, 1.5, Number.NaN, 1e9]) {
      expect((await rejection(auth.purge({ batchSize }))).code).toBe('invalid_input')
      expect(() => auth.startPurging({ batchSize })).toThrow(/batchSize/)
    }
  })

  it('is stopped between two batches: closing does not wait for all that is over', async () => {
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

  it('tells of a failure, and goes on; close ends it', async () => {
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
