import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SendOptions, SmsMessage, SmsSender } from '../../src/adapters.ts'
import { type PhoneNumber, RateLimitedError, SmsRejectedError, SmsUnavailableError } from '../../src/index.ts'
import { byRegion, failover, type ProviderError } from '../../src/senders.ts'
import { message, rejection } from '../setup.ts'

const within = (timeoutMs: number, signal = new AbortController().signal): SendOptions => ({ timeoutMs, signal })

/** A sender that records its calls and behaves as given. */
function sender(behaviour: (options: SendOptions) => Promise<object>) {
  const asked: { message: SmsMessage; options: SendOptions; at: number }[] = []
  const send: SmsSender['send'] = (sent, options) => {
    asked.push({ message: sent, options, at: performance.now() })
    return behaviour(options)
  }
  return { asked, send }
}
const accepting = (messageId = 'accepted') => sender(async () => ({ messageId }))
const failing = (error: unknown) => sender(async () => Promise.reject(error))
const hanging = () => sender(() => new Promise(() => undefined))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('failover', () => {
  it('REL-6 passes the same message to one sender after the other, and stops at the first that accepts it', async () => {
    const [first, second, third] = [failing(new SmsUnavailableError(false)), accepting('second'), accepting('third')]
    expect(await failover([first, second, third]).send(message, within(9000))).toEqual({ messageId: 'second' })
    expect(first.asked.map((call) => call.message)).toEqual([message])
    expect(second.asked[0]?.message).toBe(message)
    expect(third.asked).toEqual([])
  })

  it('calls only the first sender while it accepts', async () => {
    const [first, second] = [accepting('first'), accepting()]
    for (let count = 0; count < 3; count += 1) await failover([first, second]).send(message, within(9000))
    expect([first.asked.length, second.asked.length]).toEqual([3, 0])
  })

  it('REL-6 calls each sender once, also after an unknown outcome', async () => {
    const senders = [
      failing(new SmsUnavailableError(true)),
      failing(new Error('reset')),
      failing(new RateLimitedError(5)),
    ]
    const error = await rejection(failover(senders).send(message, within(9000)))
    expect([error.code, error.mayHaveBeenSent]).toEqual(['sms_unavailable', true])
    expect(senders.map(({ asked }) => asked.length)).toEqual([1, 1, 1])
  })

  it('REL-7 gives each sender an equal share of the time, even if others hang', async () => {
    const senders = [hanging(), hanging(), hanging()]
    const began = performance.now()
    const sending = rejection(failover(senders).send(message, within(9000)))
    await vi.advanceTimersByTimeAsync(8999)
    expect(senders.map(({ asked }) => asked.map(({ at, options }) => [at - began, options.timeoutMs]))).toEqual([
      [[0, 3000]],
      [[3000, 3000]],
      [[6000, 3000]],
    ])
    expect(senders.map(({ asked }) => asked[0]?.options.signal.aborted)).toEqual([true, true, false])
    await vi.advanceTimersByTimeAsync(1)
    expect(await sending).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: true })
    expect(senders[2]?.asked[0]?.options.signal.aborted).toBe(true)
  })

  it('REL-7 gives the time of a sender that fails at once to the others', async () => {
    const [first, second, third] = [failing(new SmsUnavailableError(false)), hanging(), accepting()]
    const sending = failover([first, second, third]).send(message, within(9000))
    await vi.advanceTimersByTimeAsync(4500)
    expect(await sending).toEqual({ messageId: 'accepted' })
    expect([first, second, third].map(({ asked }) => asked[0]?.options.timeoutMs)).toEqual([3000, 4500, 4500])
  })

  it('REL-7 calls no further sender when the caller has stopped waiting', async () => {
    const [first, second] = [hanging(), accepting()]
    const controller = new AbortController()
    const received: unknown[] = []
    const sender = failover([first, second], { onFailover: (error) => received.push(error) })
    const sending = rejection(sender.send(message, within(9000, controller.signal)))
    await vi.advanceTimersByTimeAsync(10)
    controller.abort()
    expect(await sending).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: true })
    expect([second.asked, received]).toEqual([[], []])
    const late = rejection(failover([first, second]).send(message, within(9000, controller.signal)))
    expect(await late).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect([first.asked.length, second.asked.length]).toEqual([1, 0])
  })

  it('REL-4 does not try the other senders for a number that cannot or will not receive messages', async () => {
    for (const reason of ['invalid_number', 'unreachable', 'unsubscribed'] as const) {
      const second = accepting()
      const refusing = failing(new SmsRejectedError(reason, { providerCode: 21610 }))
      const error = await rejection(failover([refusing, second]).send(message, within(9000)))
      expect(error).toMatchObject({ code: 'sms_rejected', reason, providerCode: 21610, concernsRecipient: true })
      expect(second.asked).toEqual([])
    }
  })

  it('tries the next sender after a failure because of the account or the channel', async () => {
    for (const reason of [
      'not_on_channel',
      'region_not_enabled',
      'credentials',
      'misconfigured',
      'blocked',
      'other',
    ] as const) {
      const senders = [failing(new SmsRejectedError(reason)), accepting()]
      expect(await failover(senders).send(message, within(9000)), reason).toEqual({ messageId: 'accepted' })
    }
    const all = [failing(new SmsUnavailableError(false)), failing(new SmsRejectedError('credentials'))]
    expect(await rejection(failover(all).send(message, within(9000)))).toMatchObject({ reason: 'credentials' })
  })

  it('REL-6 reports that a message may have been sent even if a later sender fails definitely', async () => {
    for (const last of [
      new SmsRejectedError('unsubscribed'),
      new SmsUnavailableError(false),
      new RateLimitedError(1),
    ]) {
      const senders = [failing(new SmsUnavailableError(true)), failing(last)]
      const error = await rejection(failover(senders).send(message, within(9000)))
      expect([error.code, error.mayHaveBeenSent]).toEqual(['sms_unavailable', true])
    }
    const never = [failing(new SmsUnavailableError(false)), failing(new SmsUnavailableError(false))]
    expect(await rejection(failover(never).send(message, within(9000)))).toMatchObject({ mayHaveBeenSent: false })
  })

  it('OTP-13 treats any other error as an unknown outcome, and discards its text', async () => {
    const thrown: ProviderError[] = []
    const quoting = Object.assign(new Error(message.text), { cause: message })
    const onFailover = (error: ProviderError) => thrown.push(error)
    const error = await rejection(
      failover([failing(quoting), failing(message.text)], { onFailover }).send(message, within(9)),
    )
    expect([error.code, error.mayHaveBeenSent, error.cause]).toEqual(['sms_unavailable', true, undefined])
    for (const each of [error, ...thrown]) expect(each.message).not.toContain(message.code)
    expect(thrown).toHaveLength(1)
  })

  it('tries the next sender after one that throws synchronously', async () => {
    const throwing: SmsSender = {
      send: () => {
        throw new SmsUnavailableError(false)
      },
    }
    expect(await failover([throwing, accepting()]).send(message, within(9000))).toEqual({ messageId: 'accepted' })
  })

  it('calls onFailover with the error and the index of a failed sender; it may throw, reject or hang', async () => {
    const received: [string, number][] = []
    const listeners = [
      () => undefined,
      () => {
        throw new Error('thrown')
      },
      async () => Promise.reject(new Error('rejected')),
      () => new Promise(() => undefined),
    ]
    for (const listener of listeners) {
      const onFailover = (error: ProviderError, index: number) => {
        received.push([error.code, index])
        return listener()
      }
      const senders = [failing(new SmsUnavailableError(false)), failing(new SmsRejectedError('blocked')), accepting()]
      expect(await failover(senders, { onFailover }).send(message, within(9000))).toEqual({ messageId: 'accepted' })
      expect(received.splice(0)).toEqual([
        ['sms_unavailable', 0],
        ['sms_rejected', 1],
      ])
    }
    const last = failover([failing(new SmsUnavailableError(false))], {
      onFailover: (_, index) => received.push(['last', index]),
    })
    await rejection(last.send(message, within(9000)))
    expect(received).toEqual([])
  })

  it('refuses an empty list', () => {
    expect(() => failover([])).toThrow(/Phone Auth cannot start/)
  })
})

