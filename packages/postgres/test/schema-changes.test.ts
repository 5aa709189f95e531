import { SchemaMissingError, SchemaTooNewError } from '@phone-auth/kysely'
import { OTHER_PHONE, outcomeOf, PHONE, tally } from '@phone-auth/sql-tests'
import { describe, expect, it } from 'vitest'
import { setup } from './auth.ts'
import { raw } from './subject.ts'

describe('a schema that changes while the stores are used', () => {
  it('REL-26 is created again by the next call after it was dropped, once for all callers', async () => {
    const { auth, schema, signIn, stores } = setup()
    await signIn(PHONE)
    await raw(`drop schema ${schema} cascade`)
    const outcomes = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => outcomeOf(auth.start({ phoneNumber: `+1415555012${index}` }))),
    )
    expect(tally(outcomes)).toEqual({ fulfilled: 8 })
    await raw(`drop schema ${schema} cascade`)
    // Within a transaction.
    expect(await stores.userStore.saveProfile(1, { bio: 'Hello' })).toBeNull()
    await raw(`drop schema ${schema} cascade`)
    await stores.migrate()
    expect(await raw(`select name from ${schema}.phone_auth_migrations`)).toHaveLength(1)
    expect((await signIn(OTHER_PHONE)).isNewUser).toBe(true)
    await auth.close()
  })

  it('REL-26 is reported as missing while it is restored if autoMigrate is off, and used again afterwards', async () => {
    const { auth, schema, signIn, stores } = setup({ autoMigrate: false })
    await stores.migrate()
    const { accessToken, user } = await signIn(PHONE)
    await raw(`alter schema ${schema} rename to ${schema}_away`)
    const calls = [
      () => auth.authenticate({ accessToken }),
      () => auth.start({ phoneNumber: PHONE }),
      () => auth.ping(),
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'store_misconfigured', cause: expect.any(SchemaMissingError) })
    }
    await raw(`alter schema ${schema}_away rename to ${schema}`)
    expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    expect((await signIn(PHONE)).user.id).toBe(user.id)
    await auth.close()
  })

  it('REL-26 with a table or a column missing is reported, and used again once it is restored', async () => {
    const { auth, schema, signIn } = setup()
    const { accessToken, user } = await signIn(PHONE)
    const damaged = {
      code: 'store_misconfigured',
      cause: { isPermanent: true, message: expect.stringContaining('restore them from a backup') },
    }
    await raw(`alter table ${schema}.phone_auth_sessions rename to away`)
    await expect(auth.authenticate({ accessToken })).rejects.toMatchObject(damaged)
    await expect(auth.ping()).rejects.toMatchObject(damaged)
    await raw(`alter table ${schema}.away rename to phone_auth_sessions;
      alter table ${schema}.phone_auth_users rename column verified_at to away`)
    await expect(signIn(PHONE)).rejects.toMatchObject(damaged)
    await raw(`alter table ${schema}.phone_auth_users rename column away to verified_at`)
    expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    await auth.close()
  })

  it('REL-26 is refused as too new by the next call that a breaking migration affects, and used again after it is undone', async () => {
    const { auth, schema, signIn } = setup()
    const { accessToken, user } = await signIn(PHONE)
    await raw(`alter table ${schema}.phone_auth_users rename column phone_number to number;
      insert into ${schema}.phone_auth_migrations values ('0009_breaking_future', '2030-01-01T00:00:00Z')`)
    await expect(signIn(PHONE)).rejects.toMatchObject({
      code: 'store_misconfigured',
      cause: expect.any(SchemaTooNewError),
    })
    await raw(`alter table ${schema}.phone_auth_users rename column number to phone_number;
      delete from ${schema}.phone_auth_migrations where name like '0009%'`)
    expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
    await auth.close()
  })
})
