import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SendOptions, SmsMessage, SmsReceipt, SmsSender } from '../../src/adapters.ts'
import { RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../../src/index.ts'
import { within } from '../../src/senders/within.ts'
import { bulkhead, byRegion, circuitBreaker, failover, providerGuard } from '../../src/senders.ts'
import { message, rejection } from '../setup.ts'

/** A sender with a behaviour that the test can change. */
function controlled() {
  const world = {
    calls: 0,
    behaviour: async (): Promise<SmsReceipt> => ({}),
    send: (_: SmsMessage, _options: SendOptions) => {
      world.calls += 1
      return world.behaviour()
    },
  }
  return world
}
const failure = async () => Promise.reject(new SmsUnavailableError(true))
const success = async () => ({ messageId: 'accepted' })
const hang = () => new Promise<never>(() => undefined)

const send = (sender: SmsSender, timeoutMs = 10_000, source?: string) =>
  within({ timeoutMs, source }, (options) => sender.send(message, options))
const outcome = (sender: SmsSender) =>
  send(sender).then(
    () => 'sent',
    (error) => (error.message.includes('is not called for a while') ? 'not called' : error.code),
  )

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('circuitBreaker', () => {
  it('REL-7 fails at once after five failures, without sending', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = failure
    for (let count = 0; count < 5; count += 1) expect(await outcome(sender)).toBe('sms_unavailable')
    const error = await rejection(send(sender))
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(error.message).toContain('is not called for a while. Nothing was sent.')
    expect(provider.calls).toBe(5)
  })

  it('REL-7 stays closed while no more than half of the calls fail', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    for (let count = 0; count < 40; count += 1) {
      provider.behaviour = count % 2 === 0 ? success : failure
      expect(await outcome(sender)).toBe(count % 2 === 0 ? 'sent' : 'sms_unavailable')
    }
    provider.behaviour = failure
    expect(await outcome(sender)).toBe('sms_unavailable')
    expect(await outcome(sender)).toBe('not called')
  })

  it('REL-7 forgets a call after the window: failures that are far apart do not add up', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = failure
    for (let count = 0; count < 4; count += 1) await outcome(sender)
    await vi.advanceTimersByTimeAsync(30_000)
    for (let count = 0; count < 4; count += 1) expect(await outcome(sender)).toBe('sms_unavailable')
    await vi.advanceTimersByTimeAsync(20_000)
    for (let count = 0; count < 50; count += 1) {
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await outcome(sender)).toBe('sms_unavailable')
    }
    await vi.advanceTimersByTimeAsync(29_999)
    for (let count = 0; count < 4; count += 1) expect(await outcome(sender)).toBe('sms_unavailable')
    expect(await outcome(sender)).toBe('not called')
  })

  it('REL-7 tries the provider with one message after a while, and closes only if it succeeds', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = failure
    for (let count = 0; count < 5; count += 1) await outcome(sender)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(await outcome(sender)).toBe('not called')
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome(sender)).toBe('sms_unavailable')
    expect(await outcome(sender)).toBe('not called')
    expect(provider.calls).toBe(6)
    provider.behaviour = success
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await outcome(sender)).toBe('sent')
    provider.behaviour = failure
    for (let count = 0; count < 4; count += 1) expect(await outcome(sender)).toBe('sms_unavailable')
    expect(provider.calls).toBe(11)
  })

  it('REL-7 makes no call wait longer than its own time-out for the message that tries the provider, or start after it', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = failure
    for (let count = 0; count < 5; count += 1) await outcome(sender)
    await vi.advanceTimersByTimeAsync(30_000)
    const trying = Promise.withResolvers<SmsReceipt>()
    provider.behaviour = () => trying.promise
    const probe = send(sender, 20_000)
    const controller = new AbortController()
    const waiting = rejection(sender.send(message, { timeoutMs: 5000, signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(5000)
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'sms_unavailable' })
    expect(provider.calls).toBe(6)
    trying.resolve({ messageId: 'probe' })
    expect(await probe).toEqual({ messageId: 'probe' })
    await vi.advanceTimersByTimeAsync(0)
    expect(provider.calls).toBe(6)
  })

  it('REL-7 counts a call that hangs when it times out', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = hang
    const hung = Array.from({ length: 5 }, () => outcome(sender))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(provider.calls).toBe(5)
    await vi.advanceTimersByTimeAsync(1)
    expect(await Promise.all(hung)).toEqual(Array.from({ length: 5 }, () => 'sms_unavailable'))
    expect(await outcome(sender)).toBe('not called')
  })

  it('REL-7 counts unknown errors, but not refusals of the provider', async () => {
    const provider = controlled()
    const refusing = circuitBreaker(provider)
    for (const error of [
      new SmsRejectedError('credentials'),
      new SmsRejectedError('unsubscribed'),
      new RateLimitedError(1),
    ]) {
      provider.behaviour = async () => Promise.reject(error)
      for (let count = 0; count < 20; count += 1) expect(await outcome(refusing)).toBe(error.code)
    }
    const failing = circuitBreaker(provider)
    provider.behaviour = async () => Promise.reject(new TypeError('fetch failed'))
    for (let count = 0; count < 5; count += 1) await outcome(failing)
    expect(await outcome(failing)).toBe('not called')
  })

  it('REL-27 stays closed while the provider only demands to slow down', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider)
    provider.behaviour = async () => Promise.reject(new SmsUnavailableError(false, { retryAfterSeconds: 2 }))
    for (let count = 0; count < 20; count += 1) {
      expect(await rejection(send(sender))).toMatchObject({ code: 'sms_unavailable', retryAfterSeconds: 2 })
    }
    provider.behaviour = success
    expect(await outcome(sender)).toBe('sent')
    expect(provider.calls).toBe(21)
  })

  it('REL-7 starts counting again when the provider has answered', async () => {
    const provider = controlled()
    const sender = circuitBreaker(provider, { halfOpenAfter: '1s' })
    provider.behaviour = failure
    for (let count = 0; count < 5; count += 1) await outcome(sender)
    await vi.advanceTimersByTimeAsync(1000)
    provider.behaviour = success
    expect(await outcome(sender)).toBe('sent')
    provider.behaviour = failure
    for (let count = 0; count < 4; count += 1) expect(await outcome(sender)).toBe('sms_unavailable')
    expect(await outcome(sender)).toBe('not called')
  })

  it('accepts other settings within their ranges', async () => {
    const provider = controlled()
    provider.behaviour = failure
    const sender = circuitBreaker(provider, { minimumCalls: 1, window: '5s', halfOpenAfter: '1s' })
    await outcome(sender)
    expect(await outcome(sender)).toBe('not called')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await outcome(sender)).toBe('sms_unavailable')
    for (const options of [
      { minimumCalls: 0 },
      { minimumCalls: 1.5 },
      { minimumCalls: Number.NaN },
      { window: '0s' as const },
      { halfOpenAfter: '0s' as const },
      { window: 'x' as never },
      { halfOpenAfter: 5 as never },
    ]) {
      expect(() => circuitBreaker(provider, options), JSON.stringify(options)).toThrow(/Phone Auth cannot start/)
    }
  })
})

