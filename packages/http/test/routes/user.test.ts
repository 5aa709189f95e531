import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { PHONE, setup } from '../setup.ts'

describe('the profile endpoints', () => {
  it("accept and return the fields of the application's schema", async () => {
    const schema = z.object({
      name: z.string(),
      favouriteColours: z.array(z.string()),
    })
    const { call, post, signIn } = setup({ profile: { schema, isComplete: () => true } })
    const token = await signIn()
    const body = { phone_number: PHONE, name: 'Ada', favourite_colours: ['red'] }
    const completed = await post('/auth/complete-profile', body, token)
    expect([completed.status, completed.body.data.email]).toEqual([200, null])
    const profile = (await call('GET', '/auth/profile', undefined, token)).body
    expect(profile).toMatchObject({ name: 'Ada', favourite_colours: ['red'], is_active: true })
    const refused = await post('/auth/complete-profile', { ...body, favouriteColours: [] }, token)
    expect([refused.status, refused.body.error.field]).toEqual([400, 'favouriteColours'])
  })

  it('refuse a schema with a field name that the API reserves', () => {
    for (const field of ['id', 'isActive', 'is_verified', 'phoneNumber', 'createdAt']) {
      const schema = z.object({ [field]: z.string() })
      expect(() => setup({ profile: { schema, isComplete: () => true } })).toThrow(`used by another field: ${field}.`)
    }
  })

  it('name each invalid field by its JSON name, also a field called code', async () => {
    const schema = z.object({ code: z.string().min(2), favouriteColour: z.string().min(2) })
    const { call, signIn } = setup({ profile: { schema, isComplete: () => true } })
    const { body } = await call('PATCH', '/auth/profile', { code: '', favourite_colour: '' }, await signIn())
    expect(body.error.issues.map(({ field }: { field: string }) => field)).toEqual(['code', 'favourite_colour'])
    const clash = z.object({ birthDate: z.string(), birth_date: z.string() })
    expect(() => setup({ profile: { schema: clash, isComplete: () => true } })).toThrow('birth_date.')
  })

  it('ACC-5 refuse fields of the user in a profile', async () => {
    const { call, signIn, stores } = setup()
    const token = await signIn()
    for (const field of [
      'phone_number',
      'id',
      'user_id',
      'is_active',
      'is_verified',
      'created_at',
      '__proto__',
      'constructor',
    ]) {
      const { status } = await call('PATCH', '/auth/profile', `{"${field}":"x"}`, token)
      expect(status, field).toBe(400)
    }
    expect((await stores.userStore.findById(1))?.user).toMatchObject({ phoneNumber: PHONE, isActive: true })
  })
})
