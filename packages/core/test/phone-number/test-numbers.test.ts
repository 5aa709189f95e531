import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { PhoneAuthOptions } from '../../src/index.ts'
import { failover } from '../../src/senders.ts'
import { noLimits, OTHER_PHONE, PHONE, rejection, START, setup, startProblems, wrong } from '../setup.ts'

const CODE = '739104'
const DAY = 86_400
const until = new Date(START.getTime() + DAY * 1000)
const testNumbers = { codes: { [PHONE]: CODE }, until }

/** A world with one test number and a sender that sends nothing. */
function world(options: Partial<PhoneAuthOptions> = {}) {
  const { smsSender } = setup()
  const printed: string[] = []
  const send: typeof smsSender.send = async ({ to }) => {
    printed.push(to)
    return {}
  }
  return { ...setup({ smsSender: { developmentOnly: 'it prints codes.', send }, testNumbers, ...options }), printed }
}

describe('a test number', () => {
  it('OTP-12 signs in with its fixed code, and nothing is sent', async () => {
    const { auth, events, printed } = world()
    for (const isNewUser of [true, false]) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      const signedIn = await auth.verify({ challengeId, code: CODE })
      expect([signedIn.isNewUser, signedIn.user.phoneNumber]).toEqual([isNewUser, PHONE])
    }
    expect(printed).toEqual([])
    expect(events.map(({ type }) => type)).not.toContain('message_sent')
  })

  it('OTP-12 gets the same answers as other numbers, and its code works with the number alone and after a resend', async () => {
    const { auth, printed } = world()
    const started = await auth.start({ phoneNumber: PHONE })
    const ordinary = await auth.start({ phoneNumber: OTHER_PHONE })
    expect(Object.keys(started)).toEqual(Object.keys(ordinary))
    await auth.resend({ challengeId: started.challengeId })
    expect((await auth.verify({ phoneNumber: PHONE, code: CODE })).user.phoneNumber).toBe(PHONE)
    expect(printed).toEqual([OTHER_PHONE])
  })

  it('OTP-12 keeps its fixed code when resends bring new codes', async () => {
    const { auth } = world({ code: { resend: 'rotate' } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.resend({ challengeId })
    expect((await auth.verify({ challengeId, code: CODE })).isNewUser).toBe(true)
  })

  it('OTP-12 has no send limits, and limits of guesses like any number, but its code is never hardened', async () => {
    const { auth, events } = world()
    for (let count = 0; count < 50; count += 1) {
      const { challengeId } = await auth.start({ phoneNumber: PHONE })
      await auth.verify({ challengeId, code: CODE })
    }
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.start({ phoneNumber: PHONE }))).code).toBe('rate_limited')
    for (let count = 0; count < 2; count += 1) await auth.resend({ challengeId })
    expect((await rejection(auth.resend({ challengeId }))).code).toBe('too_many_sends')
    expect(events.filter((event) => event.type === 'challenge_opened' && event.isHardened)).toEqual([])
    await auth.verify({ challengeId, code: CODE })
    await expect(auth.start({ phoneNumber: OTHER_PHONE })).resolves.toBeDefined()
    expect((await rejection(auth.start({ phoneNumber: OTHER_PHONE }))).code).toBe('rate_limited')
  })

  it('OTP-4 OTP-12 has as many attempts as other numbers', async () => {
    const { auth } = world()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    for (let count = 1; count <= 5; count += 1) {
      const error = await rejection(auth.verify({ challengeId, code: wrong(CODE, count) }))
      expect([error.code, error.attemptsRemaining]).toEqual(['invalid_code', 5 - count])
    }
    expect((await rejection(auth.verify({ challengeId, code: CODE }))).code).toBe('too_many_attempts')
  })

  it('OTP-3 OTP-12 has a code that works once for each challenge', async () => {
    const { auth } = world()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const tries = Array.from({ length: 50 }, () => auth.verify({ challengeId, code: CODE }))
    const outcomes = await Promise.allSettled(tries)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('OTP-12 has a code that is wrong for every other number', async () => {
    const { auth } = world({ limits: noLimits })
    await auth.start({ phoneNumber: PHONE })
    const { challengeId } = await auth.start({ phoneNumber: OTHER_PHONE })
    expect((await rejection(auth.verify({ challengeId, code: CODE }))).code).toBe('invalid_code')
  })

  it('OTP-12 becomes an ordinary number at `until`', async () => {
    const { auth, clock, printed } = world()
    clock.advance(DAY - 1)
    const last = await auth.start({ phoneNumber: PHONE })
    clock.advance(1)
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect(printed).toEqual([PHONE])
    expect((await rejection(auth.verify({ challengeId, code: CODE }))).code).toBe('invalid_code')
    expect((await rejection(auth.start({ phoneNumber: PHONE }))).code).toBe('rate_limited')
    // A challenge that was opened before keeps the fixed code.
    expect((await auth.verify({ challengeId: last.challengeId, code: CODE })).user.phoneNumber).toBe(PHONE)
  })

  it('ACC-6 OTP-12 does not sign in an unregistered user under closed registration', async () => {
    const { auth, stores } = world({ registration: 'closed' })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.verify({ challengeId, code: CODE }))).code).toBe('challenge_expired')
    expect(await stores.userStore.findByPhoneNumber(PHONE as never)).toBeNull()
  })
})

