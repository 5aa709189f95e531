import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SmsSender } from '../src/adapters.ts'
import {
  type DefaultProfileSchema,
  type PhoneAuthOptions,
  RateLimitedError,
  SmsRejectedError,
  SmsUnavailableError,
} from '../src/index.ts'
import { circuitBreaker, failover } from '../src/senders.ts'
import { noLimits, PHONE, rejection, SECRET, setup, wrong } from './setup.ts'
import { setupWithService } from './sign-in/fake-code-service.ts'

/** A code that does not occur by chance in a time, an id or a count. */
const CANARY = '739104'
const NEW_PHONE = '+14155550103'

afterEach(() => {
  isCodeFixed = false
  vi.restoreAllMocks()
})

let isCodeFixed = false

// The library has no way to choose a code, so this replaces its source of bytes.
vi.mock(import('../src/crypto/hashing.ts'), async (original) => {
  const { macKey, ...rest } = await original()
  const replaced = async (bytes: Uint8Array<ArrayBuffer>) => {
    const key = await macKey(bytes)
    return {
      sign: async (message: Uint8Array<ArrayBuffer>) => {
        const block = await key.sign(message)
        // The first bytes of the first block of a derivation are the digits of the code.
        if (isCodeFixed && new TextDecoder().decode(message).startsWith('1:0')) block.set([...CANARY].map(Number))
        return block
      },
    }
  }
  return { ...rest, macKey: replaced }
})

/** Starts a challenge with the canary as its code. */
async function startWithCanary(world: ReturnType<typeof setup<DefaultProfileSchema>>) {
  isCodeFixed = true
  return world.auth.start({ phoneNumber: PHONE })
}

