import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { CodeService, DeliveryReport, SmsRejection, SmsSender, Stores } from '../src/adapters.ts'
import {
  type AnyPhoneAuthError,
  type ChallengeState,
  type Duration,
  PhoneAuth,
  type PhoneAuthErrorCode,
  type PhoneAuthOptions,
  type PhoneNumber,
  type ProfileOf,
  SmsRejectedError,
} from '../src/index.ts'
import { memoryStores } from '../src/memory.ts'
import { bulkhead, byRegion, circuitBreaker, failover } from '../src/senders.ts'

// Checked by the type-checker alone: these lines never run.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim

declare const smsSender: PhoneAuthOptions['smsSender']
declare const minimal: { secret: string; smsSender: typeof smsSender; allowedRegions: string[] }

// Every error has a code of the union, and every code an error.
holds<Equals<AnyPhoneAuthError['code'], PhoneAuthErrorCode>>()

// Composition is a spread.
const auth = new PhoneAuth({ ...memoryStores(), ...minimal })
holds<Equals<ReturnType<typeof memoryStores>, Stores>>()

// Without stores, sender, secret or regions there is no PhoneAuth.
// @ts-expect-error no stores
new PhoneAuth({ ...minimal })
// @ts-expect-error no regions
new PhoneAuth({ ...memoryStores(), smsSender, secret: '' })

// The default profile is known by its fields.
const { profile } = await auth.getProfile({ userId: 1 })
expectTypeOf(profile.name).toEqualTypeOf<string | undefined>()
// @ts-expect-error not a field
profile.colour
await auth.completeProfile({ userId: 1, profile: { name: 'Ada', email: 'ada@example.com', bio: 'Mathematician' } })
// @ts-expect-error no e-mail address
await auth.completeProfile({ userId: 1, profile: { name: 'Ada' } })
await auth.updateProfile({ accessToken: '', profile: { bio: null } })
// @ts-expect-error not a field
await auth.updateProfile({ accessToken: '', profile: { colour: 'red' } })
// @ts-expect-error not of this type
await auth.updateProfile({ accessToken: '', profile: { bio: 5 } })

// An application's profile is typed by its schema: inputs by what the schema takes, profiles by
// what it returns.
const schema = z.object({
  nickname: z.string(),
  birthDate: z.iso.date().transform((date) => ({ date })),
  language: z.string().default('en'),
  age: z.number().optional(),
  address: z.object({ zip: z.string() }).nullable(),
})
type Profile = z.output<typeof schema>
const own = new PhoneAuth({
  ...memoryStores(),
  ...minimal,
  profile: {
    schema,
    isComplete: (complete) => {
      expectTypeOf(complete).toEqualTypeOf<Profile>()
      return complete.nickname !== ''
    },
    check: (fields) => {
      expectTypeOf(fields).toEqualTypeOf<Partial<Profile>>()
      return []
    },
  },
  afterProfileCompleted: (result) => expectTypeOf(result.profile).toEqualTypeOf<Profile>(),
  beforeSignIn: ({ profile: fields }) => fields.nickname,
})
expectTypeOf(own).toEqualTypeOf<PhoneAuth<typeof schema>>()
expectTypeOf<ProfileOf<typeof schema>>().toEqualTypeOf<Profile>()

type OwnInput = Parameters<typeof own.completeProfile>[0]['profile']
expectTypeOf<OwnInput>().toEqualTypeOf<z.input<typeof schema>>()
await own.completeProfile({ userId: 1, profile: { nickname: 'Ada', birthDate: '1815-12-10', address: null } })
// @ts-expect-error no address
await own.completeProfile({ userId: 1, profile: { nickname: 'Ada', birthDate: '1815-12-10' } })
// @ts-expect-error what the schema returns is not what it takes
await own.completeProfile({ userId: 1, profile: { nickname: '', birthDate: { date: '' }, address: null } })
await own.updateProfile({ userId: 1, profile: { nickname: null, age: 36 } })
await own.updateProfile({ userId: 1, profile: { nickname: undefined } })
// @ts-expect-error not a field
await own.updateProfile({ userId: 1, profile: { name: 'Ada' } })
// @ts-expect-error not of this type
await own.updateProfile({ userId: 1, profile: { age: '36' } })

// A completed profile has its required fields; another has those that are set.
const { profile: fields, needsProfileCompletion } = await own.getProfile({ accessToken: '' })
if (needsProfileCompletion) expectTypeOf(fields).toEqualTypeOf<Partial<Profile>>()
else expectTypeOf(fields).toEqualTypeOf<Profile>()
const signedIn = await own.verify({ challengeId: '', code: '' })
if (!signedIn.needsProfileCompletion) expectTypeOf(signedIn.profile.address).toEqualTypeOf<{ zip: string } | null>()
expectTypeOf(signedIn.accessToken).toEqualTypeOf<string>()
expectTypeOf(signedIn.profile.nickname).toEqualTypeOf<string | undefined>()

// A user is named by a token or by id, never by both, neither or a bare string.
await auth.listSessions({ accessToken: '' })
await auth.revokeSession({ userId: 1, sessionId: '' })
// @ts-expect-error both
await auth.listSessions({ accessToken: '', userId: 1 })
// @ts-expect-error neither
await auth.listSessions({})
// @ts-expect-error a bare token
await auth.listSessions('')
await auth.logoutAll({ accessToken: '', keepCurrent: true })
// @ts-expect-error there is no current session
await auth.logoutAll({ userId: 1, keepCurrent: true })

// A challenge is named by its id or by the number, never by both or neither.
await auth.verify({ challengeId: 'id', code: '123456' })
await auth.verify({ phoneNumber: '+14155550101', code: '123456' })
// @ts-expect-error both
await auth.verify({ challengeId: 'id', phoneNumber: '+14155550101', code: '123456' })
// @ts-expect-error neither
await auth.verify({ code: '123456' })

// Codes are made by a sender's messages or by a service, and the type lets either stand alone.
declare const codeService: CodeService
const regions = { secret: '', allowedRegions: [] }
new PhoneAuth({ ...memoryStores(), ...regions, codeService })
// @ts-expect-error a service that does not check
new PhoneAuth({ ...memoryStores(), ...regions, codeService: { start: codeService.start } })

// Senders made of senders are senders; a provider refuses for one of the known reasons.
declare const sender: SmsSender
const made: SmsSender = failover([bulkhead(circuitBreaker(sender, { window: '1m' })), byRegion({ US: sender })])
// @ts-expect-error no unit
circuitBreaker(sender, { rest: 30 })
// @ts-expect-error no reason of ours
new SmsRejectedError('because')
holds<Equals<SmsRejectedError['reason'], SmsRejection>>()

// What is told of a message is never that nothing is known.
// @ts-expect-error unknown
const report: DeliveryReport = { reference: '', delivery: 'unknown' }
holds<Equals<Awaited<ReturnType<typeof auth.getChallenge>>, ChallengeState>>()

// A message is in one language or in the first that is offered of several.
await auth.start({ phoneNumber: '+14155550101', locale: 'pt-BR' })
await auth.resend({ challengeId: 'id', locale: ['pt-BR', 'en'] })

// A duration has a unit, and a phone number was parsed.
const duration: Duration = '10m'
// @ts-expect-error no unit
const bare: Duration = 600
// @ts-expect-error not parsed
const unparsed: PhoneNumber = '+14155550101'
void [made, report, duration, bare, unparsed]
