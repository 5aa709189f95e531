import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
// Declares the type of `inject('postgresUrl')`.
import type {} from '@phone-auth/test-servers/postgres'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { call, newFolder, RunningServer } from './running-server.ts'

const PHONE = '+14155550123'

let folder: ReturnType<typeof newFolder>
let servers: RunningServer[]
beforeEach(() => {
  folder = newFolder()
  servers = []
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()))
  folder.remove()
})

function start(environment: Record<string, string> = {}): RunningServer {
  const server = new RunningServer(folder.path, environment)
  servers.push(server)
  return server
}

describe('the demo server', () => {
  it('prints curl commands that work, from sign-up to login', async () => {
    const server = start()
    await server.printed(/verify-login.*\n/)
    const lines = server.output.split('\n').filter((line) => line.startsWith('  curl '))
    expect(lines).toHaveLength(7)
    let token = ''
    const run = async (line: string, code = '') => {
      const command = line.replace('CODE', code)
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        env: { PATH: process.env.PATH, TOKEN: token },
      })
      return JSON.parse(stdout)
    }
    const [signup = '', verify = '', complete = '', profile = '', logout = '', login = '', verifyLogin = ''] = lines
    expect((await run(signup)).message).toBe('OTP sent successfully to your phone number')
    const verified = await run(verify, await server.code(PHONE))
    expect(verified.data).toEqual({ user_id: 1, phone_number: PHONE, needs_profile_completion: true })
    token = verified.token
    expect((await run(complete)).message).toBe('Profile completed successfully')
    expect(await run(profile)).toMatchObject({ id: 1, name: 'Ada Lovelace', phone_number: PHONE })
    expect((await run(logout)).message).toBe('Logged out successfully')
    expect((await run(profile)).error.code).toBe('invalid_access_token')
    expect((await run(login)).success).toBe(true)
    const loggedIn = await run(verifyLogin, await server.code(PHONE, 1))
    expect(loggedIn).toMatchObject({ message: 'Login successful', data: { needs_profile_completion: false } })
  })

  it('keeps users, profiles, sessions and open codes when it is killed', async () => {
    const first = start()
    const url = await first.url()
    await call(url, 'POST', '/auth/signup', { phone_number: PHONE })
    const code = await first.code(PHONE)
    await first.kill()

    const second = start()
    const verified = await call(await second.url(), 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: code })
    expect(verified.status).toBe(200)
    const { token, refresh_token } = verified.body
    const profile = { phone_number: PHONE, name: 'Ada', email: 'ada@example.com' }
    await call(await second.url(), 'POST', '/auth/complete-profile', profile, token)
    await second.kill()

    const third = start()
    const thirdUrl = await third.url()
    const again = await call(thirdUrl, 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: code })
    expect([again.status, again.body.error.code]).toEqual([410, 'challenge_expired'])
    expect((await call(thirdUrl, 'GET', '/auth/profile', undefined, token)).body).toMatchObject({ name: 'Ada' })
    expect((await call(thirdUrl, 'POST', '/auth/refresh', { refresh_token })).status).toBe(200)
    expect((await call(thirdUrl, 'POST', '/auth/logout', undefined, token)).status).toBe(200)
    await third.kill()

    const fourth = start()
    expect((await call(await fourth.url(), 'GET', '/auth/profile', undefined, token)).status).toBe(401)
  })

  it('creates a secret at the first start, which only the owner of the file can read', async () => {
    const server = start()
    await server.url()
    const file = join(folder.path, 'data', 'phone-auth.db.secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const secret = readFileSync(file, 'utf8')
    expect(Buffer.from(secret, 'base64url')).toHaveLength(48)
    expect(server.output).not.toContain(secret)
    await server.stop()
    const again = start()
    await again.url()
    expect(readFileSync(file, 'utf8')).toBe(secret)
  })

  it('names the file when the secret or the database is damaged', async () => {
    mkdirSync(join(folder.path, 'data'))
    writeFileSync(join(folder.path, 'data', 'phone-auth.db.secret'), '')
    const secretless = start()
    expect(await secretless.exitCode()).toBe(1)
    expect(secretless.output).toContain('phone-auth.db.secret does not contain the secret')
    writeFileSync(join(folder.path, 'text.db'), 'this file is a text and not a database'.repeat(50))
    for (const file of ['text.db', 'data']) {
      const server = start({ DATABASE_URL: `sqlite:./${file}` })
      expect(await server.exitCode()).toBe(1)
      expect(server.output).toMatch(/^DATABASE_URL: cannot use \.\/.* as the database: /)
    }
  })

  it('TOK-4 two servers on one file share users, sessions and limits', async () => {
    const [a, b] = [start(), start()]
    const [urlA, urlB] = [await a.url(), await b.url()]
    await call(urlA, 'POST', '/auth/signup', { phone_number: PHONE })
    const limited = await call(urlB, 'POST', '/auth/signup', { phone_number: PHONE })
    expect([limited.status, Number(limited.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
    const otp_code = await a.code(PHONE)
    const { token } = (await call(urlB, 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code })).body
    expect((await call(urlA, 'POST', '/auth/logout', undefined, token)).status).toBe(200)
    expect((await call(urlB, 'GET', '/auth/profile', undefined, token)).status).toBe(401)
  })

  it('REL-19 exits with code 0 on SIGTERM', async () => {
    const server = start()
    await server.url()
    expect(await server.stop()).toBe(0)
  })

  it('REL-23 exits with code 0 on SIGTERM while connections are new, idle or have a part of a head', async () => {
    const server = start()
    const { port } = new URL(await server.url())
    const health = 'GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n'
    const sockets = await Promise.all(
      ['', 'GET / HTTP/1.1\r\nHo', health].map(async (text) => {
        const socket = connect(Number(port), '127.0.0.1')
        socket.on('error', () => undefined)
        await new Promise<void>((resolve) => socket.write(text, () => resolve()))
        if (text === health) await new Promise((resolve) => socket.once('data', resolve))
        return socket
      }),
    )
    // Answered after the others were accepted.
    await call(await server.url(), 'GET', '/api/health')
    expect(await server.stop()).toBe(0)
    for (const socket of sockets) socket.destroy()
  })

  it('names in one line the variables that it ignores, with what to use instead, and not their values', async () => {
    const server = start({ SECRET_KEY: 'hunter2', DB_NAME: 'hunter3', DB_PASSWORD: 'hunter2', DEBUG: '', PORT: '0' })
    await server.url()
    await server.printed(/ignored/)
    expect(server.output).toContain(
      '  ignored   SECRET_KEY (use JWT_SECRET_KEY), DB_NAME (use DATABASE_URL), DB_PASSWORD (use DATABASE_URL)\n',
    )
    expect(server.output).not.toMatch(/hunter/)
    const silent = start()
    await silent.printed(/verify-login/)
    expect(silent.output).not.toContain('ignored')
  })

  it('OTP-12 warns at the start if NODE_ENV is not set, and refuses every name that it does not know', async () => {
    const unset = start()
    await unset.url()
    expect(unset.output).toMatch(/NODE_ENV is not set, [^\n]*\n- smsSender: the console sender prints codes/)
    const development = start({ NODE_ENV: 'development' })
    await development.url()
    expect(development.output).not.toContain('NODE_ENV')
    const staging = start({ NODE_ENV: 'staging' })
    expect(await staging.exitCode()).toBe(1)
    expect(staging.output).toMatch(/smsSender must not be used in production/)
  })

  it('reads its configuration from the environment', async () => {
    const database = join(folder.path, 'elsewhere.db')
    const server = start({
      DATABASE_URL: `sqlite:${database}`,
      PHONE_AUTH_REGIONS: 'IN, GB',
      JWT_SECRET_KEY: 'a secret of the tests, 32 bytes long and more',
      JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '10',
    })
    const url = await server.url()
    expect(statSync(database).isFile()).toBe(true)
    expect((await call(url, 'POST', '/auth/signup', { phone_number: PHONE })).status).toBe(403)
    await call(url, 'POST', '/auth/signup', { phone_number: '+919876543210' })
    const otp_code = await server.code('+919876543210')
    const verified = await call(url, 'POST', '/auth/verify-otp', { phone_number: '+919876543210', otp_code })
    expect(verified.body.expires_in).toBe(600)
  })

  it('names each invalid variable, and exits', async () => {
    const server = start({
      PORT: 'many',
      DATABASE_URL: 'mysql://localhost',
      PHONE_AUTH_REGIONS: 'india',
      JWT_SECRET_KEY: 'hunter2',
      JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '600',
    })
    expect(await server.exitCode()).toBe(1)
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'PHONE_AUTH_REGIONS',
      'JWT_SECRET_KEY',
      'JWT_ACCESS_TOKEN_EXPIRE_MINUTES',
    ]) {
      expect(server.output).toContain(`- ${name}: `)
    }
    expect(server.output).not.toContain('hunter2')
  })

  it('runs on PostgreSQL when only DATABASE_URL changes, two servers on one database', async () => {
    const name = `example_${randomBytes(4).toString('hex')}`
    const url = Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href
    const admin = new Client({ connectionString: inject('postgresUrl') })
    await admin.connect()
    await admin.query(`create database ${name}`)
    const [one, two] = [start({ DATABASE_URL: url }), start({ DATABASE_URL: url })]
    await call(await one.url(), 'POST', '/auth/signup', { phone_number: PHONE })
    const otp_code = await one.code(PHONE)
    const { body } = await call(await two.url(), 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code })
    expect((await call(await one.url(), 'GET', '/auth/profile', undefined, body.token)).status).toBe(200)
    expect(one.output).toContain(`database  PostgreSQL at ${new URL(url).host}/${name}`)
    expect(one.output).not.toContain(new URL(url).password)
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0])
    const again = start({ DATABASE_URL: url })
    expect((await call(await again.url(), 'GET', '/auth/profile', undefined, body.token)).status).toBe(200)
    await again.stop()
    await admin.query(`drop database ${name}`)
    await admin.end()
  })

  it('names the wrong part of DATABASE_URL without printing the password', async () => {
    const url = new URL(inject('postgresUrl'))
    url.password = 'hunter2'
    const server = start({ DATABASE_URL: url.href })
    expect(await server.exitCode()).toBe(1)
    expect(server.output).toContain('Check the user and password of the connection')
    expect(server.output).not.toContain('hunter2')
  })

  it.each([
    ['postgresql://user:hunter2%ff@127.0.0.1/db', /cannot use this URL .*Percent-encode/],
    ['postgresql://user:hunter2@127.0.0.1/db?sslrootcert=/missing/ca.pem', /\/missing\/ca\.pem.*sslrootcert/],
    ['postgresql://user:hunter2@127.0.0.1:1/db', /127\.0\.0\.1:1\/db .*Check the host and port/],
    ['postgresql://user:hunter2@/db?host=/missing/socket', /\/missing\/socket:5432\/db .*Check the host and port/],
    ['sqlite:///./app.db?mode=rwc', /parameters after a question mark/],
    ['sqlite://app.db', /a host, between/],
    ['sqlite::memory:', /must name a file/],
    ['file:app.db', /DATABASE_URL: must be sqlite:/],
  ])('REL-25 exits with code 1 and says why it cannot use %s', async (url, message) => {
    const server = start({ DATABASE_URL: url })
    expect(await server.exitCode()).toBe(1)
    expect(server.output).toMatch(message)
    expect(server.output).not.toContain('hunter2')
  })

  it('reads the URL of a SQLite file as FastAPI does: three slashes before a relative path', async () => {
    const server = start({ DATABASE_URL: 'sqlite:///./data/app.db' })
    await server.url()
    expect(readdirSync(join(folder.path, 'data')).toSorted()).toEqual(
      expect.arrayContaining(['app.db', 'app.db.secret']),
    )
    expect(server.output).toContain('database  ./data/app.db')
  })

  it('REL-24 answers health checks with 503 while the database is read-only, and with 200 as soon as it is not', async () => {
    const name = `example_${randomBytes(4).toString('hex')}`
    const admin = new Client({ connectionString: inject('postgresUrl') })
    await admin.connect()
    await admin.query(`create role ${name} login password 'password'`)
    await admin.query(`create database ${name} owner ${name}`)
    const parts = { pathname: `/${name}`, username: name, password: 'password' }
    const server = start({ DATABASE_URL: Object.assign(new URL(inject('postgresUrl')), parts).href })
    const url = await server.url()
    const health = async () => (await fetch(`${url}/api/health`)).status
    expect(await health()).toBe(200)
    await admin.query(`alter role ${name} set default_transaction_read_only = on`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [name])
    expect(await health()).toBe(503)
    expect((await call(url, 'POST', '/auth/signup', { phone_number: PHONE })).status).toBe(503)
    await admin.query(`alter role ${name} set default_transaction_read_only = off`)
    expect(await health()).toBe(200)
    expect((await call(url, 'POST', '/auth/signup', { phone_number: PHONE })).status).toBe(200)
    await server.stop()
    await admin.query(`drop database ${name}`)
    await admin.query(`drop role ${name}`)
    await admin.end()
  })

  it('OTP-12 refuses to start in production with the console sender', async () => {
    const server = start({ NODE_ENV: 'production' })
    expect(await server.exitCode()).toBe(1)
    expect(server.output).toMatch(/smsSender .* in production/)
  })

  it('prints a hint when the port is in use', async () => {
    const port = new URL(await start().url()).port
    const server = start({ PORT: port })
    expect(await server.exitCode()).toBe(1)
    expect(server.output).toContain('The port is in use.')
  })

  it('OTP-13 prints codes only through the console sender, and no tokens', async () => {
    const server = start()
    const url = await server.url()
    const before = server.output.length
    await call(url, 'POST', '/auth/signup', { phone_number: PHONE })
    const otp_code = await server.code(PHONE)
    await call(url, 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code: 'x' })
    const { body } = await call(url, 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code })
    await call(url, 'GET', `/auth/profile?token=${body.token}`, undefined, `${body.token}x`)
    await call(url, 'POST', '/auth/refresh', { refresh_token: `${body.refresh_token}x` })
    await call(url, 'POST', '/auth/logout', undefined, body.token)
    await server.stop()
    const printed = server.output
      .slice(before)
      .split('\n')
      .filter((line) => line !== '' && line !== 'Stopping.')
    expect(printed).toEqual([`SMS to ${PHONE}: ${otp_code} is your Phone Auth code. It expires in 10 min.`])
  })
})
