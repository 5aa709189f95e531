import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SendOptions, SmsMessage, SmsSender } from '../../src/adapters.ts'
import { SmsRejectedError, SmsUnavailableError } from '../../src/index.ts'
import { failover } from '../../src/senders.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, START, setup, startProblems } from '../setup.ts'

afterEach(() => {
  vi.useRealTimers()
})

const at = (seconds: number) => new Date(START.getTime() + seconds * 1000)

/**
 * A sender that accepts messages and never settles, and the calls to it. `asked` resolves after
 * that many calls.
 */
function silentSender() {
  const calls: { message: SmsMessage; options: SendOptions }[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const smsSender: SmsSender = {
    send: (message, options) => {
      calls.push({ message, options })
      for (const { count, resolve } of waiting) if (calls.length >= count) resolve()
      return new Promise(() => undefined)
    },
  }
  const asked = (count: number) =>
    new Promise<void>((resolve) => {
      if (calls.length >= count) resolve()
      else waiting.push({ count, resolve })
    })
  return { calls, smsSender, asked }
}

describe('a message that the provider refuses', () => {
  it('REL-4 is not sent again, stays charged to the limits, and the error contains no challenge', async () => {
    let calls = 0
    const refusal = new SmsRejectedError('unsubscribed', { explanation: 'They said STOP.', providerCode: 21610 })
    const { auth, clock, events } = setup({
      smsSender: {
        send: async () => {
          calls += 1
          throw refusal
        },
      },
    })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect(error).toMatchObject({ code: 'sms_rejected', reason: 'unsubscribed', providerCode: 21610 })
    expect('challenge' in error).toBe(false)
    expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_failed'])
    expect(events[1]).toMatchObject({
      error: 'sms_rejected',
      mayHaveBeenSent: false,
      explanation: 'They said STOP.',
      providerCode: 21610,
    })
    expect(await rejection(auth.start({ phoneNumber: PHONE }))).toMatchObject({ retryAfterSeconds: 30 })
    clock.advance(30)
    await rejection(auth.start({ phoneNumber: PHONE }))
    expect(calls).toBe(2)
    expect(await rejection(auth.start({ phoneNumber: PHONE }))).toMatchObject({ retryAfterSeconds: 60 })
  })
})

describe('a message with an unknown outcome', () => {
  it('REL-6 leaves the challenge to the caller: a code that arrives late signs in', async () => {
    const sent: SmsMessage[] = []
    const { auth, events } = setup({
      smsSender: {
        send: async (message) => {
          sent.push(message)
          throw new SmsUnavailableError(true, { explanation: 'Connection reset.', providerCode: 20500 })
        },
      },
    })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: true, providerCode: 20500 })
    expect(error.message).toBe('Connection reset.')
    const challenge = error.challenge as { challengeId: string }
    expect(challenge).toEqual({
      challengeId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      expiresAt: at(600),
      expiresInSeconds: 600,
      resendAt: at(30),
      resendInSeconds: 30,
    })
    expect(sent).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: 'message_failed', mayHaveBeenSent: true, providerCode: 20500 })
    const { user } = await auth.verify({ challengeId: challenge.challengeId, code: sent[0]?.code ?? '' })
    expect(user.phoneNumber).toBe(PHONE)
  })

  it('REL-6 a resend after the cooldown repeats the same code, and both messages are valid', async () => {
    const world = setup()
    let isDown = true
    const smsSender: SmsSender = {
      send: async (message, options) => {
        const receipt = await world.smsSender.send(message, options)
        if (isDown) throw new SmsUnavailableError(true)
        return receipt
      },
    }
    const { auth } = setup({ ...world.options, smsSender })
    const { challengeId } = (await rejection(auth.start({ phoneNumber: PHONE }))).challenge as { challengeId: string }
    expect((await rejection(auth.resend({ challengeId }))).code).toBe('rate_limited')
    isDown = false
    world.clock.advance(30)
    await auth.resend({ challengeId })
    const [first, second, ...further] = world.messages
    expect([first?.code, further]).toEqual([second?.code, []])
    expect((await auth.verify({ challengeId, code: first?.code ?? '' })).user.phoneNumber).toBe(PHONE)
  })

  it('LOG-1 the error does not print its challenge', async () => {
    const { auth } = setup({ smsSender: { send: async () => Promise.reject(new Error('reset')) } })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const { challengeId } = error.challenge as { challengeId: string }
    expect(JSON.stringify(error) + JSON.stringify({ ...error })).not.toContain(challengeId)
  })

  it('the error has no challenge if nothing was sent, or after a resend', async () => {
    const { auth, clock } = setup({ smsSender: { send: async () => Promise.reject(new SmsUnavailableError(false)) } })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    expect([error.mayHaveBeenSent, error.challenge]).toEqual([false, null])
    clock.advance(30)
    expect((await rejection(auth.resend({ phoneNumber: PHONE }))).challenge).toBeNull()
  })

  it('REL-6 a second provider sends the same code, and either message signs in', async () => {
    const sent: SmsMessage[] = []
    const first: SmsSender = {
      send: async (message) => {
        sent.push(message)
        throw new Error('timed out, but it went out')
      },
    }
    const { messages, smsSender } = setup()
    const both = setup({ smsSender: failover([first, smsSender]) })
    const { challengeId } = await both.auth.start({ phoneNumber: PHONE })
    expect(sent).toEqual(messages)
    expect(both.events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_sent'])
    expect((await both.auth.verify({ challengeId, code: sent[0]?.code ?? '' })).isNewUser).toBe(true)
  })
})

