import { InvalidAccessTokenError, type PhoneAuth } from '@phone-auth/core'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import manifest from '../package.json' with { type: 'json' }
import type { HttpAnswer } from './answers/answer.ts'
import { refuseReservedNames } from './answers/profile.ts'
import { failureAnswer, type UnexpectedErrorListener } from './errors/failure.ts'
import { nothingHere } from './errors/http-error.ts'
import { callOf, responseOf } from './mounts/web.ts'
import type { HttpCall, RequestHead, RequestSource } from './requests/call.ts'
import { keyRoutes } from './routes/keys.ts'
import { phoneChangeRoutes } from './routes/phone-change.ts'
import type { Route } from './routes/route.ts'
import { serviceRoutes } from './routes/service.ts'
import { sessionRoutes } from './routes/session.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { stepUpRoutes } from './routes/step-up.ts'
import { userRoutes } from './routes/user.ts'
import { type Webhook, webhookRoutes } from './routes/webhooks.ts'
import { bearerTransport } from './token-transport/bearer.ts'
import { type CookieTransportOptions, cookieTransport } from './token-transport/cookies.ts'
import type { TokenTransport } from './token-transport/transport.ts'

/** Answers the requests of the contract; everything else with 404. Never rejects. */
export interface HttpHandler {
  (request: Request, source?: RequestSource): Promise<Response>
  /** The same for a server that has no `Request`: what a mount for it needs. */
  answer(call: HttpCall): Promise<HttpAnswer>
  /**
   * The access token of a request to a route of your own, from where this handler's clients keep
   * it: for `auth.authenticate`. With cookies it also refuses what another site made the browser
   * send.
   *
   * @throws `InvalidAccessTokenError` if there is none, or the request must not be served.
   */
  accessTokenOf(request: RequestHead): string
}

/** What {@link createHandler} can be told. */
export interface HandlerOptions {
  /**
   * The client's address, by which limits are kept. Behind a proxy, read the header that your proxy
   * sets and clients cannot: the default takes the socket's address, which there is the proxy's, so
   * that all clients would share one limit.
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
   * Where the documentation is, for `GET /api/`.
   * @defaultValue null
   */
  readonly docs?: string | null
  /**
   * Handlers of what providers call, by path, such as `{ '/sms/status': twilioReceipts(…) }`. They
   * get POST requests and check for themselves who calls.
   */
  readonly webhooks?: Readonly<Record<string, Webhook>>
  /**
   * Keeps the tokens in cookies instead of bodies, for browser applications: see
   * {@link CookieTransportOptions}. Serve other clients with a handler of their own.
   * @defaultValue tokens travel in the `Authorization` header and in bodies
   */
  readonly cookies?: CookieTransportOptions
  /**
   * Hears of errors that are no answer to anything a client did, with the id that the client was
   * given.
   * @defaultValue prints them with `console.error`
   */
  readonly onUnexpectedError?: UnexpectedErrorListener
}

/**
 * Makes the handler of the HTTP contract: JSON in, JSON out, below `/auth` and `/api`.
 *
 * It is a web-standard function and fits every framework that has `Request` and `Response`; for
 * `node:http` see `@phone-auth/http/node`. It sets no CORS headers, so that browsers refuse it to
 * other origins.
 *
 * @throws `InvalidOptionsError` if the application's profile has a field whose name the contract
 *   needs for itself, or if `webhooks` or `cookies` cannot serve.
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
export function createHandler<Profile extends object>(
  auth: PhoneAuth<Profile>,
  options: HandlerOptions = {},
): HttpHandler {
  const { service = 'phone-auth', version = manifest.version, docs = null } = options
  refuseReservedNames(Object.keys(auth.profile.schema.shape))
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
  for (const route of routes) router.add(route.method, route.path, route)

  const answer = async (call: HttpCall): Promise<HttpAnswer> => {
    try {
      const method = call.method === 'HEAD' ? 'GET' : call.method
      const [[[route, indexes] = []], values] = router.match(method, call.path.replace(/(?<=.)\/$/, ''))
      if (route === undefined) throw nothingHere()
      if (own.includes(route)) transport.checkOrigin(call)
      const parameters = Object.entries(indexes ?? {}).map(([name, index]) => [name, values?.[index as number] ?? ''])
      return await route.answer(call, clientIp(call, call.source), Object.fromEntries(parameters))
    } catch (error) {
      return failureAnswer(error, onUnexpectedError, transport.cleared)
    }
  }
  const handler = async (request: Request, source: RequestSource = {}) =>
    responseOf(await answer(callOf(request, source)), request.method)
  return Object.assign(handler, { answer, accessTokenOf: (request: RequestHead) => tokenOf(transport, request) })
}

function tokenOf(transport: TokenTransport, request: RequestHead): string {
  try {
    transport.checkOrigin(request)
  } catch {
    // To whoever serves the route both are the same: there is nobody who may.
    throw new InvalidAccessTokenError()
  }
  return transport.accessToken(request)
}
