import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonValue } from '../../src/adapters.ts'
import { defaultProfileSchema, PhoneAuth, type ProfileDefinition } from '../../src/index.ts'
import { codeOf, OTHER_PHONE, PHONE, rejection, START, setup } from '../setup.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com' }

describe('PhoneAuth.getProfile', () => {
  it('answers for a user who told nothing yet, and rejects an unknown one', async () => {
    const { auth, signIn } = setup()
    const { user } = await signIn()
    expect(await auth.getProfile({ userId: user.id })).toEqual({
      user,
      profileId: 1,
      profile: {},
      needsProfileCompletion: true,
      createdAt: START,
      updatedAt: START,
    })
    expect((await rejection(auth.getProfile({ userId: 99 }))).code).toBe('user_not_found')
  })
})

describe('PhoneAuth.completeProfile', () => {
  it('saves the fields, and is right about completion: new, verified, complete, and after deleting the e-mail', async () => {
    const { auth, signIn, clock } = setup()
    expect((await signIn()).needsProfileCompletion).toBe(true)
    clock.advance(900)
    expect((await signIn()).needsProfileCompletion).toBe(true)
    const profile = {
      ...ADA,
      bio: 'Line 1\nLine 2',
      location: ' Pune ',
      birthDate: '1990-02-28',
      avatar: 'https://a.example/a.png',
    }
    const completed = await auth.completeProfile({ userId: 1, profile, phoneNumber: '+1 415 555 0101' })
    expect(completed).toMatchObject({
      profileId: 1,
      profile: { ...profile, location: 'Pune' },
      needsProfileCompletion: false,
    })
    clock.advance(3600)
    expect(await signIn()).toMatchObject({ needsProfileCompletion: false, profile: { name: ADA.name } })
    const changed = await auth.updateProfile({ userId: 1, profile: { email: null } })
    expect(changed.needsProfileCompletion).toBe(true)
    expect(changed.profile).not.toHaveProperty('email')
    clock.advance(86_400)
    expect((await signIn()).needsProfileCompletion).toBe(true)
  })

  it('tells when a profile becomes complete, and when it changes', async () => {
    const { auth, signIn, events } = setup()
    const { user } = await signIn()
    const told = () => events.splice(0).map(({ type }) => type)
    told()
    await auth.updateProfile({ userId: user.id, profile: { name: ADA.name } })
    expect(told()).toEqual(['profile_updated'])
    await auth.completeProfile({ userId: user.id, profile: ADA })
    expect(told()).toEqual(['profile_updated', 'profile_completed'])
    await auth.completeProfile({ userId: user.id, profile: ADA })
    expect(told()).toEqual(['profile_updated'])
    await auth.updateProfile({ userId: user.id, profile: {} })
    expect(told()).toEqual([])
  })

  it('rejects a phone number that is not the own one, and saves nothing', async () => {
    const { auth, signIn } = setup()
    const { user } = await signIn()
    const call = (phoneNumber: string) => auth.completeProfile({ userId: user.id, profile: ADA, phoneNumber })
    const error = await rejection(call(OTHER_PHONE))
    expect([error.code, error.field]).toEqual(['invalid_input', 'phoneNumber'])
    expect((await rejection(call('tel:5'))).code).toBe('invalid_phone_number')
    expect((await rejection(call('+919876543210'))).code).toBe('region_not_allowed')
    expect((await auth.getProfile({ userId: user.id })).profile).toEqual({})
    expect((await rejection(auth.completeProfile({ userId: 99, profile: ADA }))).code).toBe('user_not_found')
  })

  it('names every field at fault', async () => {
    const { auth, signIn } = setup()
    const { user } = await signIn()
    const bad = {
      name: ' A ',
      email: 'ada',
      bio: 'x'.repeat(501),
      location: 'x'.repeat(101),
      birthDate: '2023-02-29',
      avatar: 'ftp://a',
      colour: 'red',
    }
    const error = await rejection(auth.completeProfile({ userId: user.id, profile: bad }))
    expect(error.code).toBe('invalid_profile')
    expect((error.issues as { field: string }[]).map(({ field }) => field)).toEqual([...Object.keys(bad)])
    for (const profile of [undefined, null, 5, 'x', [], { name: 'Ada' }, { ...ADA, email: null }]) {
      const call = auth.completeProfile({ userId: user.id, profile: profile as never })
      expect(await codeOf(call)).toBe('invalid_profile')
    }
  })

  it('keeps to the limits of the contract', () => {
    const accepts = (profile: object) => defaultProfileSchema.safeParse({ ...ADA, ...profile }).success
    expect(accepts({ name: 'Al' })).toBe(true)
    expect(accepts({ name: 'x'.repeat(100) })).toBe(true)
    expect(accepts({ name: 'x'.repeat(101) })).toBe(false)
    expect(accepts({ name: 'A\nB' })).toBe(false)
    expect(accepts({ bio: 'x'.repeat(500) })).toBe(true)
    expect(accepts({ bio: 'NUL \0' })).toBe(false)
    expect(accepts({ location: 'x'.repeat(100) })).toBe(true)
    expect(accepts({ birthDate: '2000-02-29' })).toBe(true)
    for (const birthDate of ['2100-01-01', '2000-2-9', '29.02.2000', '2000-13-01', '0000-00-00']) {
      expect(accepts({ birthDate }), birthDate).toBe(false)
    }
    expect(accepts({ avatar: `https://a.example/${'x'.repeat(2030)}` })).toBe(true)
    expect(accepts({ avatar: `https://a.example/${'x'.repeat(2031)}` })).toBe(false)
    for (const avatar of ['javascript:alert(1)', 'data:text/html,x', '/a.png', 'a.example/a.png']) {
      expect(accepts({ avatar }), avatar).toBe(false)
    }
  })
})

