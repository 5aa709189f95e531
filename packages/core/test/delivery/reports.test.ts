import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MessageOutcome, SmsReceipt, SmsSender } from '../../src/adapters.ts'
import { type PhoneAuthOptions, SmsRejectedError } from '../../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, setup, told, wrong } from '../setup.ts'
import { setupWithService } from '../sign-in/fake-code-service.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A `PhoneAuth` with a sender that returns the handles H1, H2, … and receives reports. */
function reportingWorld(options: Partial<PhoneAuthOptions> = {}) {
  const reports: MessageOutcome[] = []
  const world = setup()
  const smsSender = {
    handleOf: (count: number): unknown => `H${count}`,
    send: async (...input: Parameters<SmsSender['send']>): Promise<SmsReceipt> => {
      const receipt = await world.smsSender.send(...input)
      const handle = smsSender.handleOf(world.messages.length)
      return { ...receipt, ...(handle !== undefined && { handle: handle as string }) }
    },
    report: async (outcome: MessageOutcome): Promise<void> => {
      reports.push(outcome)
    },
  }
  const { auth } = setup({ ...world.options, smsSender, limits: noLimits, ...options })
  /** The reports, after all background work has ended. */
  const reported = async () => {
    await auth.close()
    return reports.map(({ handle, outcome }) => `${handle} ${outcome}`)
  }
  const handle = async (phoneNumber = PHONE) =>
    (await world.stores.otpStore.findLatest(phoneNumber as never, 'sign_in', null))?.handle
  return { ...world, auth, smsSender, reports, reported, handle }
}