describe('byRegion', () => {
  const to = (phoneNumber: string): SmsMessage => ({ ...message, to: phoneNumber as PhoneNumber })

  it('sends by the region of the number, not by its calling code', async () => {
    const [us, ca, others] = [accepting('US'), accepting('CA'), accepting('others')]
    const sender = byRegion({ US: us, CA: ca, '*': others })
    const chosen = async (phoneNumber: string) => (await sender.send(to(phoneNumber), within(9000))).messageId
    expect(await chosen('+14155550101')).toBe('US')
    expect(await chosen('+16135550123')).toBe('CA')
    expect(await chosen('+18765550123')).toBe('others')
    expect(await chosen('+919876543210')).toBe('others')
    // A satellite network belongs to no region.
    expect(await chosen('+881612345678')).toBe('others')
    expect(us.asked[0]?.options.timeoutMs).toBe(9000)
  })

  it('REL-4 refuses numbers of regions without a sender', async () => {
    const us = accepting()
    const error = await rejection(byRegion({ US: us }).send(to('+16135550123'), within(9000)))
    expect(error).toMatchObject({ code: 'sms_rejected', reason: 'region_not_enabled', concernsRecipient: false })
    expect(error.message).toBe("byRegion has no sender for CA. Add one, or a sender for '*'.")
    expect(us.asked).toEqual([])
  })

  it('refuses keys that are not regions, and an empty record', () => {
    for (const key of ['us', 'UK', '+1', '', 'USA', 'constructor']) {
      expect(() => byRegion({ [key]: accepting() }), key).toThrow(/Phone Auth cannot start/)
    }
    expect(() => byRegion({})).toThrow(/Phone Auth cannot start/)
  })
})
