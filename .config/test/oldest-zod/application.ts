import { PhoneAuth, type ProfileDefinition, type ProfileOf } from '@phone-auth/core'
import type { SmsSender } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import { z } from 'zod-oldest'

// An application with the oldest Zod that core accepts.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim

const schema = z.object({
  name: z.string().trim().min(2).max(100),
  birthDate: z.iso.date('must be a date').refine((date) => date > '1900-01-01'),
  gender: z.enum(['female', 'male', 'other']),
  interests: z.array(z.string().max(40)).max(10).optional(),
  photos: z.array(z.url({ protocol: /^https$/ })).max(6),
  address: z.object({ street: z.string(), zip: z.string().regex(/^[0-9]{5}$/) }).nullable(),
  settings: z.record(z.string(), z.union([z.boolean(), z.string()])).default({}),
  handle: z.string().transform((handle) => `@${handle}`),
})

type Profile = z.output<typeof schema>

/** A `PhoneAuth` whose profile type comes from the schema. */
export function createAuth(smsSender: SmsSender) {
  return new PhoneAuth({
    ...memoryStores(),
    smsSender,
    secret: 'a secret of the tests, 32 bytes long and more',
    allowedRegions: ['US'],
    profile: {
      schema,
      isComplete: ({ name, photos }) => name.length > 2 && photos.length < 6,
    } satisfies ProfileDefinition<typeof schema>,
  })
}

/** Reads fields of a profile by their types. */
export async function readProfile(auth: ReturnType<typeof createAuth>, userId: number) {
  holds<Equals<typeof auth, PhoneAuth<typeof schema>>>()
  holds<Equals<ProfileOf<typeof schema>, Profile>>()
  const { profile: fields, needsProfileCompletion } = await auth.getProfile({ userId })
  if (!needsProfileCompletion) holds<Equals<typeof fields, Profile>>()
  holds<Equals<typeof fields.gender, 'female' | 'male' | 'other' | undefined>>()
  holds<Equals<typeof fields.interests, string[] | undefined>>()
  holds<Equals<typeof fields.settings, Record<string, boolean | string> | undefined>>()
  // @ts-expect-error not a field
  fields.colour
  return { zip: fields.address?.zip, handle: fields.handle }
}

/** Changes fields of a profile by their types. */
export async function changeProfile(auth: ReturnType<typeof createAuth>, userId: number) {
  // @ts-expect-error not of this type
  const refused = auth.updateProfile({ userId, profile: { gender: 'none' } })
  await refused.catch(() => undefined)
  return auth.updateProfile({ userId, profile: { gender: null, interests: ['chess'] } })
}