describe('a provider that hangs', () => {
  it('REL-7 is abandoned after exactly sendTimeout, and its signal is aborted', async () => {
    for (const [sendTimeout, milliseconds] of [
      [undefined, 10_000],
      ['1s', 1000],
    ] as const) {
      vi.useFakeTimers()
      const { calls, smsSender, asked } = silentSender()
      const { auth, events } = setup({ smsSender, messages: sendTimeout === undefined ? {} : { sendTimeout } })
      let isSettled = false
      const starting = rejection(auth.start({ phoneNumber: PHONE })).finally(() => {
        isSettled = true
      })
      await asked(1)
      expect(calls[0]?.options.timeoutMs).toBe(milliseconds)
      await vi.advanceTimersByTimeAsync(milliseconds - 1)
      expect([isSettled, calls[0]?.options.signal.aborted]).toEqual([false, false])
      await vi.advanceTimersByTimeAsync(1)
      expect(await starting).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: true })
      expect(calls[0]?.options.signal.aborted).toBe(true)
      expect(events.at(-1)).toMatchObject({ type: 'message_failed', mayHaveBeenSent: true })
      expect(vi.getTimerCount()).toBe(0)
      vi.useRealTimers()
    }
  })

  it('REL-7 does not delay the verification of codes', async () => {
    vi.useFakeTimers()
    const { calls, smsSender, asked } = silentSender()
    const { auth, stores } = setup({ smsSender })
    const starting = rejection(auth.start({ phoneNumber: PHONE }))
    await asked(1)
    const { code } = calls[0]?.message ?? { code: '' }
    expect((await auth.verify({ phoneNumber: PHONE, code })).user.phoneNumber).toBe(PHONE)
    expect(await stores.sessionStore.list(1)).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10_000)
    await starting
  })

  it('REL-7 500 starts leave neither timers nor listeners behind', async () => {
    vi.useFakeTimers()
    const { calls, smsSender, asked } = silentSender()
    const { auth } = setup({ smsSender, limits: noLimits })
    const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener')
    const added = vi.spyOn(AbortSignal.prototype, 'addEventListener')
    const numbers = Array.from({ length: 500 }, (_, index) => `+1415555${String(index).padStart(4, '0')}`)
    const starting = Promise.all(numbers.map((phoneNumber) => rejection(auth.start({ phoneNumber }))))
    await asked(500)
    expect(vi.getTimerCount()).toBe(500)
    await vi.advanceTimersByTimeAsync(10_000)
    const errors = await starting
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['sms_unavailable']))
    expect(vi.getTimerCount()).toBe(0)
    expect(calls).toHaveLength(500)
    expect(added.mock.calls.length).toBeGreaterThanOrEqual(500)
    expect(removed.mock.calls.length).toBe(added.mock.calls.length)
    vi.restoreAllMocks()
  })

  it('REL-7 an accepted message leaves no timer behind', async () => {
    vi.useFakeTimers()
    const { auth } = setup()
    await auth.start({ phoneNumber: PHONE })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-27 a message of unknown outcome keeps what the provider said about waiting, beside the challenge', async () => {
    const failure = { explanation: 'Slow down.', retryAfterSeconds: 7 }
    const smsSender: SmsSender = { send: () => Promise.reject(new SmsUnavailableError(true, failure)) }
    const error = await rejection(setup({ smsSender }).auth.start({ phoneNumber: PHONE }))
    expect(error).toMatchObject({ retryAfterSeconds: 7, challenge: { expiresInSeconds: 600 } })
  })

  it('REL-28 ACC-6 work after the answer is given to waitUntil, for known and unknown numbers alike', async () => {
    const open = setup({ limits: noLimits })
    await open.signIn()
    const works: Promise<unknown>[] = []
    const { auth } = setup({ ...open.options, registration: 'closed', waitUntil: (work) => void works.push(work) })
    const sent = open.messages.length
    for (const [index, phoneNumber] of [PHONE, OTHER_PHONE].entries()) {
      await auth.start({ phoneNumber })
      expect(works).toHaveLength(index + 1)
    }
    expect(open.messages).toHaveLength(sent)
    await Promise.all(works)
    expect(open.messages.slice(sent).map(({ to }) => to)).toEqual([PHONE])
  })

  it('REL-28 a waitUntil that throws is reported, and changes neither the answer nor the message', async () => {
    const open = setup({ limits: noLimits })
    await open.signIn()
    const waitUntil = () => {
      throw new Error('outside a request')
    }
    const { auth } = setup({ ...open.options, registration: 'closed', waitUntil })
    const sent = open.messages.length
    expect(await auth.start({ phoneNumber: PHONE })).toMatchObject({ phoneNumber: PHONE })
    await auth.close()
    expect(open.messages).toHaveLength(sent + 1)
    expect(open.events).toContainEqual(expect.objectContaining({ type: 'hook_failed', hook: 'waitUntil' }))
    expect(startProblems({ waitUntil: true })).toEqual(['waitUntil must be a function.'])
  })

  it('REL-7 REL-19 ACC-6 under closed registration the answer does not wait for the provider, and close does', async () => {
    const open = setup()
    await open.signIn(PHONE)
    open.clock.advance(60)
    vi.useFakeTimers()
    const { calls, smsSender, asked } = silentSender()
    const { auth } = setup({ ...open.options, registration: 'closed', smsSender })
    const known = await auth.start({ phoneNumber: PHONE })
    const unknown = await auth.start({ phoneNumber: OTHER_PHONE })
    expect(Object.keys(known)).toEqual(Object.keys(unknown))
    // The sender is not called yet: its synchronous work would show in the response time. A
    // decoy waits as long.
    expect(calls).toEqual([])
    expect(vi.getTimerCount()).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    await asked(1)
    expect(calls.map(({ message }) => message.to)).toEqual([PHONE])
    let isClosed = false
    const closing = auth.close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(9_998)
    expect(isClosed).toBe(false)
    await vi.advanceTimersByTimeAsync(2)
    await closing
    expect(open.events.at(-1)).toMatchObject({ type: 'message_failed', mayHaveBeenSent: true })
  })

  it('REL-7 sendTimeout is between 1 and 10 seconds', () => {
    for (const sendTimeout of ['0s', '11s', '1m', 10, '']) {
      expect(startProblems({ messages: { sendTimeout } }), String(sendTimeout)).toEqual([
        'messages.sendTimeout must be a duration such as "30s", "10m", "24h" or "30d", from 1 to 10 seconds.',
      ])
    }
    expect(startProblems({ messages: { sendTimeout: '10s' } })).toEqual([])
  })
})