describe('PhoneAuth.updateProfile', () => {
  it('changes what is given, removes what is null and keeps the rest', async () => {
    const { auth, signIn } = setup()
    const { user } = await signIn()
    await auth.completeProfile({ userId: user.id, profile: { ...ADA, bio: 'Hello', location: 'Pune' } })
    const { profile } = await auth.updateProfile({ userId: user.id, profile: { bio: null, location: 'Delhi' } })
    expect(profile).toEqual({ ...ADA, location: 'Delhi' })
  })

  it('rejects what the schema does not allow, and unknown users', async () => {
    const { auth, signIn } = setup()
    const { user } = await signIn()
    const error = await rejection(auth.updateProfile({ userId: user.id, profile: { name: 'A', age: 5 } as object }))
    expect((error.issues as { field: string }[]).map(({ field }) => field)).toEqual(['name', 'age'])
    expect((await rejection(auth.updateProfile({ userId: 99, profile: { name: 'Ada' } }))).code).toBe('user_not_found')
  })

  it('ACC-5 no profile update or sign-up payload reaches the user', async () => {
    const { auth, signIn, stores } = setup()
    const { user } = await signIn()
    const doors = [
      'phone',
      'phoneNumber',
      'phone_number',
      'phoneVerified',
      'verifiedAt',
      'isVerified',
      'id',
      'userId',
      'tenant',
      'disabled',
      'isActive',
      'is_active',
      'role',
      'isAdmin',
      'createdAt',
      'constructor',
      'prototype',
      'toString',
      '__proto__',
    ]
    for (const door of doors) {
      for (const value of ['x', true, 99, { isAdmin: true }, [OTHER_PHONE]]) {
        const payload = JSON.parse(`{"${door}":${JSON.stringify(value)}}`)
        const whole = JSON.parse(`{"name":"Ada","email":"ada@example.com","${door}":${JSON.stringify(value)}}`)
        expect((await rejection(auth.updateProfile({ userId: user.id, profile: payload }))).code, door).toBe(
          'invalid_profile',
        )
        expect((await rejection(auth.completeProfile({ userId: user.id, profile: whole }))).code, door).toBe(
          'invalid_profile',
        )
      }
    }
    expect(await stores.userStore.findById(user.id)).toMatchObject({ user, profile: { fields: {} } })
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  it('ACC-2 a stored e-mail identifies nobody: two people may have the same', async () => {
    const { auth, signIn } = setup()
    const attacker = await signIn(OTHER_PHONE)
    await auth.completeProfile({ userId: attacker.user.id, profile: ADA })
    const victim = await signIn(PHONE)
    expect(victim).toMatchObject({ isNewUser: true, profile: {} })
    const completed = await auth.completeProfile({ userId: victim.user.id, profile: ADA })
    expect(completed.user.id).not.toBe(attacker.user.id)
    expect((await auth.getProfile({ userId: attacker.user.id })).profile).toEqual(ADA)
  })
})

describe('a profile of the application', () => {
  const schema = z.object({
    name: z.string().min(1),
    gender: z.enum(['female', 'male', 'other']),
    interests: z.array(z.string()).min(1),
    photos: z.array(z.url()).max(6).optional(),
  })
  const profile: ProfileDefinition<typeof schema> = { schema, isComplete: ({ interests }) => interests.length >= 2 }

  it('has its own schema and rule of completeness', async () => {
    const { auth, signIn } = setup({ profile })
    const { user } = await signIn()
    const fields = { name: 'Ada', gender: 'female', interests: ['chess'] } as const
    expect(await auth.completeProfile({ userId: user.id, profile: { ...fields, interests: ['chess'] } })).toMatchObject(
      {
        profile: fields,
        needsProfileCompletion: true,
      },
    )
    const result = await auth.updateProfile({ userId: user.id, profile: { interests: ['chess', 'go'] } })
    expect(result.needsProfileCompletion).toBe(false)
    const interests: string[] | undefined = result.profile.interests
    expect(interests).toEqual(['chess', 'go'])
    expect(
      (await rejection(auth.updateProfile({ userId: user.id, profile: { email: 'a@b.co' } as object }))).code,
    ).toBe('invalid_profile')
  })

  it('must stay JSON that a database can store', async () => {
    const { auth, signIn } = setup({ profile: { schema: z.object({ a: z.any() }) } })
    const { user } = await signIn()
    const save = (fields: { a: unknown }) => auth.completeProfile({ userId: user.id, profile: fields })
    for (const a of ['\0', '\ud800', Number.NaN, 1n, new Date(), new Map(), { x: { '\0': 1 } }, [() => 1]]) {
      expect((await rejection(save({ a }))).code).toBe('invalid_profile')
    }
    expect((await save({ a: { deep: ['ok', null, 1.5, true] } })).profile).toEqual({
      a: { deep: ['ok', null, 1.5, true] },
    })
  })

  it('a change touches nothing but what it names, whatever defaults the schema has', async () => {
    const withDefaults = z.object({
      name: z.string(),
      newsletter: z.boolean().default(true),
      tags: z.array(z.string()).default([]),
      language: z.string().prefault('en').optional(),
    })
    const { auth, signIn } = setup({ profile: { schema: withDefaults } })
    const { user } = await signIn()
    const first = await auth.completeProfile({ userId: user.id, profile: { name: 'Ada' } })
    expect(first.profile).toEqual({ name: 'Ada', newsletter: true, tags: [], language: 'en' })
    const own = { newsletter: false, tags: ['x'], language: 'fr' }
    await auth.updateProfile({ userId: user.id, profile: own })
    const changed = await auth.updateProfile({ userId: user.id, profile: { name: 'Eve' } })
    expect(changed.profile).toEqual({ name: 'Eve', ...own })
    for (const changes of [{}, { newsletter: undefined, name: undefined }]) {
      expect((await auth.updateProfile({ userId: user.id, profile: changes })).profile).toEqual(changed.profile)
    }
  })

  it('rules over several fields hold for the profile as it would be saved, whoever brings which field', async () => {
    const schema = z.object({ name: z.string(), from: z.number().optional(), to: z.number().optional() })
    const check = async ({ from = 0, to = 100 }: { from?: number | undefined; to?: number | undefined }) =>
      from > to ? [{ field: 'from', message: 'must not be after to' }] : []
    const { auth, signIn } = setup({ profile: { schema, check } })
    const { user } = await signIn()
    const update = (changes: object) => auth.updateProfile({ userId: user.id, profile: changes })
    const issues = [{ field: 'from', message: 'must not be after to' }]
    expect((await rejection(update({ from: 9, to: 1 }))).issues).toEqual(issues)
    await update({ from: 1, to: 5 })
    expect((await rejection(update({ from: 9 }))).issues).toEqual(issues)
    const complete = auth.completeProfile({ userId: user.id, profile: { name: 'Ada', from: 9 } })
    expect((await rejection(complete)).issues).toEqual(issues)
    expect((await auth.getProfile({ userId: user.id })).profile).toEqual({ from: 1, to: 5 })
    expect((await update({ from: 9, to: null })).profile).toEqual({ from: 9 })
  })

  it('a schema with rules over several fields is refused: updateProfile could not check them', () => {
    const schema = z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b)
    expect(() => setup({ profile: { schema } })).toThrow(/move them to profile\.check/)
  })

  it('fields may ask somebody else, and may be stored otherwise than they were written', async () => {
    const taken = new Set(['bob'])
    const schema = z.object({
      handle: z.string().refine(async (handle) => !taken.has(handle), 'is taken'),
      zip: z
        .string()
        .regex(/^[0-9]{5}$/)
        .transform((zip) => `US-${zip}`),
    })
    const { auth, signIn } = setup({ profile: { schema } })
    const { user } = await signIn()
    const refused = auth.completeProfile({ userId: user.id, profile: { handle: 'bob', zip: '12345' } })
    expect((await rejection(refused)).issues).toEqual([{ field: 'handle', message: 'is taken' }])
    await auth.completeProfile({ userId: user.id, profile: { handle: 'ada', zip: '12345' } })
    taken.add('ada')
    const { profile } = await auth.updateProfile({ userId: user.id, profile: { zip: '54321' } })
    expect(profile).toEqual({ handle: 'ada', zip: 'US-54321' })
  })

  it('HTTP-2 refuses what is nested too deep for a parser or a database', async () => {
    const open = z.object({ extra: z.json() })
    const { auth, signIn } = setup({ profile: { schema: open } })
    const { user } = await signIn()
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
    const save = (extra: JsonValue) => auth.completeProfile({ userId: user.id, profile: { extra } as never })
    expect((await save(nested(31))).profile.extra).toEqual(nested(31))
    for (const depth of [32, 1100, 2100, 5000])
      expect((await rejection(save(nested(depth)))).code).toBe('invalid_profile')
  })

  it('is inferred from the options', () => {
    const { options } = setup({ profile })
    const auth = new PhoneAuth(options)
    expect(Object.keys(auth.profile.schema.shape)).toEqual(['name', 'gender', 'interests', 'photos'])
  })
})
