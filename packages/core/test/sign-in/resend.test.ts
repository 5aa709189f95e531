import { describe, expect, it } from 'vitest'
import type { PhoneNumber } from '../../src/index.ts'
import { OTHER_PHONE, PHONE, rejection, setup, wrong } from '../setup.ts'

describe('PhoneAuth.resend', () => {
  it('OTP-9 repeats the same code and does not reset the attempts', async () => {
    const { auth, codeFor, clock, messages } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = codeFor()
    for (const offset of [1, 2]) await rejection(auth.verify({ challengeId, code: wrong(code, offset) }))
    clock.advance(30)
    await auth.resend({ challengeId })
    expect(messages.map(({ text }) => text)).toEqual([
      `${code} is your Phone Auth code. It expires in 10 min.`,
      `${code} is your Phone Auth code. It expires in 9 min.`,
    ])
    for (const offset of [3, 4, 5]) {
      const error = await rejection(auth.verify({ challengeId, code: wrong(code, offset) }))
      expect([error.code, error.attemptsRemaining]).toEqual(['invalid_code', 5 - offset])
    }
    expect((await rejection(auth.verify({ challengeId, code }))).code).toBe('too_many_attempts')
    clock.advance(60)
    expect((await rejection(auth.resend({ challengeId }))).code).toBe('too_many_attempts')
  })

  it('OTP-9 does not extend the lifetime of the challenge', async () => {
    const { auth, codeFor, clock } = setup()
    const { challengeId, expiresAt } = await auth.start({ phoneNumber: PHONE })
    clock.advance(480)
    expect((await auth.resend({ challengeId })).expiresAt).toEqual(expiresAt)
    clock.advance(120)
    expect((await rejection(auth.verify({ challengeId, code: codeFor() }))).code).toBe('challenge_expired')
  })

  it('OTP-9 sends at most three messages for one challenge', async () => {
    const { auth, clock, messages } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    clock.advance(30)
    expect((await auth.resend({ challengeId })).resendAt).not.toBeNull()
    clock.advance(60)
    expect((await auth.resend({ challengeId })).resendAt).toBeNull()
    clock.advance(300)
    expect((await rejection(auth.resend({ challengeId }))).code).toBe('too_many_sends')
    expect(messages).toHaveLength(3)
  })

  it('OTP-9 in rotate mode sends a new code, which invalidates the old one', async () => {
    const { auth, codeFor, clock } = setup({ code: { resend: 'rotate' } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const old = codeFor()
    clock.advance(30)
    await auth.resend({ challengeId })
    expect(codeFor()).not.toBe(old)
    expect((await rejection(auth.verify({ challengeId, code: old }))).attemptsRemaining).toBe(4)
    expect((await auth.verify({ challengeId, code: codeFor() })).user.phoneNumber).toBe(PHONE)
  })

  it('OTP-8 in rotate mode, a client that knows only the number can repeat the code, not replace it', async () => {
    const { auth, codeFor, clock } = setup({ code: { resend: 'rotate' } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const code = codeFor()
    clock.advance(30)
    await auth.resend({ phoneNumber: PHONE })
    expect(codeFor()).toBe(code)
    expect((await auth.verify({ challengeId, code })).user.phoneNumber).toBe(PHONE)
  })

  it('ACC-6 in rotate mode, no code becomes valid for a number that was sent none', async () => {
    const { auth, clock, messages, stores } = setup({ registration: 'closed', code: { resend: 'rotate' } })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    const find = () => stores.otpStore.findLatest(PHONE as PhoneNumber, 'sign_in', null)
    const before = await find()
    clock.advance(30)
    await auth.resend({ challengeId })
    const after = await find()
    expect(after?.seed).not.toBe(before?.seed)
    expect(after?.codeHash).toBe(before?.codeHash)
    expect(messages).toEqual([])
  })

  it('says in the message how long the code stays valid, by the clock of the store', async () => {
    const { auth, clock, messages } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    clock.advance(590)
    await auth.resend({ challengeId })
    expect(messages.at(-1)?.text).toContain('expires in 1 min.')
  })

  it('rejects a call without a challenge id or a number', async () => {
    const { auth } = setup()
    for (const call of [auth.resend({} as never), auth.verify({ code: '123456' } as never)]) {
      expect(await rejection(call)).toMatchObject({ code: 'invalid_input', field: 'challengeId' })
    }
  })

  it('repeats a hardened code as well', async () => {
    const { auth, clock, messages } = setup({
      limits: { guessesPerNumber: { '30d': 5 }, cooldown: ['1s'] },
    })
    await auth.start({ phoneNumber: PHONE })
    clock.advance(1)
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    clock.advance(1)
    await auth.resend({ challengeId })
    const [, started, resent] = messages.map(({ text }) => text.split(' ')[0])
    expect(resent).toBe(started)
    expect(resent).toMatch(/^[0-9A-Z]{4}-/)
  })

  it('finds the challenge by its number, and does not return its id', async () => {
    const { auth, clock, messages } = setup()
    await auth.start({ phoneNumber: PHONE })
    clock.advance(30)
    expect(await auth.resend({ phoneNumber: PHONE })).toMatchObject({ challengeId: null, phoneNumber: PHONE })
    expect(messages).toHaveLength(2)
  })

  it('rejects an unknown, an expired and a used challenge with the same error', async () => {
    const { auth, clock, codeFor } = setup()
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await auth.verify({ challengeId, code: codeFor() })
    const expired = await auth.start({ phoneNumber: OTHER_PHONE })
    clock.advance(600)
    for (const id of [challengeId, expired.challengeId, 'unknown']) {
      expect((await rejection(auth.resend({ challengeId: id }))).code).toBe('challenge_expired')
    }
    expect((await rejection(auth.resend({ phoneNumber: PHONE }))).code).toBe('challenge_expired')
  })

  it('rejects a number without a challenge id under requireChallengeId', async () => {
    const { auth } = setup({ requireChallengeId: true })
    await auth.start({ phoneNumber: PHONE })
    expect((await rejection(auth.resend({ phoneNumber: PHONE }))).code).toBe('challenge_id_required')
    expect((await rejection(auth.verify({ phoneNumber: PHONE, code: '123456' }))).code).toBe('challenge_id_required')
  })
})
