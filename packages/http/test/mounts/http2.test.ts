import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeListener } from '../../src/node.ts'
import { PHONE, setup } from '../setup.ts'

let world: ReturnType<typeof setup>
let server: Http2Server
let session: ClientHttp2Session
let calls: Promise<void>[]
beforeEach(async () => {
  world = setup({}, { cookies: {} })
  calls = []
  const listener = nodeListener(world.handler)
  server = createServer((request, response) => {
    calls.push(listener(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  session = connect(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
})
afterEach(async () => {
  session.destroy()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})

const HEADERS = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }

function send(method: string, path: string, body = '', headers: Record<string, string | string[]> = HEADERS) {
  return new Promise<{ status: number; text: string; cookies: string[] }>((resolve, reject) => {
    const head = { ':method': method, ':path': path, ...headers }
    const stream = session.request(head, { endStream: body === '' })
    let [status, text, cookies]: [number, string, string[]] = [0, '', []]
    stream.on('response', (answer) => {
      status = answer[':status'] ?? 0
      cookies = answer['set-cookie'] ?? []
    })
    stream.setEncoding('utf8').on('data', (part) => {
      text += part
    })
    const done = () => resolve({ status, text, cookies })
    stream.on('error', reject).on('end', done).on('close', done)
    if (body !== '') stream.end(body)
  })
}

describe('nodeListener on node:http2', () => {
  it('signs a user up, in cookies that the client splits over several headers', async () => {
    expect((await send('POST', '/auth/signup', JSON.stringify({ phone_number: PHONE }))).status).toBe(200)
    expect(world.chargedKeys).toContain('127.0.0.0/24|127.0.0.1')
    const body = JSON.stringify({ phone_number: PHONE, otp_code: world.codeFor() })
    const { cookies } = await send('POST', '/auth/verify-otp', body)
    expect(cookies).toHaveLength(2)
    const cookie = cookies.map((text) => text.split(';')[0] ?? '')
    const profile = await send('GET', '/auth/profile', '', { cookie })
    expect([profile.status, JSON.parse(profile.text).phone_number]).toEqual([200, PHONE])
    expect(await send('HEAD', '/auth/profile', '', { cookie })).toMatchObject({ status: 200, text: '' })
    expect(world.unexpected).toEqual([])
  })

  it('takes the host from the :authority of the request', async () => {
    const origin = `http://localhost:${(server.address() as { port: number }).port}`
    const headers = { 'content-type': 'application/json', ':authority': origin.slice('http://'.length) }
    expect((await send('POST', '/auth/signup', '{}', { ...headers, origin })).status).toBe(400)
    expect((await send('POST', '/auth/signup', '{}', { ...headers, origin: 'http://localhost' })).status).toBe(403)
  })

  it('refuses a body that is too large, and keeps the connection', async () => {
    const warnings: Error[] = []
    const record = (warning: Error) => warnings.push(warning)
    process.on('warning', record)
    expect((await send('POST', '/auth/signup', 'x'.repeat(300_000))).status).toBe(413)
    expect((await send('GET', '/api/health')).status).toBe(200)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', record)
    expect(warnings).toEqual([])
  })

  it('REL-21 survives clients that cancel their requests, and sessions that are destroyed', async () => {
    for (const leave of ['stream', 'session'] as const) {
      const stream = session.request({ ':method': 'POST', ':path': '/auth/signup', ...HEADERS })
      stream.on('error', () => undefined)
      await new Promise<void>((resolve) => stream.write('{"phone', () => resolve()))
      const gone = new Promise((resolve) => stream.once('close', resolve))
      if (leave === 'stream') stream.close()
      else session.destroy()
      await gone
    }
    session = connect(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
    expect((await send('GET', '/api/health')).status).toBe(200)
    await Promise.all(calls)
    expect(world.unexpected).toEqual([])
  })

  it('REL-21 survives being called after the session was destroyed', async () => {
    const listener = nodeListener(world.handler)
    server.removeAllListeners('request')
    const called = new Promise<void>((resolve, reject) => {
      server.on('request', (request, response) => {
        response.stream.once('close', () => listener(request, response).then(resolve, reject))
      })
    })
    const stream = session.request({ ':method': 'GET', ':path': '/api/health' })
    stream.on('error', () => undefined)
    await new Promise((resolve) => server.once('request', resolve))
    session.destroy()
    await called
    expect(world.unexpected).toEqual([])
  })

  it('REL-21 leaves a response alone that another part of the application has begun', async () => {
    const listener = nodeListener(world.handler)
    for (const take of ['end', 'write', 'destroy'] as const) {
      server.removeAllListeners('request')
      server.on('request', (request, response) => {
        const done = listener(request, response)
        response.writeHead(503)
        if (take === 'end') response.end('time-out')
        else if (take === 'write') response.write('begun')
        else response.stream.close()
        calls.push(done.then(() => void response.end()))
      })
      const { status } = await send('POST', '/auth/signup', '{}')
      expect([0, 503], take).toContain(status)
    }
    await Promise.all(calls)
    expect(calls).toHaveLength(3)
    expect(world.unexpected).toEqual([])
  })
})
