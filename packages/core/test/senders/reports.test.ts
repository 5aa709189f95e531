import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MessageOutcome, SmsSender } from '../../src/adapters.ts'
import { type PhoneNumber, SmsUnavailableError } from '../../src/index.ts'
import { within } from '../../src/senders/within.ts'
import { bulkhead, byRegion, circuitBreaker, failover } from '../../src/senders.ts'
import { message, rejection } from '../setup.ts'

/** A sender that names its messages, and what it was told of them. */
function reporting(name: string) {
  const heard: MessageOutcome[] = []
  const sender = {
    send: async () => ({ messageId: name, handle: `of-${name}` }),
    report: async (outcome: MessageOutcome): Promise<void> => {
      heard.push(outcome)
    },
  }
  return { ...sender, heard }
}
const silent = (): SmsSender => ({ send: async () => ({ messageId: 'silent' }) })
const failing = (): SmsSender => ({ send: async () => Promise.reject(new SmsUnavailableError(false)) })

const to = (phoneNumber: string) => phoneNumber as PhoneNumber
const send = (sender: SmsSender, phoneNumber: string = message.to) =>
  within(9000, null, (options) => sender.send({ ...message, to: to(phoneNumber) }, options))
const report = (sender: SmsSender, outcome: MessageOutcome) =>
  within(9000, null, async (options) => sender.report?.(outcome, options))
/** Sends a message, and reports that its code was verified. */
async function verify(sender: SmsSender, phoneNumber: string = message.to): Promise<string | undefined> {
  const { handle } = await send(sender, phoneNumber)
  await report(sender, { to: to(phoneNumber), handle: handle ?? '', outcome: 'verified' })
  return handle
}
const verified = (handle: string, phoneNumber: string = message.to) => ({
  to: phoneNumber,
  handle,
  outcome: 'verified',
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('the report of a sender that is made of others', () => {
  it('is there only if one of them has one', () => {
    const compositions = [
      (sender: SmsSender) => failover([silent(), sender]),
      (sender: SmsSender) => byRegion({ US: silent(), '*': sender }),
      (sender: SmsSender) => bulkhead(sender),
      (sender: SmsSender) => circuitBreaker(sender),
    ]
    for (const compose of compositions) {
      expect('report' in compose(silent())).toBe(false)
      expect(compose(reporting('a')).report).toBeTypeOf('function')
      expect('report' in bulkhead(compose(silent()))).toBe(false)
    }
  })

  it('failover: reaches the sender that sent, by the place that its handle begins with', async () => {
    const [first, second] = [reporting('first'), reporting('second')]
    expect(await verify(failover([first, second]))).toBe('0:of-first')
    expect(await verify(failover([failing(), second]))).toBe('1:of-second')
    expect([first.heard, second.heard]).toEqual([[verified('of-first')], [verified('of-second')]])
  })

  it('failover: a message of a sender without reports has no handle, and no sender receives what it cannot know', async () => {
    const first = reporting('first')
    const sender = failover([first, silent()])
    expect((await send(failover([silent(), first]))).handle).toBeUndefined()
    for (const handle of ['', 'of-first', ':of-first', '0:', '1:of-first', '2:of-first', '-1:x', 'x0:of-first']) {
      await report(sender, { to: message.to, handle, outcome: 'verified' })
    }
    expect(first.heard).toEqual([])
  })

  it('byRegion: reaches the sender of the region', async () => {
    const [us, others] = [reporting('us'), reporting('others')]
    const sender = byRegion({ US: us, '*': others })
    await verify(sender, '+14155550101')
    await verify(sender, '+919876543210')
    expect(us.heard).toEqual([verified('of-us', '+14155550101')])
    expect(others.heard).toEqual([verified('of-others', '+919876543210')])
    const alone = byRegion({ US: us })
    await expect(report(alone, { to: to('+919876543210'), handle: 'x', outcome: 'expired' })).resolves.toBeUndefined()
  })

  it('reaches a sender through all of them', async () => {
    const inner = reporting('inner')
    const sender = failover([failing(), byRegion({ US: failover([bulkhead(circuitBreaker(inner))]) })])
    expect(await verify(sender)).toBe('1:0:of-inner')
    expect(inner.heard).toEqual([verified('of-inner')])
  })
})

describe('the reports of a guarded sender', () => {
  it('REL-7 that fail do not make the sender be left alone, and are left alone themselves', async () => {
    const inner = reporting('inner')
    let calls = 0
    inner.report = async () => {
      calls += 1
      throw new SmsUnavailableError(false)
    }
    const sender = circuitBreaker(inner)
    for (let count = 0; count < 20; count += 1) await rejection(verify(sender))
    expect(calls).toBe(5)
    expect((await send(sender)).messageId).toBe('inner')
  })

  it('REL-7 that hang take no room from messages, and no more than their own', async () => {
    const inner = reporting('inner')
    inner.report = () => new Promise(() => undefined)
    const sender = bulkhead(inner, { maxInFlight: 2 })
    const hanging = Array.from({ length: 5 }, () => rejection(verify(sender)))
    await vi.advanceTimersByTimeAsync(0)
    expect((await send(sender)).messageId).toBe('inner')
    await vi.advanceTimersByTimeAsync(9000)
    const explanations = (await Promise.all(hanging)).map(({ message: explanation }) => explanation)
    expect(explanations.filter((explanation) => explanation.startsWith('2 calls are waiting'))).toHaveLength(3)
  })
})
