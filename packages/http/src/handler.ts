import { InvalidAccessTokenError, InvalidOptionsError, type PhoneAuth } from '@phone-auth/core'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import manifest from '../package.json' with { type: 'json' }
import { accountRoutes } from './account-routes.ts'
import { type HttpAnswer, type HttpCall, json, type RequestHead, type RequestSource, type Route } from './call.ts'
import { type CookieTransportOptions, cookieTransport } from './cookies.ts'
import { nothingHere } from './errors.ts'
import { failureAnswer, type UnexpectedErrorListener } from './failure.ts'
import { keyRoutes } from './key-routes.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { signedInRoutes } from './signed-in-routes.ts'
import { bearerTransport, type TokenTransport } from './token-transport.ts'
import { callOf, responseOf } from './web.ts'
import { type Webhook, webhookRoutes } from './webhook-routes.ts'
import { snakeCase } from './wire-names.ts'

/** Answers the requests of the contract; everything else with 404. Never rejects. */
export interface HttpHandler {
  (request: Request, source?: RequestSource): Promise<Response>
  /** The same for a server that has no `Request`: what a mount for it needs. */
  answer(call: HttpCall): Promise<HttpAnswer>
  /**
   * The access token of a request to a route of your own, from where this handler's clients keep it: for `auth.authenticate`. With cookies it
   * also refuses what another site made the browser send.
   *
   * @throws `InvalidAccessTokenError` if there is none, or the request must not be served.
   */
  accessTokenOf(request: RequestHead): string
}

/** What {@link createHandler} can be told. */
export interface HandlerOptions {
  /**
   * The client's address, by which limits are kept. Behind a proxy, read the header that your proxy sets and clients cannot: the default
   * takes the socket's address, which there is the proxy's, so that all clients would share one limit.
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
   * Handlers of what providers call, by path, such as `{ '/sms/status': twilioReceipts(…) }`. They get POST requests and check for
   * themselves who calls.
   */
  readonly webhooks?: Readonly<Record<string, Webhook>>
  /**
   * Keeps the tokens in cookies instead of bodies, for browser applications: see {@link CookieTransportOptions}. Serve other clients with a
   * handler of their own.
   * @defaultValue tokens travel in the `Authorization` header and in bodies
   */
  readonly cookies?: CookieTransportOptions
  /**
   * Hears of errors that are no answer to anything a client did, with the id that the client was given.
   * @defaultValue prints them with `console.error`
   */
  readonly onUnexpectedError?: UnexpectedErrorListener
}

/**
 * Makes the handler of the HTTP contract: JSON in, JSON out, below `/auth` and `/api`.
 *
 * It is a web-standard function and fits every framework that has `Request` and `Response`; for `node:http` see
 * `@phone-auth/http/node`. It sets no CORS headers, so that browsers refuse it to other origins.
 *
 * @throws `InvalidOptionsError` if the application's profile has a field whose name the contract needs for itself, or if `webhooks` or
 * `cookies` cannot serve.
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
  refuseReservedFields(Object.keys(auth.profile.schema.shape))
  const clientIp = options.clientIp ?? ((_request, source) => source.ip)
  const onUnexpectedError =
    options.onUnexpectedError ?? ((error, id) => console.error(`Phone Auth: unexpected error ${id}`, error))

  const router = new RegExpRouter<Route>()
  const transport = options.cookies === undefined ? bearerTransport : cookieTransport(options.cookies)
  const own = [
    ...serviceRoutes(auth, { service, version, docs }),
    ...signInRoutes(auth, transport),
    ...signedInRoutes(auth, transport),
    ...accountRoutes(auth, transport),
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

function serviceRoutes<Profile extends object>(
  auth: PhoneAuth<Profile>,
  { service, version, docs }: { service: string; version: string; docs: string | null },
): Route[] {
  return [
    { method: 'GET', path: '/api', answer: async () => json({ message: 'Phone Auth API', version, docs }) },
    {
      method: 'GET',
      path: '/api/health',
      answer: async () => {
        const isUp = await auth.ping().then(
          () => true,
          () => false,
        )
        return json({ status: isUp ? 'ok' : 'unavailable', service, version }, isUp ? 200 : 503)
      },
    },
  ]
}

// What the profile's answer says besides the profile: of the user, or of both.
const RESERVED_FIELDS = ['id', 'phone_number', 'is_verified', 'is_active', 'created_at', 'updated_at']

function refuseReservedFields(fields: readonly string[]): void {
  const names = fields.map(snakeCase)
  const refused = fields.filter((_, index) => {
    const name = names[index] as string
    return RESERVED_FIELDS.includes(name) || names.indexOf(name) !== index
  })
  if (refused.length > 0) {
    throw new InvalidOptionsError([
      `The profile has fields whose names on the wire are the contract's own, or another field's: ${refused.join(', ')}.`,
    ])
  }
}
