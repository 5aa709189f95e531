import { describe, expect, it } from 'vitest'
import type { SmsSender } from '../../src/adapters.ts'
import { bulkhead, byRegion, circuitBreaker, failover } from '../../src/senders.ts'

const sender = (limits: Omit<SmsSender, 'send'> = {}): SmsSender => ({ ...limits, send: async () => ({}) })
const upTo = (length: number) => sender({ maxCodeLength: () => length })
const maxOf = (combined: SmsSender, region = 'US') => combined.maxCodeLength?.(region)

describe('a combined sender', () => {
  it('LIM-2 can send codes that fit each sender that may get the message', () => {
    expect(maxOf(failover([upTo(20), upTo(15), sender()]))).toBe(15)
    expect(maxOf(bulkhead(circuitBreaker(upTo(15))))).toBe(15)
    expect(maxOf(failover([byRegion({ '*': bulkhead(upTo(15)) }), upTo(30)]))).toBe(15)
  })

  it('LIM-2 can send codes of any length if its senders can', () => {
    for (const combined of [failover([sender()]), byRegion({ US: sender() }), bulkhead(sender())]) {
      expect(maxOf(combined)).toBe(Number.POSITIVE_INFINITY)
    }
  })

  it('LIM-2 byRegion has the limit of the sender of the region', () => {
    const combined = byRegion({ IN: sender(), US: upTo(20), '*': upTo(15) })
    expect(['IN', 'US', 'GB'].map((region) => maxOf(combined, region))).toEqual([Number.POSITIVE_INFINITY, 20, 15])
    expect(maxOf(byRegion({ IN: upTo(15) }))).toBe(Number.POSITIVE_INFINITY)
  })
})
