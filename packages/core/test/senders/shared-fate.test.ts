import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CodeVerdict, SmsReceipt } from '../../src/adapters.ts'
import { SmsUnavailableError } from '../../src/index.ts'
import { bulkhead, circuitBreaker, failover, providerGuard } from '../../src/senders.ts'
import { noLimits, rejection, setup } from '../setup.ts'

const hang = <Result>() => new Promise<Result>(() => undefined)
const number = (index: number) => `+1415555${String(1000 + index)}`

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a provider that callers share', () => {
  it('REL-27 sends for others while fifty starts of one network are slow', async () => {
    for (const compose of [bulkhead, (sender: Parameters<typeof bulkhead>[0]) => failover([bulkhead(sender)])]) {
      let behaviour = (): Promise<SmsReceipt> => hang()
      let calls = 0
      const provider = {
        send: () => {
          calls += 1
          return behaviour()
        },
      }
      const { auth } = setup({ limits: noLimits, smsSender: compose(circuitBreaker(provider)) })
      // Different addresses, with different ports, of one network.
      const slow = Array.from({ length: 50 }, (_, index) =>
        rejection(auth.start({ phoneNumber: number(index), ip: `203.0.113.${index}:4000${index % 10}` })),
      )
      await vi.waitFor(() => expect(calls).toBe(25))
      behaviour = async () => ({ messageId: 'sent' })
      await auth.start({ phoneNumber: number(50), ip: '198.51.100.7' })
      await auth.start({ phoneNumber: number(51), ip: '2001:db8::1' })
      await auth.start({ phoneNumber: number(52) })
      await vi.advanceTimersByTimeAsync(10_000)
      await Promise.all(slow)
    }
  })

  it('REL-27 gives calls without an address one share together', async () => {
    let calls = 0
    const provider = {
      send: () => {
        calls += 1
        return hang<SmsReceipt>()
      },
    }
    const { auth } = setup({ limits: noLimits, smsSender: bulkhead(provider) })
    const slow = Array.from({ length: 50 }, (_, index) =>
      rejection(auth.start({ phoneNumber: number(index), ...(index % 2 === 0 && { ip: 'unknown' }) })),
    )
    await vi.waitFor(() => expect(calls).toBe(25))
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(slow)
  })

  it('REL-27 checks codes for others while the checks of one network are slow', async () => {
    const [starting, checking] = [providerGuard(50), providerGuard(50)]
    let checks = 0
    let verdict = (): Promise<CodeVerdict> => hang()
    const { auth } = setup({
      limits: noLimits,
      smsSender: undefined,
      codeService: {
        start: (_, options) => starting(options, async () => ({ handle: 'handle' })),
        check: (_, options) =>
          checking(options, () => {
            checks += 1
            return verdict()
          }),
      },
    })
    const open = async (index: number) =>
      (await auth.start({ phoneNumber: number(index), ip: '203.0.113.7' })).challengeId
    const challenges: string[] = []
    for (let index = 0; index < 51; index += 1) challenges.push(await open(index))
    const slow = challenges
      .slice(0, 50)
      .map((challengeId) => rejection(auth.verify({ challengeId, code: '123456', ip: '203.0.113.7' })))
    await vi.waitFor(() => expect(checks).toBe(25))
    verdict = async () => 'approved'
    const other = await auth.verify({ challengeId: challenges[50] ?? '', code: '123456', ip: '198.51.100.7' })
    expect(other.isNewUser).toBe(true)
    await vi.advanceTimersByTimeAsync(10_000)
    await Promise.all(slow)
  })

  it('REL-27 still sends after eight starts to which the provider answered to slow down', async () => {
    let isBusy = true
    const provider = {
      send: async (): Promise<SmsReceipt> => {
        if (isBusy) throw new SmsUnavailableError(false, { retryAfterSeconds: 3, providerCode: 20429 })
        return {}
      },
    }
    const { auth, events } = setup({ limits: noLimits, smsSender: bulkhead(circuitBreaker(provider)) })
    for (let index = 0; index < 8; index += 1) {
      const error = await rejection(auth.start({ phoneNumber: number(index), ip: '203.0.113.7' }))
      expect(error).toMatchObject({ code: 'sms_unavailable', retryAfterSeconds: 3, providerCode: 20429 })
    }
    expect(events.filter(({ type }) => type === 'message_failed')).toHaveLength(8)
    isBusy = false
    await auth.start({ phoneNumber: number(8), ip: '198.51.100.7' })
  })
})