describe('the option testNumbers', () => {
  const printing = { developmentOnly: 'it prints codes.', send: async () => ({}) }
  const problems = (change: object) => startProblems({ smsSender: printing, testNumbers, ...change })
  const withCodes = (codes: object, more: object = {}) => problems({ testNumbers: { codes, until }, ...more })

  it('OTP-12 is refused in production and with a sender that really sends, unless the unsafe option allows it', () => {
    const production = { environment: 'production' } as const
    expect(problems({})).toEqual([])
    expect(problems(production)).toContain('testNumbers must not be used in production: anyone can sign in with them.')
    const { smsSender } = setup()
    const really =
      'testNumbers need a sender that sends nothing, such as the console sender; unsafeAllowDevelopmentParts allows any sender.'
    expect(problems({ smsSender })).toEqual([really])
    expect(problems({ smsSender: failover([smsSender]) })).toEqual([really])
    expect(problems({ smsSender: failover([printing]) })).toEqual([])
    const unsafeAllowDevelopmentParts = true
    expect(problems({ ...production, smsSender, unsafeAllowDevelopmentParts })).toEqual([])
    expect(problems({ ...production, smsSender, unsafeAllowDevelopmentParts: 'yes' })).not.toEqual([])
  })

  it('OTP-12 is refused with a codeService, even with the unsafe option', () => {
    const codeService = { developmentOnly: 'none', start: async () => ({}), check: async () => 'wrong' as const }
    expect(problems({ smsSender: undefined, codeService })).toContain(
      'testNumbers cannot be used with a codeService, which creates the codes; remove them.',
    )
    expect(problems({ smsSender: undefined, codeService, unsafeAllowDevelopmentParts: true })).toHaveLength(1)
  })

  it('OTP-12 accepts only numbers that no carrier assigns, in E.164', () => {
    for (const number of [
      '+14155550123'.replace('0123', '0200'),
      '+14155551234',
      '+14155550099',
      '+919876543210',
      '+447911123456',
      '14155550100',
      '+1 415 555 0100',
      '+141555501000',
      '+11155550100',
      '',
      '+14155550100\n',
    ]) {
      expect(withCodes({ [number]: CODE }), number).toEqual([
        `testNumbers.codes["${number}"] is not a number reserved for fiction in an allowed region; use one in E.164 such as +14155550100.`,
      ])
      expect(withCodes({ [number]: CODE }, { unsafeAllowDevelopmentParts: true }), number).toHaveLength(1)
    }
  })

  it('OTP-12 accepts only numbers that a challenge can be started for', async () => {
    const numbers = {
      US: ['+14155550100', '+12125550199'],
      CA: ['+16135550123'],
      SE: ['+46701740605', '+46701740699'],
      AU: ['+61491570006', '+61491570156', '+61491570159', '+61491570110', '+61491570313', '+61491570737'],
    }
    const all = Object.values(numbers).flat()
    const codes = Object.fromEntries(all.map((number) => [number, CODE]))
    const { auth } = world({ allowedRegions: Object.keys(numbers), testNumbers: { codes, until } })
    for (const phoneNumber of all) {
      const { challengeId } = await auth.start({ phoneNumber })
      expect((await auth.verify({ challengeId, code: CODE })).user.phoneNumber).toBe(phoneNumber)
    }
    // Regulators reserve these too, but no challenge could be opened for them.
    for (const number of ['+447700900123', '+33639980012']) expect(withCodes({ [number]: CODE })).toHaveLength(1)
  })

  it('OTP-1 OTP-12 requires codes of the configured length', () => {
    for (const code of ['', '12345', '1234567', '12345a', ' 739104', '739104\n', 739104, null, '٧٣٩١٠٤']) {
      expect(withCodes({ [PHONE]: code }), String(code)).toEqual([
        `testNumbers.codes["${PHONE}"] must be a code of 6 digits.`,
      ])
    }
    expect(withCodes({ [PHONE]: '73910482' }, { code: { length: 8 } })).toEqual([])
    expect(withCodes({ [PHONE]: CODE }, { code: { length: 8 } })).toHaveLength(1)
  })

  it('OTP-12 requires an end date', () => {
    for (const end of [undefined, null, '2030-01-01', 0, new Date('never')]) {
      expect(problems({ testNumbers: { codes: { [PHONE]: CODE }, until: end } }), String(end)).toEqual([
        'testNumbers.until must be a valid Date; set the day after which you no longer need the numbers.',
      ])
    }
  })

  it('OTP-13 quotes no code in a reason or an error', async () => {
    const bad = { codes: { '+14155551234': CODE, [PHONE]: `${CODE}9` }, until: CODE as never }
    const reasons = problems({ testNumbers: bad, environment: 'production', smsSender: setup().smsSender })
    expect(reasons.length).toBeGreaterThan(4)
    expect(reasons.join()).not.toContain(CODE)
    const { auth, events } = world()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const errors = [
      await rejection(auth.verify({ challengeId, code: wrong(CODE) })),
      await rejection(auth.verify({ challengeId, code: `${CODE}x` })),
    ]
    expect(inspect([auth, ...errors, ...events], { depth: 20, showHidden: true })).not.toContain(CODE)
  })
})
