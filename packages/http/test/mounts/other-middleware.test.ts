import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeListener } from '../../src/node.ts'
import { PHONE, setup } from '../setup.ts'

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => Promise<void>) => unknown

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server with a middleware in front of Phone Auth, and what became of Phone Auth's calls. */
async function serverWith(middleware: Middleware, world = setup()) {
  const listener = nodeListener(world.handler)
  const outcomes = { resolved: 0, failures: [] as unknown[] }
  const calls: unknown[] = []
  const listening = createServer((request, response) => {
    response.on('error', (error) => outcomes.failures.push(error))
    const next = () =>
      listener(request, response).then(
        () => {
          outcomes.resolved += 1
        },
        (error: unknown) => {
          outcomes.failures.push(error)
        },
      )
    calls.push(middleware(request, response, next))
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as { port: number }
  const settled = async () => {
    await Promise.all(calls)
    return outcomes
  }
  return { ...world, settled, port, url: `http://127.0.0.1:${port}` }
}

const signup = (url: string, body: string = JSON.stringify({ phone_number: PHONE })) =>
  fetch(`${url}/auth/signup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })

/** A world whose messages are sent when the test says so. */
function slowWorld() {
  const [started, sending] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const world = setup({
    smsSender: {
      send: async () => {
        started.resolve()
        await sending.promise
        return {}
      },
    },
  })
  return { world, started: started.promise, send: () => sending.resolve() }
}

describe('nodeListener beside other middlewares', () => {
  const takeovers: readonly [string, (response: ServerResponse) => void, string][] = [
    ['answers it', (response) => response.writeHead(503).end('time-out'), '503 time-out'],
    ['sends its head', (response) => response.writeHead(503).flushHeaders(), '503 …'],
    ['sends a part of it', (response) => response.writeHead(503).write('begun'), '503 begun…'],
    ['ends it without a head', (response) => response.end(), '200 '],
    ['destroys it', (response) => response.destroy(), 'no answer'],
    ['destroys its socket', (response) => response.socket?.destroy(), 'no answer'],
  ]

  it.each(takeovers)('REL-21 leaves a response alone if a time-out %s meanwhile', async (_, take, expected) => {
    const { world, started, send } = slowWorld()
    const given = await serverWith(async (_request, response, next) => {
      const done = next()
      await started
      take(response)
      send()
      await done
      // The rest of a response that was only begun is the time-out's.
      if (!response.writableEnded && !response.destroyed) response.end('…')
    }, world)
    const answer = await signup(given.url).then(
      async (response) => `${response.status} ${await response.text()}`,
      () => 'no answer',
    )
    expect(answer).toBe(expected)
    expect(await given.settled()).toEqual({ resolved: 1, failures: [] })
    expect(given.unexpected).toEqual([])
  })

  it('REL-21 leaves a response alone if it was answered before the listener was called', async () => {
    for (const [, take] of takeovers) {
      const given = await serverWith(async (_request, response, next) => {
        take(response)
        await next()
        response.end()
      })
      await signup(given.url).then(
        (response) => response.text(),
        () => undefined,
      )
      expect(await given.settled()).toEqual({ resolved: 1, failures: [] })
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('REL-21 survives 10 000 responses that a middleware takes over at any moment', { timeout: 120_000 }, async () => {
    // A fixed sequence in place of random numbers, so that every run is the same.
    let seed = 7
    const draw = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return Math.floor((seed / 2 ** 31) * below)
    }
    const given = await serverWith(async (_request, response, next) => {
      const [turns, [, take] = []] = [draw(12), takeovers[draw(takeovers.length)]]
      const done = next()
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      if (!response.headersSent && !response.destroyed) take?.(response)
      await done
      response.end()
    })
    const client = async () => {
      for (let count = 0; count < 500; count += 1) {
        await signup(given.url, '{"phone_number":"+14155550')
          .then(
            (response) => response.text(),
            () => undefined,
          )
          .catch(() => undefined)
      }
    }
    await Promise.all(Array.from({ length: 20 }, client))
    expect(await given.settled()).toEqual({ resolved: 10_000, failures: [] })
    expect(given.unexpected).toEqual([])
    expect((await fetch(`${given.url}/nowhere`)).status).toBeGreaterThan(0)
  })

  it('reports an error of a middleware that wraps the response, and closes the connection', async () => {
    const given = await serverWith((_request, response, next) => {
      response.writeHead = () => {
        throw new Error('compression failed')
      }
      return next()
    })
    await expect(signup(given.url)).rejects.toThrow()
    expect(await given.settled()).toEqual({ resolved: 1, failures: [] })
    expect(String(given.unexpected)).toBe('Error: compression failed')
  })

  it('keeps the headers that a middleware has set', async () => {
    const given = await serverWith((_request, response, next) => {
      response.setHeader('x-request-id', '7')
      return next()
    })
    const response = await signup(given.url)
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, '7'])
  })

  it('reads bodies that a middleware has paused, decodes or listens to, up to the limit', async () => {
    const middlewares: Middleware[] = [
      (request, _response, next) => {
        request.pause()
        return next()
      },
      (request, _response, next) => {
        request.setEncoding('utf8')
        return next()
      },
      (request, _response, next) => {
        request.setEncoding('base64')
        return next()
      },
      (request, _response, next) => {
        request.on('data', () => undefined)
        return next()
      },
    ]
    for (const middleware of middlewares) {
      const given = await serverWith(middleware)
      expect((await signup(given.url)).status).toBe(200)
      expect((await signup(given.url, JSON.stringify({ name: 'é'.repeat(5000) }))).status).toBe(413)
      expect(await given.settled()).toEqual({ resolved: 2, failures: [] })
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('keeps the listeners of a middleware on a body that is too large', async () => {
    let received = 0
    const given = await serverWith((request, _response, next) => {
      request.on('data', (part: Buffer) => {
        received += part.length
      })
      return next()
    })
    expect((await signup(given.url, 'x'.repeat(20_000))).status).toBe(413)
    expect(received).toBeGreaterThan(8192)
  })

  it('answers 500 and reports the cause if a middleware has read the body, or a part of it', async () => {
    for (const middleware of [
      async (request, _response, next) => {
        for await (const _ of request);
        return next()
      },
      async (request, _response, next) => {
        await new Promise((resolve) => request.once('data', resolve))
        return next()
      },
    ] satisfies Middleware[]) {
      const given = await serverWith(middleware)
      expect((await signup(given.url)).status).toBe(500)
      expect(String(given.unexpected)).toContain('in front of body parsers')
      server?.closeAllConnections()
      server?.close()
    }
  })

  it('answers clients that abort or half close at any moment, and continues', async () => {
    const given = await serverWith((_request, _response, next) => next())
    const body = JSON.stringify({ phone_number: 'x' })
    const text = `POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    for (let length = 1; length <= text.length; length += 1) {
      for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
        await new Promise<void>((resolve) => {
          const socket = connect(given.port, '127.0.0.1', () =>
            socket.write(text.slice(0, length), () => socket[leave]()),
          )
          socket.on('close', () => resolve()).on('error', () => undefined)
          socket.resume()
        })
      }
    }
    expect((await given.settled()).failures).toEqual([])
    expect(given.unexpected).toEqual([])
    expect((await signup(given.url)).status).toBe(200)
  })
})

describe('nodeListener on other servers', () => {
  it('reads the headers of requests that have no raw headers', async () => {
    const given = await serverWith((request, response, next) => {
      Object.defineProperty(request, 'rawHeaders', { value: undefined })
      Object.defineProperty(request, 'headersDistinct', { value: undefined })
      return next().then(() => response.end())
    })
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest({ port: given.port, path: '/auth/signup', method: 'POST' }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.setHeader('Content-Type', 'application/json').on('error', reject)
      sent.end(JSON.stringify({ phone_number: PHONE }))
    })
    expect(status).toBe(200)
    expect(await given.settled()).toEqual({ resolved: 1, failures: [] })
  })

  it('refuses web-standard requests at the first one, and names the handler as the remedy', async () => {
    const listener = nodeListener(setup().handler) as unknown as (request: Request) => Promise<void>
    await expect(listener(new Request('http://localhost/api/health'))).rejects.toThrow(
      'Use the handler itself where requests are web-standard.',
    )
  })
})
