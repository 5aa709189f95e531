import { createServer, type Server } from 'node:http'
import connect from 'connect'
import express from 'express'
import express4 from 'express-4'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import type { HandlerOptions, RequestAuth } from '../../src/index.ts'
import { type MiddlewareRequest, type NodeMiddleware, requireAuth, requireFresh } from '../../src/node.ts'
import { setup } from '../setup.ts'

const FRAMEWORKS = { 'Connect 3': connect, 'Express 4': express4, 'Express 5': express }

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A server with a guard in front of its only page, and the requests that reached the page. */
async function serverWith(
  create: () => unknown,
  guardOf: (world: ReturnType<typeof setup>) => NodeMiddleware,
  { world = setup(), page }: { world?: ReturnType<typeof setup>; page?: () => void } = {},
) {
  const reached: MiddlewareRequest[] = []
  const app = create() as express.Express
  app.use(guardOf(world))
  app.use((request, response) => {
    reached.push(request)
    page?.()
    response.end('page')
  })
  const listening = createServer(app)
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(listening.address() as { port: number }).port}/`
  const get = async (token?: string, init: RequestInit = {}) => {
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...init.headers }
    const response = await fetch(url, { ...init, headers })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, code: text.match(/"code":"(\w+)"/)?.[1] }
  }
  return { ...world, get, reached }
}

const cookieWorld = () => setup({}, { cookies: {} } satisfies HandlerOptions)

describe.each(Object.entries(FRAMEWORKS))('a guard in %s', (_, create) => {
  it('sets request.auth to the user, the session and the time of the verification', async () => {
    for (const guardOf of [requireAuth, requireFresh]) {
      const { get, reached, signIn, auth } = await serverWith(create, ({ handler }) => guardOf(handler))
      const token = await signIn()
      const { userId, sessionId, authenticatedAt } = await auth.authenticate({ accessToken: token })
      expect((await get(token)).text).toBe('page')
      expect(reached.map((request) => request.auth)).toEqual([{ userId, sessionId, authenticatedAt }])
      server?.close()
    }
  })

  it('answers 401 in the form of the API, and the page does not run', async () => {
    for (const guardOf of [requireAuth, requireFresh]) {
      const { get, reached, signIn, auth } = await serverWith(create, ({ handler }) => guardOf(handler))
      const token = await signIn()
      await auth.logout({ accessToken: token })
      for (const bad of [undefined, 'x', `${token}x`, token, `${token}, Bearer ${token}`]) {
        const { status, headers, text } = await get(bad)
        expect([status, headers.get('www-authenticate'), headers.get('cache-control')]).toEqual([
          401,
          'Bearer',
          'no-store',
        ])
        expect(JSON.parse(text)).toMatchObject({ success: false, token: null, error: { code: 'invalid_access_token' } })
      }
      expect(reached).toEqual([])
      server?.close()
    }
  })

  it('answers 401 to an expired token, and step_up_required to an old verification', async () => {
    const any = await serverWith(create, ({ handler }) => requireAuth(handler))
    const token = await any.signIn()
    any.clock.advance(1799)
    expect((await any.get(token)).status).toBe(200)
    any.clock.advance(10)
    expect((await any.get(token)).code).toBe('access_token_expired')
    server?.close()

    for (const [options, seconds] of [
      [{}, 600],
      [{ maxAgeSeconds: 60 }, 60],
    ] as const) {
      const fresh = await serverWith(create, ({ handler }) => requireFresh(handler, options))
      const old = await fresh.signIn()
      fresh.clock.advance(seconds)
      expect((await fresh.get(old)).status).toBe(200)
      fresh.clock.advance(10)
      const { status, headers, code } = await fresh.get(old)
      expect([status, code]).toEqual([401, 'step_up_required'])
      expect(headers.get('www-authenticate')).toContain(`max_age=${seconds}`)
      expect(fresh.reached).toHaveLength(1)
      server?.close()
    }
  })

  it('SES-2 answers 403 to a request that another site made the browser send', async () => {
    const { get, reached, auth, messages } = await serverWith(create, ({ handler }) => requireAuth(handler), {
      world: cookieWorld(),
    })
    const { challengeId } = await auth.start({ phoneNumber: '+14155550101' })
    const { accessToken } = await auth.verify({ challengeId, code: messages[0]?.code ?? '' })
    const cookie = `__Host-phone-auth-access=${accessToken}`
    const send = (site: string) => get(undefined, { method: 'POST', headers: { cookie, 'sec-fetch-site': site } })
    const refused = await send('cross-site')
    expect([refused.status, refused.code, reached.length]).toEqual([403, 'cross_origin', 0])
    expect([(await send('same-origin')).status, reached.length]).toEqual([200, 1])
  })

  it('answers 503 or 500 to an unexpected error and reports it, and the page does not run', async () => {
    const { get, reached, signIn, stores, unexpected } = await serverWith(create, ({ handler }) => requireAuth(handler))
    const token = await signIn()
    stores.sessionStore.find = () => Promise.reject(new Error('disk on fire'))
    const { status, text } = await get(token)
    expect(status).toBeGreaterThanOrEqual(500)
    expect(text).not.toContain('disk')
    expect(unexpected.length).toBe(1)
    expect(reached).toEqual([])
  })

  it('leaves the errors of the page to the framework', async () => {
    const { get, signIn, unexpected } = await serverWith(create, ({ handler }) => requireAuth(handler), {
      page: () => {
        throw Object.assign(new Error('teapot'), { status: 418 })
      },
    })
    expect((await get(await signIn())).status).toBe(418)
    expect(unexpected).toEqual([])
  })
})

describe('guards', () => {
  it('never reject: an error that next throws is reported, and the connection is closed', async () => {
    const world = setup()
    const guard = requireAuth(world.handler)
    const settled: unknown[] = []
    const listening = createServer((request, response) => {
      const next = () => {
        throw new Error('no framework')
      }
      Promise.resolve(guard(request, response, next)).then(
        () => settled.push('resolved'),
        (error) => settled.push(error),
      )
    })
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    const { port } = listening.address() as { port: number }
    const headers = { authorization: `Bearer ${await world.signIn()}` }
    await expect(fetch(`http://127.0.0.1:${port}`, { headers })).rejects.toThrow()
    expect([settled, String(world.unexpected)]).toEqual([['resolved'], 'Error: no framework'])
  })

  it('refuse a maximum age that is none at construction', () => {
    const { handler } = setup()
    for (const maxAgeSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60' as unknown as number]) {
      expect(() => requireFresh(handler, { maxAgeSeconds })).toThrow('maxAgeSeconds must be a number of seconds')
    }
  })

  it('have a type of request.auth in Express', () => {
    expectTypeOf<express.Request['auth']>().toEqualTypeOf<RequestAuth | undefined>()
  })
})
