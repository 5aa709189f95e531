import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT_SID, AUTH_TOKEN, FROM, SERVICE_SID, TwilioServer } from '../src/twilio.ts'

const PHONE = '+14155550123'
const MESSAGES = `/2010-04-01/Accounts/${ACCOUNT_SID}/Messages.json`
const CHECKS = `/v2/Services/${SERVICE_SID}/VerificationCheck`

describe('TwilioServer', () => {
  let server: TwilioServer
  beforeEach(async () => {
    server = await TwilioServer.start()
  })
  afterEach(() => server.stop())

  const post = async (path: string, form: Record<string, string>, token = AUTH_TOKEN) => {
    const authorization = `Basic ${Buffer.from(`${ACCOUNT_SID}:${token}`).toString('base64')}`
    const body = new URLSearchParams(form)
    const response = await fetch(server.url + path, { method: 'POST', headers: { authorization }, body })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const send = (text: string) => post(MESSAGES, { To: PHONE, From: FROM, Body: text })

  it('refuses invalid requests with the error codes of Twilio, and delivers nothing', async () => {
    const refused = [
      await post(MESSAGES, { To: PHONE, From: FROM, Body: '123456' }, 'another token'),
      await post(MESSAGES, { From: FROM, Body: '123456' }),
      await post(MESSAGES, { To: PHONE, Body: '123456' }),
      await post(MESSAGES, { To: PHONE, From: FROM }),
      await post('/2010-04-01/Accounts/another/Messages.json', { To: PHONE, From: FROM, Body: '123456' }),
    ]
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [401, 20003],
      [400, 21604],
      [400, 21603],
      [400, 21619],
      [404, 20404],
    ])
    expect(server.delivered).toEqual([])
  })

  it('behaves as the test asks, in order, and then works as usual', async () => {
    server.next({ status: 429, code: 20429 }, 'fail_after_send', 'cut_before_answer')
    expect((await send('111111')).status).toBe(429)
    expect((await send('222222')).status).toBe(500)
    await expect(send('333333')).rejects.toThrow()
    expect((await send('444444')).status).toBe(201)
    expect(server.delivered.map(({ text }) => text)).toEqual(['222222', '444444'])
    expect(server.codeFor(PHONE)).toBe('444444')
    expect(server.seen).toHaveLength(4)
  })

  it('approves the code of a verification once, and allows five checks', async () => {
    const startVerification = () => post(`/v2/Services/${SERVICE_SID}/Verifications`, { To: PHONE, Channel: 'sms' })
    const check = async (code: string) => (await post(CHECKS, { To: PHONE, Code: code })).body.status
    await startVerification()
    expect(await check('none')).toBe('pending')
    expect(await check(server.codeFor(PHONE))).toBe('approved')
    expect(await check(server.codeFor(PHONE))).toBe(404)
    await startVerification()
    for (let index = 0; index < 5; index += 1) expect(await check('none')).toBe('pending')
    expect(await check(server.codeFor(PHONE))).toBe(429)
  })
})