describe('secrets', () => {
  it('OTP-13 LOG-1 no code, challenge id, token, secret or whole number appears in a result, error, event or log', async () => {
    const printed: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        printed.push(String(chunk))
        return true
      })
    }
    const world = setup()
    const { auth, clock, codeFor, events, messages } = world
    const ticket = await startWithCanary(world)
    expect(codeFor()).toBe(CANARY)
    const { challengeId } = ticket
    const results: unknown[] = [{ ...ticket, challengeId: undefined, phoneNumber: undefined }, auth]
    const fail = async (call: Promise<unknown>) => results.push(await rejection(call))
    await fail(auth.start({ phoneNumber: PHONE }))
    await fail(auth.verify({ challengeId, code: wrong(CANARY) }))
    await fail(auth.verify({ phoneNumber: PHONE, code: wrong(CANARY) }))
    await fail(auth.verify({ challengeId, code: `${CANARY} or so` }))
    clock.advance(30)
    await auth.resend({ challengeId })
    await fail(auth.resend({ challengeId }))
    const signedIn = await auth.verify({ challengeId, code: CANARY })
    await fail(auth.verify({ challengeId, code: CANARY }))
    await fail(auth.resend({ challengeId }))
    const { accessToken, refreshToken, deviceToken, user, ...rest } = signedIn
    results.push(rest, await auth.authenticate({ accessToken }))
    await fail(auth.verify({ challengeId, code: CANARY, deviceToken }))
    const refreshed = await auth.refresh({ refreshToken })
    await auth.authenticate({ accessToken: refreshed.accessToken })
    clock.advance(60)
    await auth.start({ phoneNumber: PHONE, deviceToken })
    await fail(auth.start({ phoneNumber: PHONE, deviceToken }))
    await fail(auth.refresh({ refreshToken }))
    await fail(auth.authenticate({ accessToken }))
    await fail(auth.logout({ accessToken }))
    await fail(auth.updateProfile({ userId: user.id, profile: { name: CANARY, colour: CANARY } as object }))
    expect(messages).toHaveLength(3)
    vi.restoreAllMocks()

    const secrets = {
      code: CANARY,
      'code in groups': '739 104',
      'code with a hyphen': '739-104',
      'challenge id': challengeId,
      'access token': accessToken.split('.')[2] ?? '',
      'refresh token': refreshToken,
      'device token': deviceToken,
      'next refresh token': refreshed.refreshToken,
      secret: SECRET,
      'phone number': PHONE,
    }
    const heard = [printed.join(''), ...[...results, ...events].flatMap(everyForm)].join('\n')
    for (const [name, secret] of Object.entries(secrets)) expect(heard.includes(secret), name).toBe(false)
  })

  it('OTP-13 an error of a sender that quotes the message is not passed on', async () => {
    const sent: string[] = []
    const { auth, events } = setup({
      smsSender: {
        send: async ({ text }) => {
          sent.push(text)
          throw Object.assign(new Error(`Could not send "${text}"`), { body: text, cause: new Error(text) })
        },
      },
    })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const code = sent[0]?.slice(0, 6) ?? ''
    expect(code).toMatch(/^[0-9]{6}$/)
    for (const form of [error, ...events].flatMap(everyForm)) expect(form).not.toContain(code)
  })

  it('OTP-13 LOG-1 typed errors of a sender that quote the message reveal nothing, in any composition of senders', async () => {
    const quoting = (text: string): unknown[] => [
      new SmsRejectedError('other', { explanation: `Refused "${text}" to ${PHONE}, that is ${PHONE.slice(1)}.` }),
      new SmsUnavailableError(true, { explanation: `No answer about ${text} to ${PHONE}.` }),
      new SmsUnavailableError(false, { explanation: text }),
      Object.assign(new SmsUnavailableError(true), { cause: new Error(text), request: { body: text, to: PHONE } }),
      Object.assign(new SmsRejectedError('blocked'), { cause: text }),
      Object.assign(new RateLimitedError(5), { body: text }),
      Object.assign(new Error(text), { code: 'sms_rejected', message: text }),
      text,
    ]
    for (let index = 0; index < quoting('').length; index += 1) {
      const throwing: SmsSender = { send: async ({ text }) => Promise.reject(quoting(text)[index]) }
      const heard: unknown[] = []
      const onFailover = (error: unknown) => heard.push(error)
      for (const smsSender of [throwing, circuitBreaker(throwing), failover([throwing, throwing], { onFailover })]) {
        const hardening = { ...noLimits, guessesPerNumber: { '30d': 5 } }
        const world = setup({
          smsSender,
          limits: hardening,
          code: { hardened: index % 2 === 0 ? 'digits' : 'alphanumeric' },
        })
        const sent: string[] = []
        const send = throwing.send
        throwing.send = async (message, options) => {
          sent.push(message.code, message.code.replace(/[ -]/g, ''))
          return send(message, options)
        }
        for (let count = 0; count < 2; count += 1) heard.push(await rejection(world.auth.start({ phoneNumber: PHONE })))
        throwing.send = send
        expect(sent.some((code) => code.length > 6)).toBe(true)
        const forms = [...heard.splice(0), ...world.events].flatMap(everyForm).join('\n')
        for (const secret of [...sent, PHONE, PHONE.slice(1)]) expect(forms.includes(secret), `${index}`).toBe(false)
      }
    }
  })

  it('OTP-13 LOG-1 typed errors of a sender that quote the number or the code in groups reveal nothing', async () => {
    for (const phoneNumber of [PHONE, '+919876543210']) {
      const national = phoneNumber.slice(phoneNumber === PHONE ? 2 : 3)
      const groups = (text: string, separator: string) => text.match(/.{1,3}/g)?.join(separator) ?? ''
      for (const separator of ['', ' ', '-', ' - ', '.', '\u00a0', '%20', ') ']) {
        for (const quoted of [phoneNumber, national, `0${national}`]) {
          const smsSender: SmsSender = {
            send: async ({ code }) => {
              const explanation = `No route to ${groups(quoted, separator)} for ${groups(code, separator)}; see error 21211.`
              throw new SmsRejectedError('other', { explanation })
            },
          }
          const { auth, events } = setup({ smsSender, allowedRegions: ['US', 'IN'] })
          await rejection(auth.start({ phoneNumber }))
          const [failed] = events.filter((event) => event.type === 'message_failed')
          const explanation = failed?.explanation ?? ''
          expect(explanation).toMatch(/^No route to .*\*+.* for \[code\]; see error 21211\.$/)
          // The country code, the last four digits and a trunk prefix are what may be left.
          expect(explanation.replace('21211', '').replace(/%20|\D/g, '').length, explanation).toBeLessThan(8)
        }
      }
    }
  })

  it('OTP-13 LOG-1 an error with a challenge prints neither its code nor its id', async () => {
    const sent: string[] = []
    const { auth, events } = setup({
      smsSender: {
        send: async ({ code }) => {
          sent.push(code)
          throw new SmsUnavailableError(true)
        },
      },
    })
    const error = await rejection(auth.start({ phoneNumber: PHONE }))
    const { challengeId } = error.challenge as { challengeId: string }
    // As logs print it. Only an inspection that calls getters shows the challenge.
    const printed = [
      inspect(error, { depth: 20, showHidden: true }),
      JSON.stringify({ error, ...error }),
      String(error),
    ]
    const forms = [...printed, error.stack, ...events.flatMap(everyForm)].join('\n')
    for (const secret of [...sent, challengeId]) expect(forms).not.toContain(secret)
  })

  it('OTP-13 LOG-1 no code and no number appears in the results and errors of a code service', async () => {
    const options: Partial<PhoneAuthOptions> = { limits: noLimits, code: { maxAttempts: 10 } }
    const { auth, events, service } = setupWithService(options)
    const results: unknown[] = [auth]
    const { challengeId, phoneNumber: _, ...started } = await auth.start({ phoneNumber: PHONE })
    results.push(started)
    const code = service.codeFor(PHONE)
    const submitted = wrong(code)
    const fail = async (thrown: unknown) => {
      service.checkFails = thrown === null ? null : async () => Promise.reject(thrown)
      results.push(await rejection(auth.verify({ challengeId, code: submitted })))
    }
    await fail(null)
    for (const explanation of [`Code ${submitted} of ${PHONE} is odd.`, `to=${PHONE.slice(1)}&code=${submitted}`]) {
      await fail(new Error(explanation))
      await fail(new SmsUnavailableError(false, { explanation }))
      await fail(new SmsRejectedError('misconfigured', { explanation }))
      await fail(Object.assign(new SmsUnavailableError(true), { cause: new Error(explanation) }))
    }
    service.startFails = async () => Promise.reject(new SmsRejectedError('other', { explanation: `No ${PHONE}.` }))
    results.push(await rejection(auth.resend({ challengeId })))
    service.checkFails = null
    const { accessToken, refreshToken, user, ...rest } = await auth.verify({ challengeId, code })
    results.push(rest)
    const forms = [...results, ...events].flatMap(everyForm).join('\n')
    for (const secret of [code, submitted, PHONE, PHONE.slice(1), challengeId, accessToken, refreshToken]) {
      expect(forms).not.toContain(secret)
    }
    expect(user.phoneNumber).toBe(PHONE)
    expect(events.filter(({ type }) => type === 'code_check_failed')).toHaveLength(8)
  })

  it('OTP-13 LOG-1 no secret appears in delivery reports and their results', async () => {
    const world = setup()
    const { auth, events, messages } = world
    const { challengeId } = await startWithCanary(world)
    const [{ reference } = { reference: '' }] = messages
    const results: unknown[] = [reference]
    for (const delivery of ['queued', 'failed', 'delivered'] as const) {
      results.push(await auth.recordDelivery({ reference, delivery, messageId: 'SM1', providerCode: 30003 }))
    }
    results.push(await rejection(auth.recordDelivery({ reference: CANARY, delivery: 'sent' })))
    results.push(await rejection(auth.recordDelivery({ reference, delivery: CANARY as never })))
    const { phoneNumber: _, ...state } = await auth.getChallenge({ challengeId })
    results.push(state, await rejection(auth.getChallenge({ challengeId: CANARY })))
    const forms = [...results, ...events].flatMap(everyForm).join('\n')
    for (const secret of [CANARY, challengeId, PHONE]) expect(forms).not.toContain(secret)
  })

  it('OTP-13 LOG-1 no secret appears in sessions, step-ups, phone changes, failing hooks and deletions', async () => {
    const leaking = async (facts: object) => Promise.reject(new Error(inspect(facts, { depth: 20 })))
    const world = setup({ limits: noLimits, afterPhoneChanged: leaking })
    const { auth, clock, codeFor, events } = world
    const { challengeId } = await startWithCanary(world)
    const { accessToken, refreshToken, user } = await auth.verify({ challengeId, code: CANARY })
    const results: unknown[] = [auth]
    const fail = async (call: Promise<unknown>) => results.push(await rejection(call))
    clock.advance(700)
    await fail(auth.requireFresh({ accessToken }))
    await fail(auth.startPhoneChange({ accessToken, phoneNumber: NEW_PHONE }))
    await fail(auth.startPhoneChange({ accessToken, phoneNumber: PHONE, isReauthenticated: true }))
    await fail(auth.deleteUser({ accessToken }))
    await fail(auth.revokeSession({ accessToken, sessionId: CANARY }))
    await fail(auth.listSessions({ accessToken: `${accessToken}x` }))
    const stepUp = await auth.startStepUp({ accessToken })
    expect(codeFor()).toBe(CANARY)
    await fail(auth.verifyStepUp({ accessToken, challengeId: stepUp.challengeId, code: wrong(CANARY) }))
    await fail(auth.verifyStepUp({ accessToken, challengeId: stepUp.challengeId, code: `${CANARY} or so` }))
    await fail(auth.verifyPhoneChange({ accessToken, challengeId: stepUp.challengeId, code: CANARY }))
    const fresh = await auth.verifyStepUp({ accessToken, challengeId: stepUp.challengeId, code: CANARY })
    await fail(auth.verifyStepUp({ accessToken, challengeId: stepUp.challengeId, code: CANARY }))
    results.push(await auth.listSessions({ accessToken }), await auth.requireFresh({ accessToken: fresh.accessToken }))
    const change = await auth.startPhoneChange({ accessToken: fresh.accessToken, phoneNumber: NEW_PHONE })
    expect(codeFor(NEW_PHONE)).toBe(CANARY)
    const submitted = { accessToken, challengeId: change.challengeId, code: CANARY }
    await fail(auth.verifyPhoneChange({ ...submitted, code: wrong(CANARY) }))
    await auth.verifyPhoneChange(submitted)
    await fail(auth.verifyPhoneChange(submitted))
    await auth.deleteUser({ accessToken: fresh.accessToken })
    await fail(auth.deleteUser({ userId: user.id }))
    const failed = events.filter(({ type }) => type === 'hook_failed')
    expect(failed).toHaveLength(1)
    const forms = [...results, ...events].flatMap(everyForm).join('\n')
    const secrets = [CANARY, PHONE, NEW_PHONE, SECRET, refreshToken]
    const ids = [challengeId, stepUp.challengeId, change.challengeId]
    for (const secret of [...secrets, ...ids, accessToken.split('.')[2] ?? '', fresh.accessToken.split('.')[2] ?? '']) {
      expect(forms.includes(secret), secret).toBe(false)
    }
  })

  it('OTP-13 LOG-1 no secret appears if a failing hook refuses a sign-in, or if the new number is taken', async () => {
    const leaking = async (facts: object) => Promise.reject(new Error(inspect(facts, { depth: 20 })))
    const world = setup({ beforeSignIn: leaking })
    const { auth, events } = world
    const { challengeId } = await startWithCanary(world)
    const refused = await rejection(auth.verify({ challengeId, code: CANARY, ip: '203.0.113.7', userAgent: CANARY }))
    const other = setup({ limits: noLimits })
    isCodeFixed = false
    await other.signIn(NEW_PHONE)
    const { accessToken } = await other.signIn()
    isCodeFixed = true
    const change = await other.auth.startPhoneChange({ accessToken, phoneNumber: NEW_PHONE })
    const submitted = { accessToken, challengeId: change.challengeId, code: CANARY }
    const taken = await rejection(other.auth.verifyPhoneChange(submitted))
    expect([refused.code, taken.code]).toEqual(['sign_in_refused', 'phone_number_taken'])
    const forms = [refused, taken, ...events, ...other.events].flatMap(everyForm).join('\n')
    for (const secret of [CANARY, PHONE, NEW_PHONE, challengeId, change.challengeId, '203.0.113.7']) {
      expect(forms.includes(secret), secret).toBe(false)
    }
  })

  it('the canary is found in the message that is sent', async () => {
    const world = setup()
    await startWithCanary(world)
    expect(world.messages.flatMap(everyForm).join('')).toContain(CANARY)
  })
})

/**
 * Every printed form of a value: inspected with hidden members and causes, as JSON and as text.
 */
function everyForm(value: unknown): string[] {
  const forms = [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value) ?? '',
    String(value),
  ]
  return value instanceof Error
    ? [...forms, value.message, value.stack ?? '', ...(value.cause ? everyForm(value.cause) : [])]
    : forms
}
