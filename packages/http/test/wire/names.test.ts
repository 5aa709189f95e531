import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { duplicateNames, snakeCase, wirePath } from '../../src/wire/names.ts'
import { PHONE, setup } from '../setup.ts'

/** A world with a signed-in user whose profile has these fields. */
async function world(shape: z.ZodRawShape) {
  const { call, post, signIn, stores } = setup({ profile: { schema: z.object(shape) } })
  const token = await signIn()
  return {
    complete: (body: object) => post('/auth/complete-profile', { phone_number: PHONE, ...body }, token),
    patch: (body: object) => call('PATCH', '/auth/profile', body, token),
    profile: async () => (await call('GET', '/auth/profile', undefined, token)).body,
    stored: async () => (await stores.userStore.findById(1))?.profile.fields,
  }
}

describe('the JSON name of a field', () => {
  it('has an underscore between words, and acronyms are words', () => {
    const names = {
      name: 'name',
      birthDate: 'birth_date',
      URLSlug: 'url_slug',
      profileURL: 'profile_url',
      userID: 'user_id',
      ID: 'id',
      isOK: 'is_ok',
      address2Line: 'address2_line',
      line2: 'line2',
      snake_case: 'snake_case',
      HTTPSOnly: 'https_only',
    }
    for (const [name, wire] of Object.entries(names)) expect(snakeCase(name), name).toBe(wire)
  })

  it('is used in requests, answers and errors', async () => {
    const { complete, patch, profile, stored } = await world({ URLSlug: z.string().min(3), avatarURL: z.url() })
    expect((await complete({ url_slug: 'ada', avatar_url: 'https://a.example' })).status).toBe(200)
    expect(await profile()).toMatchObject({ url_slug: 'ada', avatar_url: 'https://a.example' })
    expect(await stored()).toEqual({ URLSlug: 'ada', avatarURL: 'https://a.example' })
    const { body } = await patch({ url_slug: 'a', avatar_url: 'x' })
    expect(body.error.issues.map(({ field }: { field: string }) => field)).toEqual(['url_slug', 'avatar_url'])
    expect(body.message).toMatch(/^Invalid profile\. url_slug: .+; avatar_url: /)
    expect((await patch({ URLSlug: 'ada' })).body.error.field).toBe('URLSlug')
  })

  it('is reserved if it is that of a field of the API', () => {
    expect(() => setup({ profile: { schema: z.object({ ID: z.string() }) } })).toThrow('used by another field: ID.')
  })
})

describe('the names within a field', () => {
  const address = z.object({ postalCode: z.string().min(3), geoURL: z.url().optional() })
  const shape = {
    homeAddress: address.nullable().optional(),
    pastAddresses: z.array(address.readonly()).max(2).default([]),
    phoneBook: z.record(z.string(), z.object({ firstName: z.string() })).optional(),
    homeOrWork: z.union([z.object({ homeTown: z.string() }), z.object({ workTown: z.string() })]).optional(),
    pair: z.tuple([z.object({ leftHand: z.int() })], z.object({ rightHand: z.int() })).optional(),
    openEnded: z.looseObject({ knownField: z.int() }).optional(),
    anyJson: z.json().optional(),
  }
  const wire = {
    home_address: { postal_code: '411001', geo_url: 'https://a.example' },
    past_addresses: [{ postal_code: '110001' }, { postal_code: '560001' }],
    phone_book: { myFriend: { first_name: 'Eve' }, 'en-GB': { first_name: 'Bob' } },
    home_or_work: { work_town: 'Pune' },
    pair: [{ left_hand: 1 }, { right_hand: 2 }],
    open_ended: { known_field: 1, anyOther: { camelCase: 2 } },
    any_json: { camelCase: [{ snake_case: 1 }] },
  }
  const library = {
    homeAddress: { postalCode: '411001', geoURL: 'https://a.example' },
    pastAddresses: [{ postalCode: '110001' }, { postalCode: '560001' }],
    phoneBook: { myFriend: { firstName: 'Eve' }, 'en-GB': { firstName: 'Bob' } },
    homeOrWork: { workTown: 'Pune' },
    pair: [{ leftHand: 1 }, { rightHand: 2 }],
    openEnded: { knownField: 1, anyOther: { camelCase: 2 } },
    anyJson: { camelCase: [{ snake_case: 1 }] },
  }

  it('are JSON names too, at every depth; keys that the schema does not name stay as they are', async () => {
    const { complete, profile, stored } = await world(shape)
    expect((await complete(wire)).body.error).toBeUndefined()
    expect(await stored()).toEqual(library)
    expect(await profile()).toMatchObject(wire)
  })

  it('are JSON names in errors', async () => {
    const { patch } = await world(shape)
    const { body } = await patch({
      home_address: { postal_code: '1', geo_url: 'x' },
      past_addresses: [{ postal_code: '110001' }, {}],
      phone_book: { myFriend: { first_name: 5 } },
    })
    expect(body.error.issues.map(({ field }: { field: string }) => field)).toEqual([
      'home_address.postal_code',
      'home_address.geo_url',
      'past_addresses.1.postal_code',
      'phone_book.myFriend.first_name',
    ])
    expect(body.message).toContain('home_address.postal_code: ')
  })

  it('are not accepted in the form of the library, so that no field has two names', async () => {
    const { patch, stored } = await world(shape)
    for (const [home_address, field] of [
      [{ postalCode: '411001' }, 'home_address.postalCode'],
      [{ postal_code: '411001', postalCode: '110001' }, 'home_address.postalCode'],
    ] as const) {
      const { status, body } = await patch({ home_address })
      expect([status, body.error]).toEqual([400, { code: 'invalid_input', field }])
    }
    expect(await stored()).toEqual({})
  })

  it('are refused at construction if two fields have the same one', () => {
    const twice = z.object({ postalCode: z.string(), postal_code: z.string() })
    const schemas = {
      'address.postal_code': z.object({ address: twice.optional() }),
      'addresses.postal_code': z.object({ addresses: z.array(twice) }),
      postal_code: twice,
    }
    for (const [path, schema] of Object.entries(schemas)) {
      expect(() => setup({ profile: { schema } }), path).toThrow(`used by another field: ${path}.`)
    }
  })

  it('are found in schemas that contain themselves, and in those that never end', async () => {
    const person = z.object({
      firstName: z.string(),
      get bestFriends() {
        return z.array(person).optional()
      },
    })
    const { complete, stored } = await world({ me: person })
    const best_friends = [{ first_name: 'Eve', best_friends: [{ first_name: 'Bob' }] }]
    await complete({ me: { first_name: 'Ada', best_friends } })
    const bestFriends = [{ firstName: 'Eve', bestFriends: [{ firstName: 'Bob' }] }]
    expect(await stored()).toEqual({ me: { firstName: 'Ada', bestFriends } })
    const endless = (): z.ZodType => z.lazy(() => z.union([endless(), z.object({ nextOne: endless() })]))
    expect(duplicateNames(z.object({ start: endless() }))).toEqual([])
    expect(wirePath('start.nextOne', [z.object({ start: endless() })])).toBe('start.next_one')
  })

  it('HTTP-2 are not looked for in values that are nested too deeply', async () => {
    const tree: z.ZodType = z.lazy(() => z.object({ childNode: tree.optional() }))
    const { patch } = await world({ tree })
    const nested = `${'{"child_node":'.repeat(500)}{}${'}'.repeat(500)}`
    const { status, body } = await patch(JSON.parse(`{"tree":${nested}}`))
    expect([status, body.error.code]).toEqual([400, 'invalid_profile'])
  })
})
