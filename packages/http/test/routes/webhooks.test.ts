import { createServer, request as httpRequest, type Server } from 'node:http'
import { InvalidInputError } from '@phone-auth/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Webhook } from '../../src/index.ts'
import { nodeListener } from '../../src/node.ts'
import { exchange, setup } from '../setup.ts'

const PATH = '/sms/status'
const LIMIT = 16 * 1024

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A request as the webhook received it. */
interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

/** A world with one webhook that records its requests and responds with `answer`. */
function world(answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 204 })) {
  const seen: Received[] = []
  const webhook: Webhook = async (request) => {
    const { pathname, search } = new URL(request.url)
    const { method, headers } = request
    seen.push({ method, headers, path: pathname + search, body: await request.clone().text() })
    return answer(request)
  }
  return { ...setup({}, { webhooks: { [PATH]: webhook } }), seen }
}

type World = ReturnType<typeof world>
type Post = (path: string, body: string, headers?: Record<string, string>) => Promise<Response>

async function listen({ handler }: World): Promise<number> {
  const listening = createServer(nodeListener(handler))
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as { port: number }
  return port
}

/** Requests to the web-standard handler, and to a Node.js server with its listener. */
const MOUNTS: Record<string, (given: World) => Promise<Post>> = {
  web: async ({ handler }) => {
    return (path, body, headers = {}) =>
      handler(new Request(`http://localhost${path}`, { method: 'POST', headers, body }), { ip: '203.0.113.7' })
  },
  node: async (given) => {
    const port = await listen(given)
    return (path, body, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
  },
}

describe.each(Object.entries(MOUNTS))('a webhook over %s', (_, mount) => {
  it('receives the whole request: method, path and query, headers and body', async () => {
    const given = world()
    const post = await mount(given)
    const form = 'MessageStatus=delivered&Body=%C3%A9+%26'
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Signature': 'abc=' }
    const response = await post(`${PATH}?ref=a.1&b=%20`, form, headers)
    expect(response.status).toBe(204)
    expect(given.seen).toMatchObject([{ method: 'POST', path: `${PATH}?ref=a.1&b=%20`, body: form }])
    expect(given.seen[0]?.headers.get('x-signature')).toBe('abc=')
    expect(given.seen[0]?.headers.get('content-type')).toBe('application/x-www-form-urlencoded')
  })

  it('determines status, headers and body of the response, with or without a body', async () => {
    const answers = [
      new Response('<Response/>', { status: 200, headers: { 'Content-Type': 'text/xml', 'X-Own': 'yes' } }),
      new Response(null, { status: 204 }),
      new Response('', { status: 200 }),
      new Response('no', { status: 403 }),
    ]
    const given = world(() => answers.shift() as Response)
    const post = await mount(given)
    const responses: unknown[] = []
    for (let count = 0; count < 4; count += 1) {
      const response = await post(PATH, 'x')
      responses.push([response.status, response.headers.get('x-own'), await response.text()])
    }
    expect(responses).toEqual([
      [200, 'yes', '<Response/>'],
      [204, null, ''],
      [200, null, ''],
      [403, null, 'no'],
    ])
    expect(given.unexpected).toEqual([])
  })

  it('HTTP-1 receives bodies of at most 16 kB; larger ones are answered with 413', async () => {
    const given = world()
    const post = await mount(given)
    expect((await post(PATH, 'x'.repeat(LIMIT))).status).toBe(204)
    const refused = await post(PATH, 'x'.repeat(LIMIT + 1))
    expect([refused.status, ((await refused.json()) as { error: unknown }).error]).toEqual([
      413,
      { code: 'body_too_large' },
    ])
    expect((await post(PATH, 'é'.repeat(LIMIT / 2 + 1))).status).toBe(413)
    expect(given.seen.map(({ body }) => body.length)).toEqual([LIMIT])
    expect(given.unexpected).toEqual([])
  })

  it('HTTP-2 causes a 500 with an id for the operator when it fails', async () => {
    const failures = [
      async () => Promise.reject(new Error('secret detail')),
      () => {
        throw new TypeError('secret detail')
      },
      () => undefined as never,
      () => Response.error(),
    ]
    for (const failure of failures) {
      const given = world(failure)
      const response = await (await mount(given))(PATH, 'x')
      const text = await response.text()
      expect([response.status, JSON.parse(text).error]).toEqual([500, { code: 'internal_error' }])
      expect(text).toMatch(/Reference: [0-9a-f-]{36}/)
      expect(text).not.toContain('secret detail')
      expect(given.unexpected).toHaveLength(1)
      server?.close()
    }
  })

  it('keeps every cookie and header of its response', async () => {
    const given = world(() => {
      const response = new Response('ok', { headers: { 'x-one': '1' } })
      response.headers.append('set-cookie', 'a=1')
      response.headers.append('set-cookie', 'b=2')
      return Promise.resolve(response)
    })
    const { headers } = await (await mount(given))(PATH, 'x')
    expect([headers.getSetCookie(), headers.get('x-one')]).toEqual([['a=1', 'b=2'], '1'])
  })

  it('can throw an error of the library, which keeps its status', async () => {
    const given = world(() => {
      throw new InvalidInputError('reference', 'the reference that was sent with the message')
    })
    const response = await (await mount(given))(PATH, 'x')
    const { error } = (await response.json()) as { error: unknown }
    expect([response.status, error, given.unexpected]).toEqual([400, { code: 'invalid_input', field: 'reference' }, []])
  })

  it('has exactly one path, with or without a slash at the end', async () => {
    const given = world()
    const post = await mount(given)
    const statuses = await Promise.all(
      [PATH, `${PATH}/`, `${PATH}/x`, '/sms', '/SMS/status', '/sms/%73tatus', '/sms//status'].map(
        async (path) => (await post(path, 'x')).status,
      ),
    )
    expect(statuses).toEqual([204, 204, 404, 404, 404, 404, 404])
  })

  it('does not change the routes of the API', async () => {
    const post = await mount(world())
    const response = await post('/auth/signup', '{"phone_number":"+14155550101"}', {
      'Content-Type': 'application/json',
    })
    expect(response.status).toBe(200)
  })
})

describe('a webhook', () => {
  it('receives only POST requests', async () => {
    const { handler, seen } = world()
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await handler(new Request(`http://localhost${PATH}`, { method }))
      expect([response.status, response.headers.get('allow')], method).toEqual([405, 'POST'])
    }
    expect(seen).toEqual([])
  })

  it('HTTP-2 is not called when the body was already read, and the cause is reported', async () => {
    const { handler, seen, unexpected } = world()
    const request = new Request(`http://localhost${PATH}`, { method: 'POST', body: 'x' })
    await request.text()
    expect((await handler(request)).status).toBe(500)
    expect(String(unexpected[0])).toContain('in front of body parsers')
    expect(seen).toEqual([])
  })

  it('HTTP-1 does not receive an endless body that declares a short length', async () => {
    const { handler, seen } = world()
    let pulls = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        pulls += 1
        controller.enqueue(new Uint8Array(1024))
      },
    })
    const init = { method: 'POST', body: endless, duplex: 'half', headers: { 'Content-Length': '5' } } as RequestInit
    expect((await handler(new Request(`http://localhost${PATH}`, init))).status).toBe(413)
    expect(pulls).toBeLessThan(30)
    expect(seen).toEqual([])
  })

  it('HTTP-2 causes no 500 over node:http for malformed requests', async () => {
    const given = world()
    const port = await listen(given)
    const send = (text: string) => exchange(port, text)
    const head = 'Host: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'
    for (const target of [
      PATH,
      `http://user:secret@evil.example${PATH}?a=b`,
      `http://[::1]:99999${PATH}`,
      `//${PATH}`,
    ]) {
      expect(await send(`POST ${target} HTTP/1.1\r\n${head}`), target).toMatch(/^HTTP\/1.1 (204|404)/)
    }
    expect(given.seen.map(({ path }) => path)).toEqual([PATH, `${PATH}?a=b`])
    await send(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nabc`)
    expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200)
    expect(given.unexpected).toEqual([])
    expect(given.seen).toHaveLength(2)
  })

  it('sends no Content-Length over node:http with a response without a body', async () => {
    const port = await listen(world())
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', method: 'POST', path: PATH }, (response) => resolve(response.headers))
        .on('error', reject)
        .end('x')
    })
    expect(headers['content-length']).toBeUndefined()
  })

  it('is refused if its path is invalid or belongs to the API', () => {
    const ok: Webhook = async () => new Response()
    const own = ['/auth/signup', '/auth/login', '/auth/profile', '/auth/verify-otp', '/api', '/api/health']
    const bad = [
      '',
      '/',
      'sms',
      'sms/status',
      '/sms/',
      '//sms',
      '/sms//x',
      '/:id',
      '/*',
      '/a?b',
      '/a b',
      '/é',
      '/{x}',
      '/../x',
    ]
    for (const path of [...own, ...bad]) {
      expect(() => setup({}, { webhooks: { [path]: ok } }), path).toThrow(`webhooks["${path}"] must be a path`)
    }
    for (const path of ['/sms', '/sms/status', '/v1.0/~sms_status-x', '/auth/sms']) {
      expect(() => setup({}, { webhooks: { [path]: ok } }), path).not.toThrow()
    }
  })

  it('can be mounted together with other webhooks', async () => {
    const named =
      (name: string): Webhook =>
      async () =>
        new Response(name)
    const { handler } = setup(
      {},
      { webhooks: { '/a/b': named('first'), '/a': named('second'), '/a.b': named('third') } },
    )
    const answers = await Promise.all(
      ['/a/b', '/a', '/a.b', '/aXb'].map(async (path) => {
        const response = await handler(new Request(`http://localhost${path}`, { method: 'POST', body: '' }))
        return response.status === 200 ? response.text() : response.status
      }),
    )
    expect(answers).toEqual(['first', 'second', 'third', 404])
  })
})
