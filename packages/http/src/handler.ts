import { type AnyPhoneAuth, InvalidAccessTokenError, InvalidOptionsError } from '@phone-auth/core'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import manifest from '../package.json' with { type: 'json' }
import type { HttpAnswer } from './answers/answer.ts'
import { refuseReservedNames } from './answers/profile.ts'
import { failureAnswer, report, type UnexpectedErrorListener } from './errors/failure.ts'
import { MethodNotAllowedError, notFound } from './errors/http-error.ts'
import { callOf, responseOf } from './mounts/web.ts'
import type { HttpCall, RequestHead, RequestSource } from './requests/call.ts'
import { type Guards, guardsOf } from './routes/guard.ts'
import { keyRoutes } from './routes/keys.ts'
import { phoneChangeRoutes } from './routes/phone-change.ts'
import { isPath, METHODS, type Route } from './routes/route.ts'
import { serviceRoutes } from './routes/service.ts'
import { sessionRoutes } from './routes/session.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { stepUpRoutes } from './routes/step-up.ts'
import { userRoutes } from './routes/user.ts'
import { type Webhook, webhookRoutes } from './routes/webhooks.ts'
import { bearerTransport } from './token-transport/bearer.ts'
import { type CookieTransportOptions, cookieTransport } from './token-transport/cookies.ts'
import { isPreflight, PREFLIGHT_HEADERS } from './token-transport/cors.ts'
import type { TokenTransport } from './token-transport/transport.ts'

/**
 * Answers requests to the routes of the API, and all others with 404, or with 405 if only the
 * method is wrong. Never rejects.
 */
export interface HttpHandler extends Guards {
  (request: Request, source?: RequestSource): Promise<Response>
  /** Answers a call of a server that has no web-standard `Request`. Use it to mount the handler. */
  answer(call: HttpCall): Promise<HttpAnswer>
  /** Whether a path belongs to the API. Requests for other paths belong to your application. */
  owns(path: string): boolean
  /** Reports an error of the mount to `onUnexpectedError`. Never throws. */
  report(error: unknown): void
  /**
   * Returns the access token of a request to one of your own routes, for `auth.authenticate`. It
   * reads the header, or the cookie if the handler keeps tokens in cookies. It then also refuses
   * requests that another site made the browser send.
   *
   * @throws `InvalidAccessTokenError` if the request has no token, or is refused.
   */
  accessTokenOf(request: RequestHead): string
}

/** Options for {@link createHandler}. */
export interface HandlerOptions {
  /**
   * The path below which the whole API is, webhooks included, such as `/api/v1`. It begins with a
   * slash and does not end with one. It is the beginning of the path that the handler receives: a
   * framework that removes a prefix from the URL has removed it from that path. The middleware of
   * `@phone-auth/http/node` always receives the path that the client requested.
   * @defaultValue "", so the API is below `/auth` and `/api`
   */
  readonly basePath?: string
  /**
   * Returns the client's address, which limits are charged to. Behind a proxy, read the header that
   * your proxy sets and that clients cannot set. The socket's address is then the proxy's, and with
   * the default all clients would share one limit.
   * @defaultValue the socket's address
   */
  readonly clientIp?: (request: RequestHead, source: RequestSource) => string | undefined
  /**
   * The name of the service in `GET /api/` and `GET /api/health`.
   * @defaultValue "phone-auth"
   */
  readonly service?: string
  /**
   * The version in `GET /api/` and `GET /api/health`.
   * @defaultValue the version of this package
   */
  readonly version?: string
  /**
   * The URL of your documentation in `GET /api/`.
   * @defaultValue null
   */
  readonly docs?: string | null
  /**
   * Handlers of requests from providers, by path, such as `{ '/sms/status': twilioReceipts(…) }`.
   * They receive POST requests and must authenticate the provider themselves.
   */
  readonly webhooks?: Readonly<Record<string, Webhook>>
  /**
   * Keeps the tokens in cookies instead of bodies, for browser applications: see
   * {@link CookieTransportOptions}. Create a second handler for other clients.
   * @defaultValue tokens travel in the `Authorization` header and in bodies
   */
  readonly cookies?: CookieTransportOptions
  /**
   * Receives errors that the client did not cause.
   * @defaultValue prints them with `console.error`
   */
  readonly onUnexpectedError?: UnexpectedErrorListener
}

