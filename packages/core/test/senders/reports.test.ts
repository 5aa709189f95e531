import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MessageOutcome, SmsSender } from '../../src/adapters.ts'
import { type PhoneNumber, SmsUnavailableError } from '../../src/index.ts'
import { within } from '../../src/senders/within.ts'
import { bulkhead, byRegion, circuitBreaker, failover } from '../../src/senders.ts'
import { message, rejection } from '../setup.ts'

/** A sender that gives its messages handles, and the reports that it receives. */
function reporting(name: string) {
  const received: MessageOutcome[] = []
  const sender = {
    send: async () => ({ messageId: name, handle: `of-${name}` }),
    report: async (outcome: MessageOutcome): Promise<void> => {
      received.push(outcome)
    },
  }
  return { ...sender, received }
}
const silent = (): SmsSender => ({ send: async () => ({ messageId: 'silent' }) })
const failing = (): SmsSender => ({ send: async () => Promise.reject(new SmsUnavailableError(false)) })

const to = (phoneNumber: string) => phoneNumber as PhoneNumber
const send = (sender: SmsSender, phoneNumber: string = message.to) =>
  within({ timeoutMs: 9000 }, (options) => sender.send({ ...message, to: to(phoneNumber) }, options))
const report = (sender: SmsSender, outcome: MessageOutcome) =>
  within({ timeoutMs: 9000 }, async (options) => sender.report?.(outcome, options))
/** Sends a message and reports that its code was verified. */
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

describe('the report of a combined sender', () => {
  it('exists only if one of its senders has one', () => {
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

  it('failover: reaches the sender of the message, by the index at the start of the handle', async () => {
    const [first, second] = [reporting('first'), reporting('second')]
    expect(await verify(failover([first, second]))).toBe('0:of-first')
    expect(await verify(failover([failing(), second]))).toBe('1:of-second')
    expect([first.received, second.received]).toEqual([[verified('of-first')], [verified('of-second')]])
  })

  it('failover: returns no handle for a sender without reports, and ignores unknown handles', async () => {
    const first = reporting('first')
    const sender = failover([first, silent()])
    expect((await send(failover([silent(), first]))).handle).toBeUndefined()
    for (const handle of ['', 'of-first', ':of-first', '0:', '1:of-first', '2:of-first', '-1:x', 'x0:of-first']) {
      await report(sender, { to: message.to, handle, outcome: 'verified' })
    }
    expect(first.received).toEqual([])
  })

  it('byRegion: reaches the sender of the region', async () => {
    const [us, others] = [reporting('us'), reporting('others')]
    const sender = byRegion({ US: us, '*': others })
    await verify(sender, '+14155550101')
    await verify(sender, '+919876543210')
    expect(us.received).toEqual([verified('of-us', '+14155550101')])
    expect(others.received).toEqual([verified('of-others', '+919876543210')])
    const alone = byRegion({ US: us })
    await expect(report(alone, { to: to('+919876543210'), handle: 'x', outcome: 'expired' })).resolves.toBeUndefined()
  })

  it('reaches a sender through all combinations', async () => {
    const inner = reporting('inner')
    const sender = failover([failing(), byRegion({ US: failover([bulkhead(circuitBreaker(inner))]) })])
    expect(await verify(sender)).toBe('1:0:of-inner')
    expect(inner.received).toEqual([verified('of-inner')])
  })
})

describe('the reports of a guarded sender', () => {
  it('REL-7 stop after failures, and do not stop the messages', async () => {
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

  it('REL-7 take no room from messages when they hang, and have a separate limit', async () => {
    const inner = reporting('inner')
    inner.report = () => new Promise(() => undefined)
    const sender = bulkhead(inner, { maxInFlight: 2 })
    const hanging = Array.from({ length: 5 }, () => rejection(verify(sender)))
    await vi.advanceTimersByTimeAsync(0)
    expect((await send(sender)).messageId).toBe('inner')
    await vi.advanceTimersByTimeAsync(9000)
    const explanations = (await Promise.all(hanging)).map(({ message: explanation }) => explanation)
    expect(
      explanations.filter((explanation) => explanation.startsWith('2 calls, the maximum, are already waiting')),
    ).toHaveLength(3)
  })
})
