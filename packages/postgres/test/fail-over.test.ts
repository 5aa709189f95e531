import { numberOf, OTHER_PHONE, outcomeOf, PHONE, tally } from '@phone-auth/sql-tests'
import { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { setup } from './auth.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'

/** A role with a schema. `readOnly` changes what its next connections may do. */
async function newRole() {
  const schema = newSchema()
  const role = `${schema}_role`
  await raw(`create role ${role} login password 'password'; create schema ${schema} authorization ${role}`)
  return {
    schema,
    connectionString: Object.assign(new URL(postgresUrl), { username: role, password: 'password' }).href,
    readOnly: (isOn: boolean) => raw(`alter role ${role} set default_transaction_read_only = ${isOn ? 'on' : 'off'}`),
    /** Ends the connections of the role, as a server does that stops. */
    disconnect: () => raw('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]),
    connections: async () => (await raw('select pid from pg_stat_activity where usename = $1', [role])).length,
    drop: () => raw(`drop schema ${schema} cascade; drop role ${role}`),
  }
}

describe('fail-over', () => {
  it('REL-22 REL-24 under load, the first start after the return of the primary succeeds within a second, and ping fails until then', async () => {
    const role = await newRole()
    // A step that takes longer than a second fails.
    const { auth, signIn } = setup({ ...role, waitSeconds: 1 })
    const { accessToken } = await signIn(PHONE)
    let isLoaded = true
    let index = 0
    let failures = 0
    let reads = 0
    const starting = async () => {
      while (isLoaded) {
        index += 1
        if ((await outcomeOf(auth.start({ phoneNumber: numberOf(index % 1000) }))) === 'store_unavailable')
          failures += 1
      }
    }
    // Reads work on a read-only connection, and so keep it in the pool.
    const reading = async () => {
      while (isLoaded) if ((await outcomeOf(auth.authenticate({ accessToken }))) === 'fulfilled') reads += 1
    }
    const load = [...Array.from({ length: 4 }, starting), ...Array.from({ length: 4 }, reading)]
    const until = async (isReached: () => boolean) => {
      while (!isReached()) await raw('select 1')
    }

    await role.readOnly(true)
    await role.disconnect()
    await until(() => failures >= 20)
    const readsBefore = reads
    await until(() => reads > readsBefore + 20)
    await expect(auth.ping()).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: { code: '25006', message: expect.stringContaining('leads to the primary') },
    })
    // Read-only connections are open when the primary returns.
    while ((await role.connections()) < 2);

    await role.readOnly(false)
    expect(await outcomeOf(auth.start({ phoneNumber: OTHER_PHONE }))).toBe('fulfilled')
    await auth.ping()
    const failuresBefore = failures
    const started = index
    await until(() => index > started + 60)
    expect(failures).toBe(failuresBefore)
    isLoaded = false
    await Promise.all(load)
    await auth.close()
    await role.drop()
  })

  it('REL-22 no connection from the time before a fail-over is used again, not even for reading', async () => {
    const role = await newRole()
    const pool = new Pool({ connectionString: role.connectionString, max: 3 })
    const { auth, stores } = setup({ pool, schema: role.schema })
    await stores.migrate()
    await role.disconnect()
    await role.readOnly(true)
    const early = await Promise.all([1, 2, 3].map(() => pool.connect()))
    for (const client of early) client.release()
    await role.readOnly(false)
    expect(await outcomeOf(auth.start({ phoneNumber: PHONE }))).toBe('fulfilled')
    await Promise.all([1, 2, 3].map(() => stores.sessionStore.find('')))
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()))
    for (const client of clients) {
      expect((await client.query('show transaction_read_only')).rows).toEqual([{ transaction_read_only: 'off' }])
      client.release()
    }
    await pool.end()
    await role.drop()
  })

  it('REL-22 a step succeeds although the application discards all statements of the shared connections', async () => {
    const pool = new Pool({ connectionString: postgresUrl, max: 4 })
    const { auth, signIn } = setup({ pool })
    const { accessToken, user } = await signIn(PHONE)
    const discarding = async <Result>(step: Promise<Result>) => {
      const outcome = await outcomeOf(step)
      await pool.query('discard all')
      return outcome
    }
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => [
        await discarding(signIn(numberOf(index))),
        await discarding(auth.authenticate({ accessToken })),
        await discarding(auth.updateProfile({ userId: user.id, profile: { bio: String(index) } })),
      ]),
    )
    expect(tally(outcomes.flat())).toEqual({ fulfilled: 180 })
    await pool.end()
  })

  it('REL-22 a step succeeds after a column has changed its type', async () => {
    const { auth, schema, signIn } = setup({ maxConnections: 4 })
    const everything = async () => {
      const { accessToken, user, refreshToken } = await signIn(PHONE)
      return Promise.all(
        Array.from({ length: 8 }, (_, index) => index).flatMap((index) => [
          outcomeOf(auth.authenticate({ accessToken })),
          outcomeOf(auth.getProfile({ userId: user.id })),
          outcomeOf(auth.listSessions({ userId: user.id })),
          outcomeOf(auth.updateProfile({ userId: user.id, profile: { bio: String(index) } })),
          outcomeOf(auth.refresh({ refreshToken })),
        ]),
      )
    }
    expect(tally(await everything())).toEqual({ fulfilled: 40 })
    await raw(`alter table ${schema}.phone_auth_profiles alter bio type text;
      alter table ${schema}.phone_auth_users alter phone_number type varchar(40) collate "C";
      alter table ${schema}.phone_auth_sessions alter user_agent type text, alter id type varchar(200) collate "C"`)
    expect(tally(await everything())).toEqual({ fulfilled: 40 })
    await auth.close()
  })

  it('REL-22 steps succeed although the server terminates their connections, also within a transaction', async () => {
    const role = await newRole()
    const { auth, signIn } = setup({ ...role, maxConnections: 4 })
    const { user, accessToken } = await signIn(PHONE)
    for (let round = 0; round < 8; round += 1) {
      await role.disconnect()
      // Neither waits until the process knows that its connections are closed.
      expect(await outcomeOf(auth.updateProfile({ userId: user.id, profile: { bio: String(round) } }))).toBe(
        'fulfilled',
      )
      await role.disconnect()
      expect(await outcomeOf(auth.authenticate({ accessToken }))).toBe('fulfilled')
    }
    // A transaction that waits for a lock when its connection is terminated has changed nothing.
    const pool = new Pool({ connectionString: postgresUrl, max: 1 })
    const blocker = await pool.connect()
    await blocker.query(`begin; lock table ${role.schema}.phone_auth_profiles`)
    const saving = outcomeOf(auth.updateProfile({ userId: user.id, profile: { bio: 'saved once' } }))
    const isWaiting = "select 1 from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'"
    while ((await raw(isWaiting, [`${role.schema}_role`])).length === 0);
    await role.disconnect()
    await blocker.query('rollback')
    expect(await saving).toBe('fulfilled')
    expect((await auth.getProfile({ userId: user.id })).profile).toEqual({ bio: 'saved once' })
    blocker.release()
    await pool.end()
    await auth.close()
    await role.drop()
  })
})
