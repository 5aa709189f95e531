import { z } from 'zod'
import {
  type AnyPhoneAuthError,
  type Duration,
  type JointSignIn,
  PhoneAuth,
  type PhoneAuthErrorCode,
  type PhoneAuthOptions,
  type PhoneNumber,
  type Stores,
} from '../src/index.ts'
import { memoryStores } from '../src/memory.ts'

// Checked by the type-checker alone: these lines never run.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim

declare const smsSender: PhoneAuthOptions['smsSender']
declare const minimal: { secret: string; smsSender: typeof smsSender; allowedRegions: string[] }

// Every error has a code of the union, and every code an error.
holds<Equals<AnyPhoneAuthError['code'], PhoneAuthErrorCode>>()

// Composition is a spread.
const auth = new PhoneAuth({ ...memoryStores(), ...minimal })
holds<Equals<ReturnType<typeof memoryStores>, Stores & { readonly jointSignIn: JointSignIn }>>()

// Without stores, sender, secret or regions there is no PhoneAuth.
// @ts-expect-error no stores
new PhoneAuth({ ...minimal })
// @ts-expect-error no regions
new PhoneAuth({ ...memoryStores(), smsSender, secret: '' })

// The default profile is known by its fields.
const profile = (await auth.getProfile(1)).profile
holds<Equals<typeof profile.name, string | undefined>>()
// @ts-expect-error not a field
profile.colour

// So is the application's own.
const schema = z.object({ nickname: z.string(), age: z.number().optional() })
const own = new PhoneAuth({
  ...memoryStores(),
  ...minimal,
  profile: { schema, isComplete: ({ nickname }) => nickname !== undefined },
})
const ownProfile = (await own.getProfile(1)).profile
holds<Equals<typeof ownProfile.age, number | undefined>>()

// A challenge is named by its id or by the number, never by both or neither.
await auth.verify({ challengeId: 'id', code: '123456' })
await auth.verify({ phoneNumber: '+14155550101', code: '123456' })
// @ts-expect-error both
await auth.verify({ challengeId: 'id', phoneNumber: '+14155550101', code: '123456' })
// @ts-expect-error neither
await auth.verify({ code: '123456' })

// A duration has a unit, and a phone number was parsed.
const duration: Duration = '10m'
// @ts-expect-error no unit
const bare: Duration = 600
// @ts-expect-error not parsed
const unparsed: PhoneNumber = '+14155550101'
void [duration, bare, unparsed]
