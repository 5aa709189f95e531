import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server as TlsServer } from 'node:tls'
import { ACCOUNT_SID, AUTH_TOKEN, FROM, SERVICE_SID, TwilioServer } from '@phone-auth/test-servers/twilio'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { twilioSender, twilioVerify } from '../src/index.ts'
import { type ProxyBehaviour, ProxyServer, startTls } from './proxy-server.ts'
import { message, PHONE, rejection, sendOptions } from './setup.ts'

const HOSTS = ['api.twilio.com', 'verify.twilio.com', 'localhost']
const access = { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN }

let twilioServer: TwilioServer
let tls: TlsServer
let proxy: ProxyServer
let folder: string
beforeEach(async () => {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, undefined)
    vi.stubEnv(name.toLowerCase(), undefined)
  }
  twilioServer = await TwilioServer.start()
  const { server, ca } = await startTls(HOSTS, Number(new URL(twilioServer.url).port))
  tls = server
  proxy = await ProxyServer.start(portOf(tls))
  folder = mkdtempSync(join(tmpdir(), 'phone-auth-proxy-'))
  writeFileSync(join(folder, 'ca.pem'), ca)
  vi.stubEnv('TWILIO_CA_BUNDLE', join(folder, 'ca.pem'))
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await proxy.stop()
  await twilioServer.stop()
  await new Promise((resolve) => tls.close(resolve))
  rmSync(folder, { recursive: true })
})

const portOf = (server: TlsServer) => (server.address() as AddressInfo).port
const hostsSeen = () => proxy.seen.map(({ host }) => host)
const send = (options: Partial<Parameters<typeof twilioSender>[0]> = {}) =>
  twilioSender({ ...access, from: FROM, ...options } as Parameters<typeof twilioSender>[0]).send(message, sendOptions())

describe('the proxy in the environment', () => {
  it('carries messages and Verify over TLS, so that it reads neither code nor credentials', async () => {
    vi.stubEnv('HTTPS_PROXY', `http://user:p%40ss@${proxy.address}`)
    const { messageId } = await send()
    expect(twilioServer.delivered).toEqual([{ to: PHONE, text: message.text, sid: messageId }])
    const { handle } = await twilioVerify({ ...access, serviceSid: SERVICE_SID }).start(
      { to: message.to, locale: null },
      sendOptions(),
    )
    expect(handle).toMatch(/^VE/)
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    expect(proxy.seen).toEqual([
      { host: 'api.twilio.com:443', authorization },
      { host: 'verify.twilio.com:443', authorization },
    ])
    // A TLS handshake.
    expect(proxy.passed).toMatch(/^\x16\x03/)
    for (const secret of [message.code, AUTH_TOKEN, PHONE.slice(1)]) expect(proxy.passed).not.toContain(secret)
    for (const { headers } of twilioServer.seen) expect(headers['proxy-authorization']).toBeUndefined()
  })

  it('keeps its connection for the next message', async () => {
    vi.stubEnv('https_proxy', `http://${proxy.address}`)
    const sender = twilioSender({ ...access, from: FROM })
    for (let count = 0; count < 3; count += 1) await sender.send(message, sendOptions())
    expect([twilioServer.delivered.length, hostsSeen()]).toEqual([3, ['api.twilio.com:443']])
  })

  it('is not used for the hosts of NO_PROXY, or if only HTTP_PROXY is set', async () => {
    const apiUrl = `https://localhost:${portOf(tls)}`
    vi.stubEnv('HTTP_PROXY', `http://${proxy.address}`)
    await send({ apiUrl })
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`)
    for (const none of ['localhost', 'example.com, localhost', `localhost:${portOf(tls)}`, '*']) {
      vi.stubEnv('NO_PROXY', none)
      await send({ apiUrl })
      expect(hostsSeen(), none).toEqual([])
    }
    vi.stubEnv('NO_PROXY', 'example.com, localhost:1')
    await send({ apiUrl })
    expect(hostsSeen()).toEqual([`localhost:${portOf(tls)}`])
    expect(twilioServer.delivered).toHaveLength(6)
  })

  it('can be different for a gateway without TLS', async () => {
    const plain = await ProxyServer.start(Number(new URL(twilioServer.url).port))
    vi.stubEnv('HTTP_PROXY', `http://${plain.address}`)
    await send({ apiUrl: 'http://gateway.example' })
    expect(plain.seen.map(({ host }) => host)).toEqual(['gateway.example:80'])
    expect(twilioServer.delivered).toHaveLength(1)
    await plain.stop()
  })

  it.each([407, 403, 503, 'reset'] satisfies ProxyBehaviour[])(
    'REL-6 that fails with %s has sent nothing, and its answer is not taken for an answer of Twilio',
    async (behaviour) => {
      vi.stubEnv('HTTPS_PROXY', `http://user:hunter2@${proxy.address}`)
      proxy.behaviour = behaviour
      const error = await rejection(send())
      expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
      expect(error.message).toBe(
        'Twilio could not be reached (PROXY_FAILED). Nothing was sent. Check the network and the proxy.',
      )
      expect(proxy.seen).toHaveLength(1)
      await proxy.abandoned()
    },
  )

  it('REL-7 that does not answer is given up after three seconds, and nothing was sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`)
    proxy.behaviour = 'hang'
    let isSettled = false
    const failed = rejection(send()).finally(() => {
      isSettled = true
    })
    await proxy.arrived(1)
    await vi.advanceTimersByTimeAsync(2_999)
    expect(isSettled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    const error = await failed
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(error.message).toContain('CONNECT_TIMEOUT')
    await proxy.abandoned()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-6 that cannot be reached has sent nothing', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1')
    const error = await rejection(send())
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('does not weaken TLS: a certificate that Node.js does not trust is refused before anything is sent', async () => {
    vi.stubEnv('TWILIO_CA_BUNDLE', undefined)
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`)
    const error = await rejection(send())
    expect(error).toMatchObject({ code: 'sms_unavailable', mayHaveBeenSent: false })
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(twilioServer.seen).toEqual([])
  })

  it.each(['socks5://127.0.0.1:1080', 'http://', '::hunter2::'])(
    'is refused at construction if it is %j, without printing it',
    (url) => {
      for (const name of ['HTTPS_PROXY', 'ALL_PROXY']) {
        vi.stubEnv('HTTPS_PROXY', undefined)
        vi.stubEnv(name, url)
        const create = () => twilioSender({ ...access, from: FROM })
        expect(create).toThrow('twilioSender: the proxy of the environment')
        expect(create).not.toThrow('hunter2')
        vi.stubEnv('NO_PROXY', '.twilio.com')
        expect(create).not.toThrow()
        vi.stubEnv('NO_PROXY', undefined)
      }
    },
  )
})
