import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as adapters from '../../src/adapters.ts'
import * as core from '../../src/index.ts'
import * as keys from '../../src/keys.ts'
import { PHONE, rejection, setup } from '../setup.ts'
import { setupWithService } from '../sign-in/fake-code-service.ts'
import { sources } from '../sources.ts'

describe('the limits', () => {
  it('LIM-9 are enforced in core: only start and resend call the sender, through one function, after the store allows it', async () => {
    const importers = (module: RegExp) =>
      sources()
        .filter(({ source }) => module.test(source))
        .map(({ path }) => path)
    expect(importers(/smsSender\.send\(|codeService\.start\(/)).toEqual(['delivery/send-code.ts'])
    expect(importers(/service\.check\(/i)).toEqual(['sign-in/ask-code-service.ts'])
    expect(importers(/from '.*\/ask-code-service\.ts'/)).toEqual(['sign-in/submit-code.ts'])
    expect(importers(/from '.*\/send-code\.ts'/).toSorted()).toEqual(['sign-in/open-challenge.ts', 'sign-in/resend.ts'])
    const calls: string[] = []
    const { stores, options, clock, smsSender } = setup()
    const traced = <Store extends object>(name: string, store: Store): Store =>
      new Proxy(store, {
        get: (target, method) => {
          const member: unknown = Reflect.get(target, method)
          if (typeof member !== 'function') return member
          return (...input: unknown[]) => {
            calls.push(`${name}.${String(method)}`)
            return member.apply(target, input)
          }
        },
      })
    const { auth } = setup({
      ...options,
      otpStore: traced('otpStore', stores.otpStore),
      smsSender: traced('smsSender', smsSender),
    })
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    expect(calls.splice(0)).toEqual(['otpStore.open', 'smsSender.send'])
    await rejection(auth.start({ phoneNumber: PHONE }))
    expect(calls.splice(0)).toEqual(['otpStore.open'])
    await rejection(auth.resend({ challengeId }))
    expect(calls.splice(0)).toEqual(['otpStore.find', 'otpStore.resend'])
    clock.advance(30)
    await auth.resend({ challengeId })
    expect(calls.splice(0)).toEqual(['otpStore.find', 'otpStore.resend', 'smsSender.send'])
    await rejection(auth.verify({ challengeId, code: '000000' }))
    expect(calls.splice(0)).toEqual(['otpStore.redeem'])
    await auth.getChallenge({ challengeId })
    await auth.recordDelivery({ reference: `${'A'.repeat(43)}.1`, delivery: 'sent' })
    expect(calls.splice(0)).toEqual(['otpStore.find', 'otpStore.recordDelivery'])
  })

  it('LIM-9 apply to a code service: it sends after the store allows it, and checks between two calls of redeem', async () => {
    const calls: string[] = []
    const { auth, service, stores, clock } = setupWithService()
    for (const method of ['open', 'resend', 'redeem'] as const) {
      const original = stores.otpStore[method].bind(stores.otpStore) as (input: never) => Promise<never>
      stores.otpStore[method] = (input: never) => {
        calls.push(method)
        return original(input)
      }
    }
    for (const method of ['start', 'check'] as const) {
      const original = service[method].bind(service) as (...input: never[]) => Promise<never>
      service[method] = (...input: never[]) => {
        calls.push(`service.${method}`)
        return original(...input)
      }
    }
    const { challengeId } = await auth.start({ phoneNumber: PHONE })
    await rejection(auth.start({ phoneNumber: PHONE }))
    expect(calls.splice(0)).toEqual(['open', 'service.start', 'open'])
    clock.advance(30)
    await auth.resend({ challengeId })
    await rejection(auth.resend({ challengeId }))
    expect(calls.splice(0)).toEqual(['resend', 'service.start', 'resend'])
    await rejection(auth.verify({ challengeId, code: '000000' }))
    await auth.verify({ challengeId, code: service.codeFor(PHONE) })
    await rejection(auth.verify({ challengeId, code: '000000' }))
    const whole = ['redeem', 'service.check', 'redeem']
    expect(calls).toEqual([...whole, ...whole, 'redeem'])
  })

  it('LIM-9 cannot be bypassed by an export: apart from PhoneAuth, exports neither send nor compare', () => {
    const functions = Object.entries({ ...core, ...adapters, ...keys }).filter(
      ([, value]) => typeof value === 'function',
    )
    const names = functions.map(([name]) => name).filter((name) => !name.endsWith('Error') || name.startsWith('is'))
    expect(names.toSorted()).toEqual([
      'PhoneAuth',
      'announceKey',
      'applicationNameProblem',
      'attemptsLeft',
      'charge',
      'composeJointSteps',
      'deliveryRank',
      'devicesBeyond',
      'generateKeySet',
      'isByNumber',
      'isOpen',
      'isPhoneAuthError',
      'laneOf',
      'longestWindow',
      'partOf',
      'patched',
      'promoteKey',
      'recordFailure',
      'recordSuccess',
      'reservationGrain',
      'reservationsOf',
      'signInByStep',
      'smsSegments',
      'unusedAttempts',
    ])
  })

  it('LIM-9 cover every method of PhoneAuth: add each new method to one of these lists', () => {
    const methods = Object.getOwnPropertyNames(core.PhoneAuth.prototype).toSorted()
    const sending = ['resend', 'start', 'startPhoneChange', 'startStepUp']
    const comparing = ['verify', 'verifyPhoneChange', 'verifyStepUp']
    const neither = [
      'activateUser',
      'authenticate',
      'close',
      'completeProfile',
      'constructor',
      'deactivateUser',
      'deleteUser',
      'getChallenge',
      'getProfile',
      'jwks',
      'listSessions',
      'logout',
      'logoutAll',
      'recordDelivery',
      'ping',
      'purge',
      'startPurging',
      'refresh',
      'requireFresh',
      'revokeSession',
      'updateProfile',
    ]
    expect(methods).toEqual([...sending, ...comparing, ...neither].toSorted())
  })

  it('DATA-1 use budget keys that contain no phone number', async () => {
    const keys: string[] = []
    const { stores } = setup()
    const open = stores.otpStore.open.bind(stores.otpStore)
    stores.otpStore.open = (request) => {
      const { charges, lanes } = request
      keys.push(...[...charges, ...lanes.flatMap((lane) => lane.charges)].map(({ subject }) => subject))
      return open(request)
    }
    await setup({ otpStore: stores.otpStore }).auth.start({ phoneNumber: PHONE, ip: '203.0.113.7' })
    expect(new Set(keys).size).toBe(4)
    expect(keys.join()).not.toContain(PHONE.slice(1))
    expect(readFileSync(new URL('../../src/limits/policy.ts', import.meta.url), 'utf8')).not.toContain('phoneNumber')
  })
})
