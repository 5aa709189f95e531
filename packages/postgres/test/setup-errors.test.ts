import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { OTHER_PHONE, outcomeOf, PHONE } from '@phone-auth/sql-tests'
import { Pool } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { DatabaseSetupError, postgresStores } from '../src/index.ts'
import { setup } from './auth.ts'
import { newSchema, postgresUrl, raw } from './subject.ts'
import { startTlsServer, type TlsServer } from './tls-server.ts'

/** The server's URL with parameters. */
const withParameters = (parameters: string) => `${postgresUrl}?${parameters}`

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return error
  }
}

/** The problem as an operation of `auth` reports it: not as one that passes. */
const permanent = (code: string, message: RegExp) => ({
  code: 'store_misconfigured',
  message: expect.stringContaining('Repeating it does not help'),
  cause: { name: 'DatabaseSetupError', code, isPermanent: true, message: expect.stringMatching(message) },
})

describe('a URL', () => {
  it('REL-25 is refused with advice if pg cannot use it, and is never quoted', () => {
    for (const [connectionString, code, message] of [
      ['', 'url', /begin with postgresql:/],
      ['localhost', 'url', /begin with postgresql:/],
      ['host=localhost dbname=app', 'url', /begin with postgresql:/],
      ['mysql://a:hunter2@b/c', 'url', /begin with postgresql:/],
      ['postgresql://a:hunter2@b:x/c', 'url', /Percent-encode/],
      ['postgresql://a:hunter2%ff@b/c', 'url', /Percent-encode/],
      ['postgresql://a:hunter2#/@b/c', 'url', /Percent-encode/],
      ['postgresql://a:hunter2@b/%e0%a4', 'url', /Percent-encode/],
      ['postgresql://a:hunter2@b/c?port=x', 'url', /port must be/],
      ['postgresql://a:hunter2@b/c?port=70000', 'url', /port must be/],
      ['postgresql://a:hunter2@b,c/d', 'url', /several hosts/],
      ['postgresql://a:hunter2@b/c?sslrootcert=/missing/ca.pem', 'ENOENT', /\/missing\/ca\.pem.*sslrootcert/],
      ['postgresql://a:hunter2@b/c?sslrootcert=/', 'EISDIR', /sslrootcert/],
    ] as const) {
      const error = thrownBy(() => postgresStores({ connectionString }))
      expect(error, connectionString).toBeInstanceOf(DatabaseSetupError)
      expect(error).toMatchObject({ code, isPermanent: true, message: expect.stringMatching(message) })
      expect(inspect(error, { depth: 10, showHidden: true }), connectionString).not.toContain('hunter2')
    }
  })

  it('is accepted in every form that pg takes', async () => {
    for (const connectionString of [
      'postgresql://user@/db?host=/cloudsql/project:region:instance',
      'postgres://user:pass%40word@host/db',
      'postgres://user:100%@host/db',
      'postgres://%2Fvar%2Frun%2Fpostgresql/db',
      'postgresql://host',
      'postgresql://[::1]:5433/db?application_name=a',
      'socket:/var/run/postgresql/?db=app',
      '/var/run/postgresql app',
    ]) {
      await postgresStores({ connectionString }).close()
    }
  })

  it('a pool of the application that cannot create connections fails each call and can be closed', async () => {
    const pool = new Pool({ connectionString: withParameters('sslrootcert=/missing/ca.pem') })
    const { auth, stores } = setup({ pool })
    await expect(stores.migrate()).rejects.toMatchObject({ code: 'ENOENT', isPermanent: true })
    expect(await outcomeOf(auth.start({ phoneNumber: PHONE }))).toBe('store_misconfigured')
    await auth.close()
  })
})