/**
 * Creates the handler of the HTTP API: JSON requests and answers below `/auth` and `/api`.
 *
 * It is a web-standard function and works in every framework that has `Request` and `Response`. For
 * `node:http` see `@phone-auth/http/node`. It sets CORS headers for the `origins` of `cookies`
 * only, so browsers refuse its answers to pages of all other origins.
 *
 * @throws `InvalidOptionsError` if the JSON name of a profile field is reserved, or if `basePath`,
 *   `webhooks` or `cookies` are invalid.
 *
 * @example
 * ```ts
 * import { consoleSender } from '@phone-auth/console'
 * import { PhoneAuth } from '@phone-auth/core'
 * import { memoryStores } from '@phone-auth/core/memory'
 * import { createHandler } from '@phone-auth/http'
 *
 * const auth = new PhoneAuth({
 *   ...memoryStores(),
 *   smsSender: consoleSender(),
 *   secret: 'an example secret; yours comes from the environment',
 *   allowedRegions: ['US'],
 * })
 * const handler = createHandler(auth)
 * const response = await handler(new Request('http://localhost/api/health'))
 * ```
 */
export function createHandler(auth: AnyPhoneAuth, options: HandlerOptions = {}): HttpHandler {
  const { basePath = '', service = 'phone-auth', version = manifest.version, docs = null } = options
  if (basePath !== '' && !isPath(basePath)) {
    throw new InvalidOptionsError(['basePath must be "" or a path such as /api/v1, with no slash at its end.'])
  }
  refuseReservedNames(auth.profile.schema)
  const clientIp = options.clientIp ?? ((_request, source) => source.ip)
  const onUnexpectedError =
    options.onUnexpectedError ?? ((error, id) => console.error(`Phone Auth: unexpected error ${id}`, error))

  const router = new RegExpRouter<Route>()
  const transport = options.cookies === undefined ? bearerTransport : cookieTransport(options.cookies)
  const own = [
    ...serviceRoutes(auth, { service, version, docs }),
    ...signInRoutes(auth, transport),
    ...sessionRoutes(auth, transport),
    ...stepUpRoutes(auth, transport),
    ...phoneChangeRoutes(auth, transport),
    ...userRoutes(auth, transport),
    ...keyRoutes(auth),
  ]
  const routes = [...own, ...webhookRoutes(options.webhooks ?? {}, own)]
  for (const route of routes) router.add(route.method, basePath + route.path, route)

  const methodsOf = (path: string) => METHODS.filter((method) => router.match(method, path)[0].length > 0)
  const answer = async (call: HttpCall): Promise<HttpAnswer> => {
    const crossOrigin = transport.crossOriginHeaders(call)
    if ('access-control-allow-origin' in crossOrigin && isPreflight(call)) {
      return { status: 204, headers: { ...crossOrigin, ...PREFLIGHT_HEADERS }, body: '' }
    }
    const given = await routed(call)
    return { ...given, headers: { ...given.headers, ...crossOrigin } }
  }
  const routed = async (call: HttpCall): Promise<HttpAnswer> => {
    try {
      const path = withoutLastSlash(call.path)
      const [[[route, indexes] = []], values] = router.match(call.method === 'HEAD' ? 'GET' : call.method, path)
      if (route === undefined) throw noRoute(methodsOf(path))
      if (own.includes(route)) transport.checkOrigin(call)
      const parameters = Object.entries(indexes ?? {}).map(([name, index]) => [name, values?.[index as number] ?? ''])
      return await route.answer(call, clientIp(call, call.source), Object.fromEntries(parameters))
    } catch (error) {
      return failureAnswer(error, onUnexpectedError, transport.cleared)
    }
  }
  const handler = async (request: Request, source: RequestSource = {}) =>
    responseOf(await answer(callOf(request, source)), request.method)
  return Object.assign(handler, {
    ...guardsOf(auth, transport, onUnexpectedError),
    answer,
    owns: (path: string) => methodsOf(withoutLastSlash(path)).length > 0,
    report: (error: unknown) => report(onUnexpectedError, error, crypto.randomUUID()),
    accessTokenOf: (request: RequestHead) => tokenOf(transport, request),
  })
}

function withoutLastSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, '')
}

function noRoute(others: readonly Route['method'][]): Error {
  if (others.length === 0) return notFound()
  return new MethodNotAllowedError(others.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))
}

function tokenOf(transport: TokenTransport, request: RequestHead): string {
  try {
    transport.checkOrigin(request)
  } catch {
    // For the application, a request from another site is one without a token.
    throw new InvalidAccessTokenError()
  }
  return transport.accessToken(request)
}