describe('a sender with report', () => {
  it('receives once that a code was verified, with the number and the handle', async () => {
    const { auth, codeFor, reports, reported } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await rejection(auth.verify({ challengeId, code: wrong(codeFor()) }))
    expect(await reported()).toEqual([])
    await auth.verify({ challengeId, code: codeFor() })
    await rejection(auth.verify({ challengeId, code: codeFor() }))
    expect(await reported()).toEqual(['H1 verified'])
    expect(reports).toEqual([{ to: PHONE, handle: 'H1', outcome: 'verified' }])
  })

  it('REL-7 receives it after the answer, so that work before its first await delays no user', async () => {
    vi.useFakeTimers()
    const { auth, codeFor, reports } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.resend({ challengeId })
    expect(reports).toEqual([])
    await vi.advanceTimersByTimeAsync(0)
    expect(reports.map(({ outcome }) => outcome)).toEqual(['replaced'])
    await auth.verify({ challengeId, code: codeFor() })
    expect(reports).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(reports.map(({ outcome }) => outcome)).toEqual(['replaced', 'verified'])
  })

  it('receives that a resend replaced a message, and the outcome of the new message', async () => {
    const { auth, codeFor, reported } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.resend({ challengeId })
    expect(await reported()).toEqual(['H1 replaced'])
    await auth.resend({ challengeId })
    await auth.verify({ challengeId, code: codeFor() })
    expect(await reported()).toEqual(['H1 replaced', 'H2 replaced', 'H3 verified'])
  })

  it('receives no replacement if the resend fails: the earlier message is still the latest', async () => {
    const { auth, codeFor, reported, smsSender } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const { send } = smsSender
    smsSender.send = async () => Promise.reject(new Error('down'))
    await rejection(auth.resend({ challengeId }))
    smsSender.send = send
    await auth.verify({ challengeId, code: codeFor() })
    expect(await reported()).toEqual(['H1 verified'])
  })

  it('receives at the purge that challenges expired unused, except those redeemed or discarded', async () => {
    const { auth, clock, codeFor, reported } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const { accessToken } = await auth.verify({ challengeId, code: codeFor() })
    await auth.start({ phoneNumber: PHONE })
    const change = await auth.startPhoneChange({ accessToken, phoneNumber: OTHER_PHONE })
    await auth.verifyPhoneChange({ accessToken, challengeId: change.challengeId, code: codeFor(OTHER_PHONE) })
    await auth.start({ phoneNumber: '+14155550103' })
    clock.advance(600)
    await auth.purge()
    expect(await reported()).toEqual(['H1 verified', 'H3 verified', 'H4 expired'])
    await auth.purge()
    expect(await reported()).toHaveLength(3)
  })

  it('receives once that a step-up was verified, also for a sign-in that is refused after the right code', async () => {
    const { auth, codeFor, reported, stores } = reportingWorld()
    const start = () => auth.start({ phoneNumber: PHONE })
    const { accessToken, user } = await auth.verify({ ...(await start()), phoneNumber: undefined, code: codeFor() })
    const { challengeId } = await auth.startStepUp({ accessToken })
    await auth.verifyStepUp({ accessToken, challengeId, code: codeFor() })
    await stores.userStore.setActive(user.id, false)
    const deactivated = await start()
    const error = await rejection(auth.verify({ challengeId: deactivated.challengeId, code: codeFor() }))
    expect(error.code).toBe('user_inactive')
    expect(await reported()).toEqual(['H1 verified', 'H2 verified', 'H3 verified'])

    const gated = reportingWorld({ beforeSignIn: ({ phoneNumber }) => (phoneNumber === PHONE ? 'no' : undefined) })
    for (const phoneNumber of [PHONE, OTHER_PHONE]) {
      const started = await gated.auth.start({ phoneNumber })
      const call = gated.auth.verify({ challengeId: started.challengeId, code: gated.codeFor(phoneNumber) })
      if (phoneNumber === PHONE) expect((await rejection(call)).code).toBe('sign_in_refused')
      else await call
    }
    expect(await gated.reported()).toEqual(['H1 verified', 'H2 verified'])
  })

  it('OTP-10 receives nothing about a challenge that was tampered with', async () => {
    const { auth, codeFor, reported, stores } = reportingWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const redeem = stores.otpStore.redeem.bind(stores.otpStore)
    stores.otpStore.redeem = async (attempt) => {
      const outcome = await redeem(attempt)
      if (outcome.outcome !== 'redeemed') return outcome
      return { ...outcome, challenge: { ...outcome.challenge, phoneNumber: OTHER_PHONE as never } }
    }
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('challenge_expired')
    expect(await reported()).toEqual([])
  })

  it('receives nothing about a message without a handle, and the store records no delivery for it', async () => {
    for (const handle of [undefined, null, '', 5, 'x'.repeat(256)]) {
      const { auth, codeFor, reported, smsSender, stores } = reportingWorld()
      const noted = vi.spyOn(stores.otpStore, 'recordDelivery')
      smsSender.handleOf = () => handle
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      await auth.verify({ challengeId, code: codeFor() })
      expect(await reported(), String(handle)).toEqual([])
      expect(noted).not.toHaveBeenCalled()
    }
  })

  it('has its handles stored, unlike a sender without report', async () => {
    const { codeFor, options, stores, smsSender } = setup()
    const noted = vi.spyOn(stores.otpStore, 'recordDelivery')
    const send: SmsSender['send'] = async (...input) => ({ ...(await smsSender.send(...input)), handle: 'H' })
    const { auth } = setup({ ...options, smsSender: { send } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.verify({ challengeId, code: codeFor() })
    await auth.close()
    expect(noted).not.toHaveBeenCalled()
  })

  it('REL-8 its accepted messages are queued, unless a receipt has arrived before', async () => {
    const { auth, handle, messages, smsSender } = reportingWorld()
    const first = await auth.start({ phoneNumber: PHONE })
    await auth.close()
    expect(await handle()).toBe('H1')
    expect((await auth.getChallenge({ challengeId: first.challengeId })).delivery).toBe('queued')
    const { send } = smsSender
    smsSender.send = async (message, options) => {
      await auth.recordDelivery({ reference: message.reference, delivery: 'delivered' })
      return send(message, options)
    }
    const second = await auth.start({ phoneNumber: OTHER_PHONE })
    await auth.close()
    expect(messages).toHaveLength(2)
    expect(await handle(OTHER_PHONE)).toBe('H2')
    expect((await auth.getChallenge({ challengeId: second.challengeId })).delivery).toBe('delivered')
  })
})

describe('a report that fails', () => {
  it('OTP-13 LOG-1 causes an event without the phone number, and changes nothing else', async () => {
    const explanation = `No message to ${PHONE} is known.`
    const failures = [
      () => Promise.reject(new SmsRejectedError('misconfigured', { explanation, providerCode: 20404 })),
      () => Promise.reject(new Error(explanation)),
      () => {
        throw new Error(explanation)
      },
    ]
    for (const failure of failures) {
      const { auth, codeFor, events, smsSender } = reportingWorld()
      smsSender.report = failure as () => Promise<void>
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      expect((await auth.verify({ challengeId, code: codeFor() })).isNewUser).toBe(true)
      await auth.close()
      const [event, ...others] = events.filter(({ type }) => type === 'report_failed')
      expect([event?.type, others]).toEqual(['report_failed', []])
      expect(JSON.stringify(events)).not.toContain(PHONE.slice(1))
    }
    const { auth, codeFor, events, smsSender } = reportingWorld()
    smsSender.report = failures[0] as () => Promise<void>
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.verify({ challengeId, code: codeFor() })
    await auth.close()
    expect(told(events, 'report_failed')).toEqual([
      { type: 'report_failed', explanation: 'No message to +1******0101 is known.', providerCode: 20404 },
    ])
  })

  it('REL-7 delays no user if it hangs, and is aborted after sendTimeout; close waits for it', async () => {
    vi.useFakeTimers()
    const { auth, codeFor, events, smsSender } = reportingWorld({ messages: { sendTimeout: '2s' } })
    let signal: AbortSignal | undefined
    smsSender.report = (...input: unknown[]) => {
      signal = (input[1] as { signal: AbortSignal }).signal
      return new Promise(() => undefined)
    }
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await auth.verify({ challengeId, code: codeFor() })).isNewUser).toBe(true)
    let isClosed = false
    const closing = auth.close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(1999)
    expect([isClosed, signal?.aborted]).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(1)
    await closing
    expect([signal?.aborted, vi.getTimerCount()]).toEqual([true, 0])
    expect(told(events, 'report_failed')).toHaveLength(1)
  })

  it('ends the reports of a purged batch, which are sent ten at a time', async () => {
    const { auth, clock, events, smsSender } = reportingWorld()
    for (let index = 0; index < 25; index += 1) await auth.start({ phoneNumber: `+141555501${10 + index}` })
    clock.advance(600)
    let underWay = 0
    let most = 0
    let calls = 0
    smsSender.report = async () => {
      calls += 1
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      if (calls >= 20) throw new Error('down')
    }
    await auth.purge()
    expect([most, calls]).toEqual([10, 20])
    expect(told(events, 'report_failed').length).toBeGreaterThan(0)
    expect(await auth.purge()).toBe(0)
  })

  it('REL-7 ends the reports of the whole purge if it hangs, and the purge deletes the other batches', async () => {
    vi.useFakeTimers()
    const { auth, clock, events, smsSender, stores } = reportingWorld({ messages: { sendTimeout: '2s' } })
    for (let index = 0; index < 25; index += 1) await auth.start({ phoneNumber: `+141555501${10 + index}` })
    await vi.advanceTimersByTimeAsync(0)
    clock.advance(600)
    const report = vi.fn(() => new Promise<void>(() => undefined))
    smsSender.report = report
    const purged = vi.spyOn(stores.otpStore, 'purge')
    let isDone = false
    const purging = auth.purge({ batchSize: 10 }).finally(() => {
      isDone = true
    })
    while (!isDone) await vi.advanceTimersByTimeAsync(2000)
    await purging
    expect([report.mock.calls.length, told(events, 'report_failed').length]).toEqual([10, 10])
    expect(purged.mock.calls.length).toBeGreaterThan(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('causes an event also if the handle cannot be stored', async () => {
    const { auth, codeFor, events, reported, stores } = reportingWorld()
    stores.otpStore.recordDelivery = async () => Promise.reject(new Error('down'))
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await auth.verify({ challengeId, code: codeFor() })).isNewUser).toBe(true)
    expect(await reported()).toEqual([])
    expect(told(events, 'report_failed')).toEqual([
      {
        type: 'report_failed',
        explanation: 'The database is not available at the moment. Try again shortly.',
        providerCode: null,
      },
    ])
  })
})

describe('the handle of a code service', () => {
  it('is passed to each check, and is replaced by the handle of a resend', async () => {
    const { auth, service } = setupWithService({ limits: noLimits })
    const first = await auth.start({ phoneNumber: PHONE })
    await rejection(auth.verify({ challengeId: first.challengeId, code: '111111' }))
    service.set(PHONE, null)
    await auth.resend({ challengeId: first.challengeId })
    await auth.verify({ challengeId: first.challengeId, code: service.codeFor(PHONE) })
    expect(service.checked.map(({ handle }) => handle)).toEqual(['verification-1', 'verification-2'])
  })

  it('OTP-5 binds a code to its challenge: the code of a later verification of the number is refused', async () => {
    const { auth, service } = setupWithService({ limits: noLimits })
    const first = await auth.start({ phoneNumber: PHONE })
    service.set(PHONE, null)
    const second = await auth.start({ phoneNumber: PHONE })
    const code = service.codeFor(PHONE)
    expect((await rejection(auth.verify({ challengeId: first.challengeId, code }))).code).toBe('challenge_expired')
    expect((await auth.verify({ challengeId: second.challengeId, code })).isNewUser).toBe(true)
  })

  it('REL-6 is null if no start has succeeded, although a code may have been sent', async () => {
    const { auth, service } = setupWithService()
    service.set(PHONE, '654321')
    service.startFails = async () => Promise.reject(new Error('timed out'))
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const { challengeId } = error.challenge as { challengeId: string }
    expect((await auth.verify({ challengeId, code: '654321' })).isNewUser).toBe(true)
    expect(service.checked).toEqual([{ to: PHONE, handle: null, code: '654321' }])
  })

  it('is required: without it the start fails, and a code may have been sent', async () => {
    for (const handle of [undefined, null, '', 5, 'x'.repeat(256)]) {
      const { auth, events, service } = setupWithService()
      const start = service.start.bind(service)
      service.start = async (...input) => ({ ...(await start(...input)), handle: handle as string })
      const error = await rejection(auth.start({ phoneNumber: PHONE }))
      expect([error.code, error.mayHaveBeenSent]).toEqual(['sms_unavailable', true])
      expect(events.map(({ type }) => type)).toEqual(['challenge_opened', 'message_failed'])
      expect(events[1]).toMatchObject({
        explanation: 'The code service returned no handle of 1 to 255 characters.',
      })
    }
  })

  it('must be stored: otherwise the start fails with an event, also in the background', async () => {
    const open = setupWithService()
    open.stores.otpStore.recordDelivery = async () => Promise.reject(new Error('down'))
    expect((await rejection(open.auth.start({ phoneNumber: PHONE }))).code).toBe('store_unavailable')
    const failed = {
      type: 'message_failed',
      error: 'store_unavailable',
      mayHaveBeenSent: true,
      explanation: 'The database is not available at the moment. Try again shortly.',
      providerCode: null,
    }
    expect(told(open.events, 'message_failed', 'message_sent')).toEqual([failed])

    const known = setup({ limits: noLimits })
    await known.signIn(PHONE)
    const closed = setupWithService({ ...known.options, smsSender: undefined, registration: 'closed' })
    known.stores.otpStore.recordDelivery = async () => Promise.reject(new Error('down'))
    await closed.auth.start({ phoneNumber: PHONE })
    await closed.auth.close()
    expect(told(known.events, 'message_failed')).toEqual([failed])
  })

  it('is part of every report to the service: verified, replaced by another verification, expired', async () => {
    const { auth, clock, service } = setupWithService({ limits: noLimits })
    const reports: MessageOutcome[] = []
    Object.assign(service, { report: async (outcome: MessageOutcome) => reports.push(outcome) })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    // The verification continues, so nothing is replaced.
    await auth.resend({ challengeId })
    service.set(PHONE, null)
    await auth.resend({ challengeId })
    await auth.verify({ challengeId, code: service.codeFor(PHONE) })
    await auth.start({ phoneNumber: OTHER_PHONE })
    clock.advance(600)
    await auth.purge()
    await auth.close()
    expect(reports).toEqual([
      { to: PHONE, handle: 'verification-1', outcome: 'replaced' },
      { to: PHONE, handle: 'verification-2', outcome: 'verified' },
      { to: OTHER_PHONE, handle: 'verification-3', outcome: 'expired' },
    ])
  })
})
