import { describe, expect, it } from 'vitest'
import { SmsRejectedError } from '../../src/index.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, setup, wrong } from '../setup.ts'
import { setupWithService } from './fake-code-service.ts'

/** A `PhoneAuth` under closed registration: PHONE is registered, and OTHER_PHONE is not. */
async function closedWorld() {
  const open = setup({ limits: noLimits })
  await open.signIn(PHONE)
  return setupWithService({
    otpStore: open.stores.otpStore,
    userStore: open.stores.userStore,
    sessionStore: open.stores.sessionStore,
    now: open.clock.now,
    limits: noLimits,
    registration: 'closed',
  })
}

describe('a code service under closed registration', () => {
  it('ACC-6 a decoy gives the same answers as a registered number with wrong codes, and the service is called as often', async () => {
    const { auth, service } = await closedWorld()
    const answers = async (phoneNumber: string, by: 'id' | 'number') => {
      const { challengeId, ...started } = await auth.start({ phoneNumber })
      await auth.close()
      const before = service.checked.length
      const outcomes: unknown[] = []
      for (let offset = 1; offset <= 7; offset += 1) {
        const reference = by === 'id' ? { challengeId } : { phoneNumber }
        const code = wrong(service.codeFor(phoneNumber) || '111111', offset)
        const error = await rejection(auth.verify({ ...reference, code }))
        outcomes.push([error.name, error.code, error.message, error.attemptsRemaining])
      }
      service.set(phoneNumber, null)
      return { started: { ...started, phoneNumber: null }, outcomes, asked: service.checked.length - before }
    }
    for (const by of ['id', 'number'] as const) {
      const decoy = await answers(OTHER_PHONE, by)
      expect(await answers(PHONE, by)).toEqual(decoy)
      expect(decoy.asked).toBe(by === 'id' ? 5 : 3)
    }
    expect(service.started.map(({ to }) => to)).toEqual([PHONE, PHONE])
  })

  it('ACC-6 every refusal by the service for a registered number is reported as a wrong code', async () => {
    for (const verdict of ['gone', 'spent', 'wrong'] as const) {
      const { auth, events, service } = await closedWorld()
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      service.check = async () => verdict
      const error = await rejection(auth.verify({ challengeId, code: '111111' }))
      expect([error.code, error.attemptsRemaining], verdict).toEqual(['invalid_code', 4])
      expect(events.at(-1)?.type).toBe('code_wrong')
    }
  })

  it('ACC-6 a decoy does not sign in, even if the service approves its code', async () => {
    const { auth, service, stores } = await closedWorld()
    const { challengeId } = await auth.start({ phoneNumber: OTHER_PHONE })
    service.check = async () => 'approved'
    expect(await rejection(auth.verify({ challengeId, code: '111111' }))).toMatchObject({
      code: 'invalid_code',
      attemptsRemaining: 4,
    })
    expect(await stores.userStore.findByPhoneNumber(OTHER_PHONE as never)).toBeNull()
  })

  it('ACC-6 a failing service causes the same error for both numbers', async () => {
    const { auth, service } = await closedWorld()
    const tickets = [await auth.start({ phoneNumber: PHONE }), await auth.start({ phoneNumber: OTHER_PHONE })]
    service.checkFails = async () => Promise.reject(new Error('down'))
    const errors: unknown[] = []
    for (const { challengeId } of tickets) {
      const { name, code, message } = await rejection(auth.verify({ challengeId, code: '111111' }))
      errors.push([name, code, message])
    }
    expect(errors[0]).toEqual(errors[1])
  })

  it('ACC-6 only an event reports that the service refused a start', async () => {
    const { auth, events, service } = await closedWorld()
    service.startFails = async () => Promise.reject(new SmsRejectedError('unsubscribed'))
    await expect(auth.start({ phoneNumber: PHONE })).resolves.toBeDefined()
    await auth.close()
    expect(events.at(-1)).toMatchObject({ type: 'message_failed', error: 'sms_rejected' })
  })

  it('a registered number signs in', async () => {
    const { auth, service } = await closedWorld()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.close()
    const signedIn = await auth.verify({ challengeId, code: service.codeFor(PHONE) })
    expect([signedIn.isNewUser, signedIn.user.phoneNumber]).toEqual([false, PHONE])
  })
})
