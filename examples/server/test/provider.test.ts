import {
  ACCOUNT_SID,
  AUTH_TOKEN,
  FROM,
  MESSAGING_SERVICE_SID,
  SERVICE_SID,
  TwilioServer,
} from '@phone-auth/test-servers/twilio'
import twilio from 'twilio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'
import { providerFrom } from '../src/provider.ts'
import { call, newFolder, RunningServer } from './running-server.ts'

const PHONE = '+14155550123'
const PUBLIC_URL = 'https://api.example.com'

describe('the demo server with Twilio', () => {
  let folder: ReturnType<typeof newFolder>
  let provider: TwilioServer
  let servers: RunningServer[]
  beforeEach(async () => {
    folder = newFolder()
    provider = await TwilioServer.start()
    servers = []
  })
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.kill()))
    await provider.stop()
    folder.remove()
  })

  function start(environment: Record<string, string>): RunningServer {
    const access = { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN, TWILIO_API_URL: provider.url }
    const server = new RunningServer(folder.path, { ...access, ...environment })
    servers.push(server)
    return server
  }

  const senders = [
    ['a number', { TWILIO_PHONE_NUMBER: FROM }],
    ['a messaging service', { TWILIO_PHONE_NUMBER: FROM, TWILIO_MESSAGING_SERVICE_SID: MESSAGING_SERVICE_SID }],
    ['Verify', { TWILIO_PHONE_NUMBER: FROM, TWILIO_VERIFY_SID: SERVICE_SID }],
  ] as const
  it.each(senders)('OTP-13 signs a user up with %s, and logs neither code nor token', async (_, environment) => {
    const server = start(environment)
    const url = await server.url()
    await call(url, 'POST', '/auth/signup', { phone_number: PHONE })
    const otp_code = provider.codeFor(PHONE)
    expect((await call(url, 'POST', '/auth/verify-otp', { phone_number: PHONE, otp_code })).status).toBe(200)
    expect(await server.stop()).toBe(0)
    expect(server.output).not.toContain(otp_code)
    expect(server.output).not.toContain(AUTH_TOKEN)
  })

  it('requests receipts from Twilio, and accepts only signed ones', async () => {
    const server = start({ TWILIO_PHONE_NUMBER: FROM, PUBLIC_URL })
    const url = await server.url()
    await call(url, 'POST', '/auth/signup', { phone_number: PHONE })
    const callback = provider.seen[0]?.form.StatusCallback ?? ''
    expect(callback).toMatch(/^https:\/\/api\.example\.com\/sms\/status\?ref=/)
    const sendReceipt = async (token: string) => {
      const fields = { MessageSid: provider.delivered[0]?.sid ?? '', MessageStatus: 'delivered' }
      const response = await fetch(callback.replace(PUBLIC_URL, url), {
        method: 'POST',
        headers: { 'x-twilio-signature': twilio.getExpectedTwilioSignature(token, callback, fields) },
        body: new URLSearchParams(fields),
      })
      return response.status
    }
    expect(await sendReceipt('not the token')).toBe(403)
    expect(await sendReceipt(AUTH_TOKEN)).toBe(204)
    expect(await sendReceipt(AUTH_TOKEN)).toBe(204)
  })

  it('answers with a general message when Twilio refuses, and logs the reason and the fix', async () => {
    const server = start({ TWILIO_PHONE_NUMBER: FROM })
    provider.next({ status: 400, code: 21608, message: 'The number +14155550199 is unverified.' })
    const { status, body } = await call(await server.url(), 'POST', '/auth/signup', { phone_number: '+14155550199' })
    expect({ status, body }).toEqual({
      status: 502,
      body: {
        success: false,
        message: 'We cannot send a message to this number at the moment.',
        data: null,
        token: null,
        error: { code: 'sms_rejected', reason: 'other' },
      },
    })
    await server.printed(/Twilio error 21608: a trial account sends to verified numbers only/)
    expect(server.output).not.toContain('+14155550199')
  })

  it('OTP-12 prints codes in test mode with a warning, and refuses test mode in production', async () => {
    const server = start({ TWILIO_PHONE_NUMBER: FROM, TWILIO_TEST_MODE: 'true' })
    const url = await server.url()
    await server.printed(/TEST MODE: printed here, not sent/)
    await call(url, 'POST', '/auth/signup', { phone_number: PHONE })
    expect(await server.code(PHONE)).toMatch(/^[0-9]{6}$/)
    expect(provider.seen).toEqual([])

    const placeholders = start({
      TWILIO_ACCOUNT_SID: 'your_account_sid_here',
      TWILIO_AUTH_TOKEN: 'your_auth_token_here',
      TWILIO_PHONE_NUMBER: '+1XXXXXXXXXX',
      TWILIO_VERIFY_SID: 'your_verify_sid_here',
      TWILIO_API_URL: '',
      TWILIO_TEST_MODE: 'True',
    })
    await placeholders.printed(/TEST MODE: printed here, not sent/)

    const production = start({ TWILIO_TEST_MODE: 'true', NODE_ENV: 'production' })
    expect(await production.exitCode()).toBe(1)
    expect(production.output).toMatch(/smsSender .* in production/)
  })

  it.each([
    [{ TWILIO_AUTH_TOKEN: '', TWILIO_PHONE_NUMBER: FROM }, 'TWILIO_AUTH_TOKEN is required'],
    [{}, 'No sender: set TWILIO_PHONE_NUMBER'],
    [{ TWILIO_ACCOUNT_SID: 'AC1', TWILIO_PHONE_NUMBER: FROM }, 'TWILIO_ACCOUNT_SID: must be AC and 32'],
    [{ TWILIO_PHONE_NUMBER: '4155550123' }, 'TWILIO_PHONE_NUMBER: must be a number in E.164'],
    [{ TWILIO_VERIFY_SID: 'VA1' }, 'TWILIO_VERIFY_SID: must be VA'],
    [{ TWILIO_TEST_MODE: 'yes' }, 'TWILIO_TEST_MODE: must be true or false'],
    [{ TWILIO_VERIFY_SID: SERVICE_SID, PUBLIC_URL }, 'PUBLIC_URL is for receipts'],
    [{ PUBLIC_URL: 'api.example.com' }, 'PUBLIC_URL: must be an http(s) URL'],
  ])('names the invalid variable of %o', (environment, reason) => {
    const access = { TWILIO_ACCOUNT_SID: ACCOUNT_SID, TWILIO_AUTH_TOKEN: AUTH_TOKEN }
    const open = () => providerFrom(readConfig({ ...access, ...environment }).twilio)
    expect(open).toThrow(ConfigError)
    expect(open).toThrow(reason)
    expect(open).not.toThrow(AUTH_TOKEN)
  })
})
