import { TwilioServer } from '@phone-auth/test-servers/twilio'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { authWith, PHONE, rejection, senderOn, verifyOn } from './setup.ts'

const STARTS = 500
const MAX_IN_FLIGHT = 50

const wide = { '1m': 1_000_000 } as const
const limits = {
  startsPerAddress: wide,
  startsPerNetwork: wide,
  startsFromUnknown: wide,
  failuresPerAddress: wide,
  failuresPerNetwork: wide,
}
const number = (index: number) => `+1415555${String(1000 + index)}`
// A start of another number from another network.
const another = (index: number) => ({ phoneNumber: number(index), ip: `10.${index >> 8}.${index & 255}.7` })

describe('while Twilio does not respond', () => {
  let server: TwilioServer
  beforeEach(async () => {
    server = await TwilioServer.start()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(async () => {
    vi.useRealTimers()
    await server.stop()
  })

  it('REL-7 of 500 starts, 50 wait for at most 10 s and the others fail immediately; verify is not delayed, and no timer or connection leaks', async () => {
    const { auth } = authWith({ smsSender: senderOn(server) }, { limits })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    server.seen.length = 0
    server.next(...Array.from({ length: STARTS }, () => 'hang' as const))
    const settled: { error: Record<string, unknown>; atMs: number }[] = []
    let nowMs = 0
    const starts = Array.from({ length: STARTS }, async (_, index) => {
      const error = await rejection(auth.start(another(index)))
      settled.push({ error, atMs: nowMs })
    })
    await server.arrived(MAX_IN_FLIGHT)
    // No timer has run: the sign-in does not wait while 50 messages hang.
    expect((await auth.verify({ challengeId, code: server.codeFor(PHONE) })).isNewUser).toBe(true)
    await vi.waitFor(() => expect(settled).toHaveLength(STARTS - MAX_IN_FLIGHT))
    expect(settled.every(({ error }) => error.mayHaveBeenSent === false)).toBe(true)

    for (; nowMs < 10_000; nowMs += 500) await vi.advanceTimersByTimeAsync(500)
    await Promise.all(starts)
    expect(settled).toHaveLength(STARTS)
    expect(settled.filter(({ error }) => error.mayHaveBeenSent === true)).toHaveLength(MAX_IN_FLIGHT)
    expect(server.seen).toHaveLength(MAX_IN_FLIGHT)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    await vi.waitFor(async () => expect(await server.connections()).toBeLessThanOrEqual(1))
  })

  it('REL-7 after five failures Twilio is not called for 30 s, and then one message tests it', async () => {
    vi.setSystemTime(0)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 })
    const { auth } = authWith({ smsSender: senderOn(server) }, { limits })
    server.next(...Array.from({ length: 5 }, () => ({ status: 503 })))
    for (let index = 0; index < 5; index += 1) {
      expect(await rejection(auth.start({ phoneNumber: number(index) }))).toMatchObject({ mayHaveBeenSent: true })
    }
    const refused = await rejection(auth.start({ phoneNumber: number(5) }))
    expect(refused).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(server.seen).toHaveLength(5)
    await vi.advanceTimersByTimeAsync(30_000)
    await auth.start({ phoneNumber: number(6) })
    await auth.start({ phoneNumber: number(7) })
    expect(server.seen).toHaveLength(7)
  })

  it('REL-7 with Verify, hanging starts do not block checks', async () => {
    const { auth } = authWith({ codeService: verifyOn(server) }, { limits })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    server.seen.length = 0
    server.next(...Array.from({ length: MAX_IN_FLIGHT }, () => 'hang' as const))
    const starts = Array.from({ length: STARTS }, (_, index) => rejection(auth.start(another(index))))
    await server.arrived(MAX_IN_FLIGHT)
    expect((await auth.verify({ challengeId, code: server.codeFor(PHONE) })).isNewUser).toBe(true)
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(starts)
    expect(vi.getTimerCount()).toBe(0)
  })
})
