import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProfileSchema } from '../../src/index.ts'
import { rejection, setup } from '../setup.ts'

const ADA = { name: 'Ada Lovelace', email: 'ada@example.com' }

/** A world with a signed-in user, and the two calls that save a profile. */
async function world(schema?: ProfileSchema) {
  const { auth, signIn } = setup(schema && { profile: { schema } })
  const { user } = await signIn()
  // A client sends any JSON.
  const call = (method: 'completeProfile' | 'updateProfile', profile: object) =>
    auth[method]({ userId: user.id, profile: profile as never })
  const issuesOf = async (saving: Promise<unknown>) => (await rejection(saving)).issues
  return {
    complete: (profile: object) => call('completeProfile', profile),
    update: (profile: object) => call('updateProfile', profile),
    completeIssues: (profile: object) => issuesOf(call('completeProfile', profile)),
    updateIssues: (profile: object) => issuesOf(call('updateProfile', profile)),
  }
}

describe('an empty field', () => {
  it('is absent when a profile is completed: null and "" keep the stored value or give the default', async () => {
    const schema = z.object({
      name: z.string(),
      age: z.int().optional(),
      born: z.iso.date().optional(),
      tags: z.array(z.string()).default(['new']),
      language: z.enum(['en', 'hi']).prefault('en'),
    })
    for (const empty of [null, '']) {
      const { complete, update } = await world(schema)
      await update({ age: 36 })
      const saved = await complete({ name: 'Ada', age: empty, born: empty, tags: empty, language: empty })
      expect(saved.profile).toEqual({ name: 'Ada', age: 36, tags: ['new'], language: 'en' })
    }
  })

  it('is removed by a change: null and "" alike', async () => {
    for (const empty of [null, '']) {
      const { complete, update } = await world()
      await complete({ ...ADA, bio: 'Hello', location: 'Pune', birthDate: '1990-02-03' })
      const changed = await update({ bio: empty, location: 'Delhi', birthDate: empty, avatar: empty })
      expect(changed.profile).toEqual({ ...ADA, location: 'Delhi' })
    }
  })

  it('is refused with one true message if it is required', async () => {
    const { completeIssues, updateIssues } = await world()
    const required = { field: 'name', message: 'is required' }
    expect(await completeIssues({ ...ADA, name: null })).toEqual([required])
    expect(await completeIssues({ email: ADA.email })).toEqual([required])
    expect(await completeIssues({ name: '', email: '' })).toEqual([
      { field: 'name', message: 'must have a visible character' },
      { field: 'email', message: 'must be an e-mail address' },
    ])
    expect(await updateIssues({ name: '' })).toEqual([{ field: 'name', message: 'must have a visible character' }])
    const born = z.iso.date('must be a date').refine((date) => Date.parse(date) < 0, 'must be before 1970')
    const custom = await world(z.object({ born }))
    for (const empty of [null, '', undefined]) {
      expect(await custom.completeIssues({ born: empty })).toEqual([{ field: 'born', message: 'must be a date' }])
    }
    expect(await custom.completeIssues({ born: 'x' })).toHaveLength(2)
  })

  it('is a value where the rule of a required field accepts it', async () => {
    const schema = z.object({ motto: z.string(), address: z.object({ zip: z.string() }).nullable(), any: z.any() })
    const { complete, update } = await world(schema)
    const saved = await complete({ motto: '', address: null, any: '' })
    expect(saved).toMatchObject({ needsProfileCompletion: false, profile: { motto: '', address: null, any: '' } })
    expect((await update({ motto: '' })).profile).toMatchObject({ motto: '' })
  })

  it('never leaves a profile incomplete without a word: a required field that a rule turns into null is refused', async () => {
    const orNull = z.string().transform((text) => (text === '' ? null : text))
    const orUndefined = z.string().transform((text) => (text === '' ? undefined : text))
    const { complete, update, completeIssues, updateIssues } = await world(
      z.object({ a: orNull, b: orUndefined, c: orNull.optional() }),
    )
    const issues = ['a', 'b'].map((field) => ({ field, message: 'is required' }))
    expect(await completeIssues({ a: '', b: '' })).toEqual(issues)
    expect(await updateIssues({ a: '', b: '' })).toEqual(issues)
    expect(await complete({ a: 'x', b: 'y', c: '' })).toMatchObject({ needsProfileCompletion: false })
    expect(await update({ a: null })).toMatchObject({ needsProfileCompletion: true, profile: { b: 'y' } })
    const declared = await world(z.object({ a: orNull.pipe(z.string().nullable()) }))
    expect(await declared.complete({ a: '' })).toMatchObject({ needsProfileCompletion: false, profile: { a: null } })
  })

  it('does not hide an unknown field', async () => {
    const { completeIssues, updateIssues } = await world(
      z.object({ name: z.string(), address: z.strictObject({ zip: z.string() }).optional() }),
    )
    for (const empty of [null, '']) {
      const issues = [{ field: 'colour', message: 'is not a field of the profile' }]
      expect(await completeIssues({ name: 'Ada', colour: empty })).toEqual(issues)
      expect(await updateIssues({ colour: empty })).toEqual(issues)
      const address = { zip: '12345', street: empty }
      expect(await updateIssues({ address })).toEqual([
        { field: 'address.street', message: 'is not a field of the profile' },
      ])
    }
  })
})