describe('bulkhead', () => {
  it('REL-7 lets `maxInFlight` messages wait, and refuses further ones at once without sending', async () => {
    const provider = controlled()
    provider.behaviour = hang
    const sender = bulkhead(provider, { maxInFlight: 3 })
    const waiting = Array.from({ length: 3 }, () => rejection(send(sender)))
    const error = await rejection(send(sender))
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(error.message).toContain('3 calls, the maximum, are already waiting')
    expect(provider.calls).toBe(3)
    await vi.advanceTimersByTimeAsync(10_000)
    for (const hung of await Promise.all(waiting)) expect(hung.mayHaveBeenSent).toBe(true)
    provider.behaviour = success
    expect(await outcome(sender)).toBe('sent')
  })

  it('makes room again when a message was sent or failed', async () => {
    const provider = controlled()
    const sender = bulkhead(provider, { maxInFlight: 1 })
    for (const behaviour of [success, failure, success]) {
      provider.behaviour = behaviour
      await outcome(sender)
    }
    expect(provider.calls).toBe(3)
  })

  it('REL-7 lets 50 messages wait by default', async () => {
    const provider = controlled()
    provider.behaviour = hang
    const sender = bulkhead(provider)
    const waiting = Array.from({ length: 60 }, () => rejection(send(sender)))
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(waiting)
    expect(provider.calls).toBe(50)
    for (const most of [0, -1, 1.5, Number.NaN])
      expect(() => bulkhead(provider, { maxInFlight: most })).toThrow(/Phone Auth cannot start/)
  })

  it('REL-27 gives one source no more places than it leaves free, and others the rest', async () => {
    const provider = controlled()
    const sender = bulkhead(provider)
    provider.behaviour = hang
    const waiting: Promise<unknown>[] = []
    const held = async (source: string) => {
      const before = provider.calls
      const refused: Record<string, unknown>[] = []
      for (let count = 0; count < 50; count += 1) {
        waiting.push(send(sender, 10_000, source).catch((error) => refused.push(error)))
      }
      await vi.advanceTimersByTimeAsync(0)
      expect(refused).toHaveLength(50 - (provider.calls - before))
      expect(refused[0]).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
      expect(refused[0]?.message).toMatch(/^\d+ calls of one network, its share, are already waiting/)
      return provider.calls - before
    }
    expect([await held('a'), await held('b'), await held('c'), await held('d')]).toEqual([25, 13, 6, 3])
    provider.behaviour = success
    expect(await send(sender, 10_000, 'e')).toEqual({ messageId: 'accepted' })
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(waiting)
    provider.behaviour = hang
    // All places are free again.
    expect(await held('b')).toBe(25)
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(waiting)
  })

  it('REL-27 counts a place of a source until its call ends, however it ends', async () => {
    const provider = controlled()
    const sender = bulkhead(provider, { maxInFlight: 2 })
    for (const behaviour of [success, failure, success, hang, success]) {
      provider.behaviour = behaviour
      const ended = outcome({ send: (given, options) => sender.send(given, { ...options, source: 'a' }) })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await ended).toBe(behaviour === success ? 'sent' : 'sms_unavailable')
    }
    expect(provider.calls).toBe(5)
  })

  it('REL-7 does not open a circuit breaker inside it by its own refusals', async () => {
    const provider = controlled()
    provider.behaviour = hang
    const sender = bulkhead(circuitBreaker(provider), { maxInFlight: 1 })
    const waiting = rejection(send(sender))
    for (let count = 0; count < 20; count += 1) await rejection(send(sender))
    await vi.advanceTimersByTimeAsync(10_000)
    await waiting
    provider.behaviour = success
    expect(await outcome(sender)).toBe('sent')
  })
})