describe('the setup of a database', () => {
  it('REL-24 REL-25 a database that cannot store every character is refused by migrate', async () => {
    for (const encoding of ['LATIN1', 'SQL_ASCII']) {
      const name = newSchema()
      await raw(`create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`)
      const connectionString = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
      const { auth, stores } = setup({ connectionString })
      await expect(stores.migrate()).rejects.toMatchObject({
        code: 'encoding',
        message: expect.stringMatching(new RegExp(`encoding ${encoding} .*template0 encoding 'UTF8'`)),
      })
      await expect(auth.start({ phoneNumber: PHONE })).rejects.toMatchObject(permanent('encoding', /UTF8/))
      await expect(auth.ping()).rejects.toMatchObject(permanent('encoding', /UTF8/))
      await auth.close()
      await raw(`drop database ${name}`)
    }
  })

  it('REL-25 a connection that another encoding is set on is refused by migrate', async () => {
    const pool = new Pool({ connectionString: postgresUrl })
    pool.on('connect', (client) => client.query("set client_encoding = 'LATIN1'"))
    const { auth, stores } = setup({ pool })
    await expect(stores.migrate()).rejects.toMatchObject({ code: 'encoding', message: /client_encoding is LATIN1/ })
    await auth.close()
    await pool.end()
  })

  it('REL-25 a foreign key of the application is named by the deletion that it refuses, which changes nothing', async () => {
    const { auth, schema, signIn } = setup()
    const { user, accessToken } = await signIn(PHONE)
    for (const [references, column, action] of [
      ['users (id)', 'bigint', ''],
      ['users (id)', 'bigint', 'on delete restrict'],
      ['users (id)', 'bigint', 'deferrable initially deferred'],
      ['users (phone_number)', 'text collate "C"', ''],
      ['profiles (id)', 'bigint', ''],
    ] as const) {
      await raw(`set search_path = ${schema};
        create table orders (owner ${column} constraint orders_owner references phone_auth_${references} ${action});
        insert into orders select ${references.replace(/.*\((.*)\)/, '$1')} from phone_auth_${references.split(' ')[0]}`)
      const refused = permanent('23503', /Rows of orders .* foreign key orders_owner with "on delete cascade"/)
      const refusedByRestrict = permanent('23001', /Rows of orders .* foreign key orders_owner/)
      await expect(auth.deleteUser({ userId: user.id }), `${references} ${action}`).rejects.toMatchObject(
        action === 'on delete restrict' ? refusedByRestrict : refused,
      )
      expect((await auth.authenticate({ accessToken })).userId).toBe(user.id)
      await raw(`drop table ${schema}.orders`)
    }
    await raw(`set search_path = ${schema};
      create table orders (owner bigint references phone_auth_users on delete cascade);
      insert into orders values (${user.id})`)
    await auth.deleteUser({ userId: user.id })
    expect(await raw(`select * from ${schema}.orders`)).toEqual([])
    await auth.close()
  })

  it('REL-25 a foreign key of the application on numbers or sessions is named by what it refuses', async () => {
    let now = new Date()
    const { auth, schema, signIn, stores } = setup({ now: () => now }, { now: () => now })
    const { user, sessionId } = await signIn(PHONE)
    await raw(`set search_path = ${schema};
      create table invitations (number text collate "C" references phone_auth_users (phone_number));
      insert into invitations values ('${PHONE}');
      create table devices (session text collate "C" references phone_auth_sessions (id));
      insert into devices values ('${sessionId}')`)
    const change = { userId: user.id, phoneNumber: OTHER_PHONE as never, sessionId }
    await expect(stores.jointSteps.changePhoneNumber(change)).rejects.toMatchObject({
      code: '23503',
      isPermanent: true,
      message: expect.stringMatching(/Rows of invitations .*"on update cascade" if it refers to a phone number/),
    })
    now = new Date(now.getTime() + 40 * 86_400_000)
    await expect(auth.purge()).rejects.toMatchObject(permanent('23503', /Rows of devices/))
    await auth.close()
  })

  it('REL-25 a column that the application added without a default is named', async () => {
    const { auth, schema, stores } = setup()
    await stores.migrate()
    await raw(`alter table ${schema}.phone_auth_challenges add column tenant text not null`)
    await expect(auth.start({ phoneNumber: PHONE })).rejects.toMatchObject(
      permanent('23502', /column "tenant".*on phone_auth_challenges/),
    )
    await auth.close()
  })

  it('REL-25 a column that was made too short, and a trigger that refuses, are named', async () => {
    const { auth, schema, signIn } = setup()
    const { user } = await signIn(PHONE)
    const save = () => auth.updateProfile({ userId: user.id, profile: { bio: 'more than ten letters' } })
    await raw(`alter table ${schema}.phone_auth_profiles alter bio type varchar(10)`)
    await expect(save()).rejects.toMatchObject(
      permanent('22001', /too long for type .* differ from those that migrate/),
    )
    await raw(`alter table ${schema}.phone_auth_profiles alter bio type text;
      create function ${schema}.refuse() returns trigger language plpgsql as 'begin raise exception ''no more changes''; end';
      create trigger refusing before update on ${schema}.phone_auth_profiles execute function ${schema}.refuse()`)
    await expect(save()).rejects.toMatchObject(permanent('P0001', /no more changes\. Change the trigger/))
    await auth.close()
  })

  it('REL-24 a full disk is reported by health checks for a minute, although reads and updates still work', async () => {
    let now = new Date()
    const { auth, schema, stores } = setup({ now: () => now })
    await stores.migrate()
    await raw(`create function ${schema}.fill() returns trigger language plpgsql as
        'begin raise exception ''could not extend file'' using errcode = ''disk_full''; end';
      create trigger filling before insert on ${schema}.phone_auth_challenges execute function ${schema}.fill()`)
    const full = {
      code: 'store_unavailable',
      cause: { code: '53100', isPermanent: false, message: expect.stringContaining('Free space') },
    }
    await auth.ping()
    await expect(auth.start({ phoneNumber: PHONE })).rejects.toMatchObject(full)
    await expect(auth.ping()).rejects.toMatchObject(full)
    await raw(`drop trigger filling on ${schema}.phone_auth_challenges`)
    await auth.start({ phoneNumber: PHONE })
    now = new Date(now.getTime() + 59_999)
    await expect(auth.ping()).rejects.toMatchObject(full)
    now = new Date(now.getTime() + 1)
    await auth.ping()
    await auth.close()
  })

  it('REL-25 prepared statements that a pooler does not keep are explained', async () => {
    const { auth, signIn } = setup({ maxConnections: 1 })
    const { accessToken } = await signIn(PHONE)
    expect(await outcomeOf(auth.authenticate({ accessToken }))).toBe('fulfilled')
    await auth.close()
    const pool = new Pool({ connectionString: postgresUrl, max: 1 })
    // Each new connection leads to a server session in which the name is taken, as a pooler may do.
    const { auth: pooled, stores } = setup({ pool })
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (config: unknown) => Promise<unknown>
      client.query = (async (config: { name?: string }) => {
        if (config.name !== undefined) await query({ text: `prepare "${config.name}" as select 1` })
        return query(config)
      }) as typeof client.query
    })
    await expect(stores.sessionStore.find('x')).rejects.toMatchObject({
      code: '42P05',
      isPermanent: true,
      message: expect.stringContaining('set preparedStatements to false'),
    })
    await pooled.close()
    await pool.end()
  })
})

