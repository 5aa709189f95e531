import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { CodeService, DeliveryReport, SmsRejection, SmsSender, Stores } from '../src/adapters.ts'
import {
  type AnyPhoneAuth,
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

// Only the type-checker reads this file. It never runs.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim

declare const smsSender: PhoneAuthOptions['smsSender']
declare const minimal: { secret: string; smsSender: typeof smsSender; allowedRegions: string[] }

// Every error has a code of the union, and every code has an error.
holds<Equals<AnyPhoneAuthError['code'], PhoneAuthErrorCode>>()

// Stores are passed by spreading them.
const auth = new PhoneAuth({ ...memoryStores(), ...minimal })
holds<Equals<ReturnType<typeof memoryStores>, Stores>>()

// Stores, a sender, a secret and regions are required.
// @ts-expect-error no stores
new PhoneAuth({ ...minimal })
// @ts-expect-error no regions
new PhoneAuth({ ...memoryStores(), smsSender, secret: '' })

// The default profile is typed by its fields.
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

// A custom profile is typed by its schema: calls accept its input, and profiles have its output.
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
// A function that does not depend on the profile accepts both.
for (const any of [auth, own] satisfies AnyPhoneAuth[]) await any.authenticate({ accessToken: '' })
expectTypeOf<ProfileOf<typeof schema>>().toEqualTypeOf<Profile>()

type OwnInput = Parameters<typeof own.completeProfile>[0]['profile']
expectTypeOf<OwnInput>().toEqualTypeOf<z.input<typeof schema>>()
await own.completeProfile({ userId: 1, profile: { nickname: 'Ada', birthDate: '1815-12-10', address: null } })
// @ts-expect-error no address
await own.completeProfile({ userId: 1, profile: { nickname: 'Ada', birthDate: '1815-12-10' } })
// @ts-expect-error the output of the schema is not its input
await own.completeProfile({ userId: 1, profile: { nickname: '', birthDate: { date: '' }, address: null } })
await own.updateProfile({ userId: 1, profile: { nickname: null, age: 36 } })
await own.updateProfile({ userId: 1, profile: { nickname: undefined } })
// @ts-expect-error not a field
await own.updateProfile({ userId: 1, profile: { name: 'Ada' } })
// @ts-expect-error not of this type
await own.updateProfile({ userId: 1, profile: { age: '36' } })

// A complete profile has all required fields. An incomplete profile has those that are set.
const { profile: fields, needsProfileCompletion } = await own.getProfile({ accessToken: '' })
if (needsProfileCompletion) expectTypeOf(fields).toEqualTypeOf<Partial<Profile>>()
else expectTypeOf(fields).toEqualTypeOf<Profile>()
const signedIn = await own.verify({ challengeId: '', code: '' })
if (!signedIn.needsProfileCompletion) expectTypeOf(signedIn.profile.address).toEqualTypeOf<{ zip: string } | null>()
expectTypeOf(signedIn.accessToken).toEqualTypeOf<string>()
expectTypeOf(signedIn.profile.nickname).toEqualTypeOf<string | undefined>()

// A user is identified by a token or by an id, never by both, neither or a bare string.
await auth.listSessions({ accessToken: '' })
await auth.revokeSession({ userId: 1, sessionId: '' })
// @ts-expect-error both
await auth.listSessions({ accessToken: '', userId: 1 })
// @ts-expect-error neither
await auth.listSessions({})
// @ts-expect-error a bare token
await auth.listSessions('')
await auth.logoutAll({ accessToken: '', keepCurrent: true })
// @ts-expect-error by id there is no current session
await auth.logoutAll({ userId: 1, keepCurrent: true })

// A challenge is identified by its id, beside which the number has no effect, or by the number.
await auth.verify({ challengeId: 'id', code: '123456' })
await auth.verify({ phoneNumber: '+14155550101', code: '123456' })
await auth.verify({ challengeId: 'id', phoneNumber: '+14155550101', code: '123456' })
// @ts-expect-error neither
await auth.verify({ code: '123456' })

// A code service can be used without a sender.
declare const codeService: CodeService
const regions = { secret: '', allowedRegions: [] }
new PhoneAuth({ ...memoryStores(), ...regions, codeService })
// @ts-expect-error a service that does not check
new PhoneAuth({ ...memoryStores(), ...regions, codeService: { start: codeService.start } })

// A composed sender is a sender. A provider refuses a message for one of the known reasons.
declare const sender: SmsSender
const made: SmsSender = failover([bulkhead(circuitBreaker(sender, { window: '1m' })), byRegion({ US: sender })])
// @ts-expect-error no unit
circuitBreaker(sender, { rest: 30 })
// @ts-expect-error unknown reason
new SmsRejectedError('because')
holds<Equals<SmsRejectedError['reason'], SmsRejection>>()

// A delivery report never has an unknown delivery.
// @ts-expect-error unknown
const report: DeliveryReport = { reference: '', delivery: 'unknown' }
holds<Equals<Awaited<ReturnType<typeof auth.getChallenge>>, ChallengeState>>()

// You can request one language for a message, or several in order of preference.
await auth.start({ phoneNumber: '+14155550101', locale: 'pt-BR' })
await auth.resend({ challengeId: 'id', locale: ['pt-BR', 'en'] })

// A duration has a unit, and a phone number is a parsed string.
const duration: Duration = '10m'
// @ts-expect-error no unit
const bare: Duration = 600
// @ts-expect-error not parsed
const unparsed: PhoneNumber = '+14155550101'
void [made, report, duration, bare, unparsed]
