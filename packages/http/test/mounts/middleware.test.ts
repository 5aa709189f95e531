import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import connect from 'connect'
import express from 'express'
import express4 from 'express-4'
import { afterEach, describe, expect, it } from 'vitest'
import type { HandlerOptions } from '../../src/index.ts'
import { type NodeMiddleware, nodeMiddleware, requireAuth } from '../../src/node.ts'
import { PHONE, setup } from '../setup.ts'

/** What applications of Connect and Express have in common. */
interface App {
  (request: IncomingMessage, response: ServerResponse): unknown
  use(middleware: NodeMiddleware): unknown
  use(path: string, middleware: NodeMiddleware): unknown
}

const FRAMEWORKS: Record<string, () => App> = {
  'Connect 3': () => connect() as App,
  'Express 4': () => express4() as unknown as App,
  'Express 5': () => express() as unknown as App,
}

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function listen(app: App): Promise<string> {
  const listening = createServer(app)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(listening.address() as { port: number }).port}`
}

const post = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
const signup = (url: string, fields: object = {}, headers: Record<string, string> = {}) =>
  post(`${url}/auth/signup`, JSON.stringify({ phone_number: PHONE, ...fields }), headers)
const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error?: { code?: string; field?: string } }
  return [response.status, error?.code, ...(error?.field === undefined ? [] : [error.field])]
}

describe.each(Object.entries(FRAMEWORKS))('nodeMiddleware in %s', (name, create) => {
  const isExpress = name.startsWith('Express')

  /** An application with some middlewares, the API, and then a page of its own. */
  function application(before: readonly unknown[], options: HandlerOptions = {}) {
    const world = setup({}, options)
    const app = create()
    for (const middleware of before) app.use(middleware as NodeMiddleware)
    app.use(nodeMiddleware(world.handler))
    app.use('/me', requireAuth(world.handler))
    app.use((request, response) => {
      const { auth } = request
      const page = auth === undefined ? `own page ${request.url}` : `user ${auth.userId}, ${auth.sessionId.length > 9}`
      ;(response as ServerResponse).end(page)
    })
    return { ...world, app }
  }

  it('signs a user up, protects a route of the application, and signs the user out', async () => {
    const { app, codeFor, unexpected } = application([])
    const url = await listen(app)
    expect((await signup(url)).status).toBe(200)
    const verified = await post(`${url}/auth/verify-otp`, JSON.stringify({ phone_number: PHONE, otp_code: codeFor() }))
    const { token } = (await verified.json()) as { token: string }
    const headers = { authorization: `Bearer ${token}` }
    expect(await (await fetch(`${url}/me`, { headers })).text()).toBe('user 1, true')
    expect((await fetch(`${url}/auth/logout`, { method: 'POST', headers })).status).toBe(200)
    expect(await errorOf(await fetch(`${url}/me`, { headers }))).toEqual([401, 'invalid_access_token'])
    expect(unexpected).toEqual([])
  })

  it('leaves other paths to the application, and answers a wrong method itself', async () => {
    const { app } = application([])
    const url = await listen(app)
    for (const path of ['/', '/auth', '/auth/other', '/auth/signup/x', '/apis', '/Auth/signup', '/%zz']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await fetch(url + path, { method })
        expect([response.status, await response.text()], path).toEqual([200, `own page ${path}`])
      }
    }
    for (const [method, path, allow] of [
      ['GET', '/auth/signup', 'POST'],
      ['OPTIONS', '/auth/signup/?a=b', 'POST'],
      ['DELETE', '/auth/profile', 'GET, HEAD, PATCH'],
    ] as const) {
      const response = await fetch(url + path, { method })
      expect(response.headers.get('allow')).toBe(allow)
      expect(await errorOf(response)).toEqual([405, 'method_not_allowed'])
    }
  })

  it('finds the path that the client requested, wherever it is mounted', async () => {
    const webhooks = { '/hook': async (request: Request) => new Response(request.url) }
    for (const [mount, basePath] of [
      ['/', ''],
      ['/', '/api/v1'],
      ['/auth', ''],
      ['/api', '/api'],
      ['/api', '/api/v1'],
      ['/api/v1', '/api/v1'],
    ] as const) {
      const world = setup({}, { basePath, webhooks })
      const app = create()
      app.use(mount, nodeMiddleware(world.handler))
      const url = await listen(app)
      expect((await signup(url + basePath)).status, `${basePath} in ${mount}`).toBe(200)
      expect((await signup(`${url}/x`)).status).toBe(404)
      if (mount !== '/auth') {
        const called = await post(`${url}${basePath}/hook?ref=1`, '{}')
        expect(await called.text()).toBe(`http://localhost${basePath}/hook?ref=1`)
      }
      server?.closeAllConnections()
      server?.close()
    }
  })

  const PARSERS: Record<string, unknown> = {
    'an object': express.json(),
    'an object of the parser of Express 4': express4.json(),
    text: express.text({ type: '*/*' }),
    bytes: express.raw({ type: '*/*' }),
    'unread, beside a parser of other types': express4.urlencoded({ extended: true }),
  }

  it.each(Object.entries(PARSERS))('takes a body that is %s, with the same checks', async (_, parser) => {
    const { app, messages, unexpected } = application([parser])
    const url = await listen(app)
    expect((await signup(url)).status).toBe(200)
    const deviceToken = 'é'.repeat(4200)
    expect(await errorOf(await signup(url, { device_token: deviceToken }))).toEqual([413, 'body_too_large'])
    expect(await errorOf(await signup(url, { Phone_Number: 'x' }))).toEqual([400, 'invalid_input', 'Phone_Number'])
    const proto = `{"phone_number":"${PHONE}","__proto__":{"phone_number":"x"}}`
    expect(await errorOf(await post(`${url}/auth/signup`, proto))).toEqual([400, 'invalid_input', '__proto__'])
    expect(await errorOf(await post(`${url}/auth/signup`, '[]'))).toEqual([400, 'invalid_input', 'body'])
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      expect(await errorOf(await signup(url, {}, { 'content-type': type }))).toEqual([415, 'unsupported_media_type'])
    }
    expect(messages).toHaveLength(1)
    expect(unexpected).toEqual([])
  })

  it('refuses a repeated key where the text is at hand', async () => {
    const repeated = `{"phone_number":"x","phone_number":"${PHONE}"}`
    for (const [parser, status] of [
      [express.json(), 200],
      [express.text({ type: '*/*' }), 400],
      [express.raw({ type: '*/*' }), 400],
    ] as const) {
      const { app } = application([parser])
      expect((await post(`${await listen(app)}/auth/signup`, repeated)).status).toBe(status)
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('answers an empty body behind a parser, however its length was declared', async () => {
    for (const parser of [express.json(), express4.json(), express.text({ type: '*/*' })]) {
      const { app, unexpected } = application([parser])
      const url = await listen(app)
      for (const headers of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]) {
        const answer = await new Promise<Response>((resolve, reject) => {
          const type = { 'content-type': 'application/json' }
          httpRequest(`${url}/auth/signup`, { method: 'POST', headers: { ...type, ...headers } }, async (response) => {
            const parts = await response.toArray()
            resolve(new Response(Buffer.concat(parts), { status: response.statusCode ?? 0 }))
          })
            .on('error', reject)
            .end()
        })
        const text = await answer.text()
        expect([answer.status, text.includes('incomplete')], text).toEqual([400, false])
      }
      expect(unexpected).toEqual([])
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('answers 500 and reports the cause if the body was read and is nowhere', async () => {
    const consume = async (request: IncomingMessage, _response: unknown, next: () => void) => {
      for await (const _ of request);
      next()
    }
    const { app, unexpected } = application([consume])
    expect(await errorOf(await signup(await listen(app)))).toEqual([500, 'internal_error'])
    expect(String(unexpected)).toContain('in front of body parsers')
  })

  it('answers 400 to what a parser made of a body and JSON cannot express', async () => {
    const circular: { self?: object } = {}
    circular.self = circular
    for (const body of [circular, null, 7, { phone_number: 7n }, () => undefined, new Date(0)]) {
      const parse = async (request: IncomingMessage & { body?: unknown }, _response: unknown, next: () => void) => {
        for await (const _ of request);
        request.body = body
        next()
      }
      const { app, unexpected } = application([parse])
      expect((await signup(await listen(app))).status).toBe(400)
      expect(unexpected).toEqual([])
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('gives webhooks the fields of a form that a parser has read', async () => {
    const sent = 'MessageSid=SM1&To=%2B14155550101&tag=a&tag=b&text=%C3%A9+%26&empty='
    for (const parser of [
      express.urlencoded(),
      express4.urlencoded({ extended: true }),
      express.text({ type: '*/*' }),
    ]) {
      const webhooks = { '/sms/status': async (request: Request) => new Response(await request.text()) }
      const { app } = application([parser], { webhooks })
      const called = await post(`${await listen(app)}/sms/status`, sent, {
        'content-type': 'application/x-www-form-urlencoded',
      })
      expect(await called.text()).toBe(sent)
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('LIM-4 charges the address that the framework names, or else that of the socket', async () => {
    const charged = async (trustProxy: unknown, options: HandlerOptions = {}) => {
      const { app, chargedKeys } = application([], options)
      if (isExpress) (app as unknown as express.Express).set('trust proxy', trustProxy)
      await signup(await listen(app), {}, { 'x-forwarded-for': '192.0.2.66, 203.0.113.9' })
      server?.closeAllConnections()
      server?.close()
      return ['127.0.0.1', '203.0.113.9', '192.0.2.66', '198.51.100.4'].filter((ip) =>
        chargedKeys.some((key) => key.endsWith(`|${ip}`)),
      )
    }
    expect(await charged(false)).toEqual(['127.0.0.1'])
    expect(await charged(1)).toEqual([isExpress ? '203.0.113.9' : '127.0.0.1'])
    expect(await charged('loopback')).toEqual([isExpress ? '203.0.113.9' : '127.0.0.1'])
    expect(await charged(1, { clientIp: () => '198.51.100.4' })).toEqual(['198.51.100.4'])
  })

  it('leaves a response alone that another middleware has answered', async () => {
    const { app, unexpected } = application([
      (_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        response.writeHead(503).end('time-out')
        next()
      },
    ])
    const response = await signup(await listen(app))
    expect([response.status, await response.text()]).toEqual([503, 'time-out'])
    expect(unexpected).toEqual([])
  })
})

describe('nodeMiddleware', () => {
  it.each([
    ['Express 4', express4()],
    ['Express 5', express()],
  ])('answers 500 if the trust proxy function of %s throws, and continues', async (_, app) => {
    const world = setup()
    app.set('trust proxy', () => {
      throw new Error('no such proxy')
    })
    app.use(nodeMiddleware(world.handler))
    const url = await listen(app as unknown as App)
    const forwarded = { 'x-forwarded-for': '203.0.113.9' }
    expect(await errorOf(await signup(url, {}, forwarded))).toEqual([500, 'internal_error'])
    expect(String(world.unexpected)).toBe('Error: no such proxy')
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
  })

  it('refuses web-standard requests at the first one, and names the handler as the remedy', () => {
    const middleware = nodeMiddleware(setup().handler) as unknown as (request: Request) => void
    expect(() => middleware(new Request('http://localhost/api/health'))).toThrow(
      'Use the handler itself where requests are web-standard.',
    )
  })
})