describe('TLS and sockets', () => {
  let server: TlsServer
  beforeAll(async () => {
    server = await startTlsServer()
    return server.stop
  })

  it('REL-25 a certificate that is not trusted is refused with advice, and accepted once it is trusted', async () => {
    const refused = setup({ connectionString: `${server.url}?sslmode=verify-full` })
    await expect(refused.auth.start({ phoneNumber: PHONE })).rejects.toMatchObject(
      permanent('DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed certificate.*sslrootcert=<file>/),
    )
    await refused.auth.close()
    const trusting = setup({ connectionString: `${server.url}?sslmode=verify-full&sslrootcert=${server.certificate}` })
    await trusting.auth.ping()
    await trusting.auth.close()
  })

  it('REL-25 a server without TLS is named if the URL requires it', async () => {
    const { auth } = setup({ connectionString: withParameters('sslmode=verify-full') })
    await expect(auth.ping()).rejects.toMatchObject(permanent('ssl', /does not support SSL.*remove sslmode/))
    await auth.close()
  })

  it('REL-25 a certificate that is removed while the stores run fails the calls and not the process', async () => {
    const file = join(server.folder, 'removed.pem')
    copyFileSync(server.certificate, file)
    const connectionString = `${server.url}?sslmode=verify-full&sslrootcert=${file}`
    const { auth, stores } = setup({ connectionString, maxConnections: 1 })
    rmSync(file)
    const errors = await Promise.all([1, 2, 3].map(() => stores.migrate().catch((error: unknown) => error)))
    const missing = { code: 'ENOENT', isPermanent: true, message: expect.stringContaining('sslrootcert') }
    expect(errors).toMatchObject([missing, missing, missing])
    await expect(auth.ping()).rejects.toMatchObject(permanent('ENOENT', /removed\.pem/))
    copyFileSync(server.certificate, file)
    await auth.ping()
    await auth.close()
  })

  it('connects through a socket that the URL names as its host', async () => {
    const { port, username, password, pathname } = new URL(server.url)
    const connectionString = `postgresql://${username}:${password}@${pathname}?host=${server.folder}&port=${port}`
    const { auth } = setup({ connectionString })
    await auth.ping()
    await auth.close()
    const missing = setup({ connectionString: connectionString.replace(server.folder, `${server.folder}/missing`) })
    await expect(missing.auth.ping()).rejects.toMatchObject({
      code: 'store_unavailable',
      cause: { code: 'ENOENT', isPermanent: false, message: expect.stringContaining('host and port') },
    })
    await missing.auth.close()
  })
})
