import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProfileSchema } from '../../src/index.ts'
import { profileState } from '../../src/profile/completion.ts'
import { setup } from '../setup.ts'

/** Whether a profile with these fields is complete. */
const isComplete = async (schema: ProfileSchema, fields: Record<string, never>) =>
  !(await profileState({ schema }, fields)).needsProfileCompletion

describe('a complete profile', () => {
  it('has every field that the schema requires', async () => {
    const schema = z.object({ name: z.string(), email: z.email(), bio: z.string().optional() })
    const { auth, signIn } = setup({ profile: { schema } })
    const { user, ...first } = await signIn()
    expect(first).toMatchObject({ needsProfileCompletion: true, profile: {} })
    const userId = user.id
    const named = await auth.updateProfile({ userId, profile: { name: 'Ada', bio: 'Mathematician' } })
    expect(named).toMatchObject({ needsProfileCompletion: true, profile: { name: 'Ada', bio: 'Mathematician' } })
    const profile = { name: 'Ada', email: 'ada@example.com' }
    const whole = await auth.updateProfile({ userId, profile: { email: profile.email, bio: null } })
    expect(whole).toMatchObject({ needsProfileCompletion: false, profile })
    expect(await signIn()).toMatchObject({ needsProfileCompletion: false, profile })
    const lacking = await auth.updateProfile({ userId, profile: { name: null } })
    expect(lacking).toMatchObject({ needsProfileCompletion: true, profile: { email: profile.email } })
  })

  it('also satisfies isComplete, which receives only profiles with every required field', async () => {
    const schema = z.object({ name: z.string(), photos: z.array(z.string()) })
    const seen: unknown[] = []
    const isComplete = (profile: z.output<typeof schema>) => {
      seen.push(profile)
      return profile.photos.length > 1
    }
    const { auth, signIn } = setup({ profile: { schema, isComplete } })
    const { user } = await signIn()
    const userId = user.id
    await auth.updateProfile({ userId, profile: { name: 'Ada' } })
    expect(seen).toEqual([])
    const one = await auth.updateProfile({ userId, profile: { photos: ['a'] } })
    expect(one.needsProfileCompletion).toBe(true)
    const two = await auth.updateProfile({ userId, profile: { photos: ['a', 'b'] } })
    expect(two).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada', photos: ['a', 'b'] } })
    expect(seen).not.toEqual([])
  })

  it('has null for a required nullable field that is not set', async () => {
    const schema = z.object({ name: z.string(), address: z.object({ zip: z.string() }).nullable() })
    const { auth, signIn } = setup({ profile: { schema } })
    const userId = (await signIn()).user.id
    const without = await auth.completeProfile({ userId, profile: { name: 'Ada', address: null } })
    expect(without).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada', address: null } })
    const address = { zip: '12345' }
    const withAddress = await auth.updateProfile({ userId, profile: { address } })
    expect(withAddress.profile).toEqual({ name: 'Ada', address })
    expect((await auth.updateProfile({ userId, profile: { address: null } })).profile).toEqual(without.profile)
    expect((await auth.getProfile({ userId })).profile).toEqual(without.profile)
  })

  it('has every field with a default: completeProfile stores it, and it is returned until then', async () => {
    const schema = z.object({ name: z.string(), newsletter: z.boolean().default(true) })
    const { auth, signIn, stores } = setup({ profile: { schema } })
    const userId = (await signIn()).user.id
    const named = await auth.updateProfile({ userId, profile: { name: 'Ada' } })
    expect(named).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada', newsletter: true } })
    expect((await stores.userStore.findById(userId))?.profile.fields).toEqual({ name: 'Ada' })
    const whole = await auth.completeProfile({ userId, profile: { name: 'Ada' } })
    expect(whole).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada', newsletter: true } })
    expect((await stores.userStore.findById(userId))?.profile.fields).toEqual({ name: 'Ada', newsletter: true })
  })

  it('lacks only fields that its rules require, also if a rule transforms what may be left out', async () => {
    const trimmed = z
      .string()
      .optional()
      .transform((text) => text?.trim())
    const { auth, signIn } = setup({ profile: { schema: z.object({ name: z.string(), nick: trimmed }) } })
    const userId = (await signIn()).user.id
    const saved = await auth.completeProfile({ userId, profile: { name: 'Ada' } })
    expect(saved).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada' } })
    expect(await signIn()).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada' } })
  })

  it('has the value that a missing field has by its rule, if JSON can hold it', async () => {
    const missing = z.string().optional()
    const values = {
      default: [z.string().default('a'), 'a'],
      prefault: [
        z
          .string()
          .prefault(' a ')
          .transform((text) => text.trim()),
        'a',
      ],
      caught: [z.string().catch(''), ''],
      filledIn: [missing.transform((text) => text ?? 'b'), 'b'],
      null: [missing.transform((text) => text ?? null), null],
      async: [missing.transform(async (text) => text ?? 'c'), 'c'],
      absent: [missing.transform((text) => text?.trim()), undefined],
      asyncAbsent: [missing.transform(async (text) => text?.trim()), undefined],
      piped: [missing.transform((text) => text?.length).pipe(z.number().optional()), undefined],
    } as const
    for (const [name, [rule, value]] of Object.entries(values)) {
      const state = await profileState({ schema: z.object({ field: rule }) }, {})
      const profile = value === undefined ? {} : { field: value }
      expect(state, name).toEqual({ needsProfileCompletion: false, profile })
    }
    const required = {
      notJson: missing.transform(() => new Date(0)),
      throwing: missing.transform((): string => {
        throw new Error('no text')
      }),
      rejecting: missing.transform(async (): Promise<string> => Promise.reject(new Error('no text'))),
    }
    for (const [name, rule] of Object.entries(required)) {
      const state = await profileState({ schema: z.object({ field: rule }) }, {})
      expect(state, name).toEqual({ needsProfileCompletion: true, profile: {} })
    }
  })

  it('is determined by the output of the schema, through every wrapper', async () => {
    const json = z.json()
    const required = {
      text: z.string(),
      piped: z.string().pipe(z.string()),
      transformed: z.string().transform((text) => text.length),
      brand: z.string().brand('text'),
      readonly: z.string().readonly(),
      literal: z.literal('a'),
      either: z.union([z.string(), z.number()]),
      never: z.never(),
      stringbool: z.stringbool(),
      notOptional: z.string().optional().nonoptional(),
      inputNull: z
        .string()
        .nullable()
        .transform((text) => text ?? ''),
    }
    for (const [name, rule] of Object.entries(required)) {
      expect(await isComplete(z.object({ field: rule }), {}), name).toBe(false)
    }
    const free = {
      optional: z.string().optional(),
      nullish: z.string().nullish(),
      nullable: z.string().nullable(),
      optionalReadonly: z.string().optional().readonly(),
      nullableReadonly: z.string().nullable().readonly(),
      nullableDefault: z.string().nullable().default('a'),
      literalNull: z.literal(['a', null]),
      null: z.null(),
      eitherNull: z.union([z.string(), z.null()]),
      lazy: z.lazy(() => z.string().nullable()),
      json,
      unknown: z.unknown(),
    }
    for (const [name, rule] of Object.entries(free)) {
      expect(await isComplete(z.object({ field: rule }), {}), name).toBe(true)
    }
  })

  it('is determined by its fields, not by the properties that every object inherits', async () => {
    expect(await isComplete(z.object({ constructor: z.string() }), {})).toBe(false)
  })

  it('can be determined for a schema that contains only itself', async () => {
    const endless: z.ZodType = z.lazy(() => endless)
    expect(await isComplete(z.object({ endless }), {})).toBe(false)
  })
})
