import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DefaultProfileSchema } from '@phone-auth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeListener } from '../../src/node.ts'
import { exchange, PHONE, setup } from '../setup.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function listen(world: ReturnType<typeof setup<DefaultProfileSchema>>): Promise<{ url: string; port: number }> {
  const listening = createServer(nodeListener(world.handler))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, port }
}

const post = (url: string, body: BodyInit, extra: RequestInit = {}) =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, ...extra })

describe('nodeListener', () => {
  it('answers over a socket, and passes the client address to the handler', async () => {
    const world = setup()
    const { url } = await listen(world)
    expect((await post(`${url}/auth/signup`, JSON.stringify({ phone_number: PHONE }))).status).toBe(200)
    expect(world.chargedKeys).toContain('127.0.0.0/24|127.0.0.1')
    const body = JSON.stringify({ phone_number: PHONE, otp_code: world.codeFor() })
    const { token } = (await (await post(`${url}/auth/verify-otp`, body)).json()) as { token: string }
    const headers = { Authorization: `Bearer ${token}` }
    expect((await fetch(`${url}/auth/profile`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/auth/logout`, { method: 'POST', headers })).status).toBe(200)
    expect((await fetch(`${url}/auth/profile`, { headers })).status).toBe(401)
  })

  it('reads chunked bodies up to the limit', async () => {
    const { url } = await listen(setup())
    const chunked = (text: string) =>
      new ReadableStream({
        start: (controller) => {
          for (const part of text.match(/[\s\S]{1,100}/g) ?? []) controller.enqueue(new TextEncoder().encode(part))
          controller.close()
        },
      })
    const send = (text: string) => post(`${url}/auth/signup`, chunked(text), { duplex: 'half' } as RequestInit)
    expect((await send(JSON.stringify({ phone_number: PHONE }))).status).toBe(200)
    expect((await send('x'.repeat(10_000))).status).toBe(413)
  })

  it('answers once when the body was already read, and reports the cause', async () => {
    const world = setup()
    const listener = nodeListener(world.handler)
    const listening = createServer(async (request, response) => {
      for await (const _ of request);
      await listener(request, response)
    })
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    const { port } = listening.address() as { port: number }
    const answer = await post(`http://127.0.0.1:${port}/auth/signup`, JSON.stringify({ phone_number: PHONE }))
    expect(answer.status).toBe(500)
    expect(String(world.unexpected[0])).toContain('in front of body parsers')
    const request = new Request('http://localhost/auth/signup', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    })
    const locked = request.clone()
    locked.body?.getReader()
    await request.text()
    for (const used of [request, locked]) expect((await world.handler(used)).status).toBe(500)
    expect(String(world.unexpected.at(-1))).toContain('in front of body parsers')
  })

  it('accepts absolute URLs, bodies with a byte order mark, and characters split between packets', async () => {
    const world = setup()
    const { port } = await listen(world)
    const send = (parts: (string | Buffer)[]) =>
      new Promise<string>((resolve) => {
        let received = ''
        const socket = connect(port, '127.0.0.1', async () => {
          for (const part of parts) await new Promise<void>((sent) => socket.write(part, () => setImmediate(sent)))
          socket.end()
        })
        socket.on('data', (data) => {
          received += data
        })
        socket.on('close', () => resolve(received))
      })
    expect(await send(['GET http://x/api/health?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'])).toMatch(
      /^HTTP\/1.1 200/,
    )
    const body = Buffer.from(`\ufeff{"phone_number":"${PHONE}","é":1}`)
    const head = `POST /auth/signup HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const cut = body.indexOf('é') + 1
    expect(await send([head, body.subarray(0, cut), body.subarray(cut)])).toContain('é is not a field of this request.')
  })

  it('HTTP-1 uses neither of two contradictory headers', async () => {
    const world = setup()
    const { url, port } = await listen(world)
    await post(`${url}/auth/signup`, JSON.stringify({ phone_number: PHONE }))
    const body = JSON.stringify({ phone_number: PHONE, otp_code: world.codeFor() })
    const { token } = (await (await post(`${url}/auth/verify-otp`, body)).json()) as { token: string }
    const status = (path: string, headers: Record<string, string | string[]>, method = 'GET') =>
      new Promise((resolve, reject) => {
        const sent = httpRequest({ port, host: '127.0.0.1', path, method }, (response) => resolve(response.statusCode))
        for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value)
        sent.on('error', reject).end(method === 'POST' ? '{}' : undefined)
      })
    expect(await status('/auth/profile', { Authorization: [`Bearer ${token}`] })).toBe(200)
    expect(await status('/auth/profile', { Authorization: [`Bearer ${token}`, 'Bearer other'] })).toBe(401)
    expect(await status('/auth/signup', { 'Content-Type': ['application/json', 'text/plain'] }, 'POST')).toBe(415)
  })

  it('keeps the connection after a refused request, but closes it when the body is too large', async () => {
    const { url } = await listen(setup())
    const refused = await fetch(`${url}/auth/profile`, { method: 'PATCH', body: '{"bio":"x"}' })
    expect([refused.status, refused.headers.get('connection')]).toEqual([401, 'keep-alive'])
    const tooLarge = await post(`${url}/auth/signup`, 'x'.repeat(100_000))
    expect([tooLarge.status, tooLarge.headers.get('connection')]).toEqual([413, 'close'])
  })

  it('completes a call when the client closes the connection before its body is read', async () => {
    const world = setup()
    const listener = nodeListener(world.handler)
    const settled = new Promise<void>((resolve, reject) => {
      const listening = createServer(async (request, response) => {
        await new Promise((closed) => request.once('close', closed))
        listener(request, response).then(resolve, reject)
      })
      server = listening
      listening.listen(0, '127.0.0.1', () => {
        const { port } = listening.address() as { port: number }
        const head =
          'POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'
        const socket = connect(port, '127.0.0.1', () => socket.write(head, () => socket.destroy()))
      })
    })
    await settled
    expect(world.unexpected).toEqual([])
  })

  it('HTTP-2 answers malformed requests without a 500', async () => {
    const world = setup()
    const { port, url } = await listen(world)
    const raw = [
      'GET /auth/profile HTTP/1.0\r\n\r\n',
      'POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999999\r\n\r\n{}',
      'POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"phone',
      'GET //evil.example/%zz HTTP/1.1\r\nHost: a b\r\n\r\n',
      'GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET /auth/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'x'.repeat(10_000)}\r\n\r\n`,
      'BREW /auth HTTP/1.1\r\nHost: x\r\n\r\n',
    ]
    for (const text of raw) {
      const answer = await exchange(port, text)
      expect(answer, text.slice(0, 40)).not.toMatch(/^HTTP\/1\.1 5/)
    }
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
    expect(world.unexpected).toEqual([])
  })

  it('continues after a client closes the connection in the middle of a body', async () => {
    const world = setup()
    const { port, url } = await listen(world)
    await new Promise<void>((resolve) => {
      const request = httpRequest({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/auth/signup',
        headers: { 'Content-Type': 'application/json' },
      })
      request.on('error', () => resolve())
      request.write('{"phone', () => request.destroy(new Error('gone')))
    })
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
  })

  it('LIM-4 does not charge a reset connection to the limits of unknown addresses', async () => {
    const world = setup()
    const { port, url } = await listen(world)
    for (let index = 0; index < 50; index += 1) {
      const body = JSON.stringify({ phone_number: `+141555501${String(index).padStart(2, '0')}` })
      const head = `POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(`${head}\r\n\r\n${body}`)
          socket.resetAndDestroy()
        })
        socket.on('close', () => resolve())
        socket.on('error', () => undefined)
      })
    }
    expect((await fetch(`${url}/api/health`)).status).toBe(200)
    expect(world.chargedKeys).not.toContain('starts:unknown:3600')
  })

  it('answers on a Unix socket, where clients have no address', async () => {
    const world = setup()
    const folder = mkdtempSync(join(tmpdir(), 'phone-auth-socket-'))
    const path = join(folder, 'socket')
    const listening = createServer(nodeListener(world.handler))
    server = listening
    await new Promise<void>((resolve) => listening.listen(path, resolve))
    const status = await new Promise((resolve, reject) => {
      httpRequest({ socketPath: path, path: '/api/health' }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    rmSync(folder, { recursive: true })
  })
})