describe('providerGuard', () => {
  it('REL-7 is a bulkhead and a circuit breaker', async () => {
    const provider = controlled()
    const guard = providerGuard(2)
    const work = () => within({ timeoutMs: 1000 }, (options) => guard(options, () => provider.send(message, options)))
    provider.behaviour = hang
    const waiting = [rejection(work()), rejection(work())]
    expect((await rejection(work())).message).toContain('2 calls, the maximum, are already waiting')
    await vi.advanceTimersByTimeAsync(1000)
    await Promise.all(waiting)
    provider.behaviour = failure
    for (let count = 0; count < 3; count += 1) await rejection(work())
    expect((await rejection(work())).message).toContain('is not called for a while')
    expect(provider.calls).toBe(5)
  })
})

describe('combined senders', () => {
  it('OTP-12 are for development only if one of their senders is', () => {
    const sound: SmsSender = { send: async () => ({}) }
    const printing: SmsSender = { ...sound, developmentOnly: 'it prints codes.' }
    const made = (sender: SmsSender) => [
      failover([sound, sender]),
      byRegion({ US: sound, '*': sender }),
      circuitBreaker(sender),
      bulkhead(sender),
      failover([bulkhead(circuitBreaker(byRegion({ US: failover([sound, sender]) })))]),
    ]
    for (const sender of made(printing)) expect(sender.developmentOnly).toBe('it prints codes.')
    for (const sender of made(sound)) expect('developmentOnly' in sender).toBe(false)
  })

  it('send nothing for a caller that has stopped waiting, and leave no rejection unhandled', async () => {
    const provider = controlled()
    const signal = AbortSignal.abort()
    for (const sender of [failover([provider]), circuitBreaker(provider), bulkhead(provider)]) {
      const error = await rejection(sender.send(message, { timeoutMs: 10, signal }))
      expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    }
    expect(provider.calls).toBe(0)
  })
})
