import { InvalidOptionsError, type PhoneAuth } from '@phone-auth/core'
import { Hono } from 'hono'
import manifest from '../package.json' with { type: 'json' }
import type { RequestSource, RouteEnvironment } from './environment.ts'
import { HttpError } from './errors.ts'
import { failureAnswer, type UnexpectedErrorListener } from './failure.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { signedInRoutes } from './signed-in-routes.ts'
import { snakeCase } from './wire-names.ts'

/** Answers the requests of the contract; everything else with 404. Never rejects. */
export type HttpHandler = (request: Request, source?: RequestSource) => Promise<Response>

/** What {@link createHandler} can be told. */
export interface HandlerOptions {
  /**
   * The client's address, by which limits are kept. Behind a proxy, read the header that your proxy sets and clients cannot: the default
   * takes the socket's address, which there is the proxy's, so that all clients would share one limit.
   * @defaultValue the socket's address
   */
  readonly clientIp?: (request: Request, source: RequestSource) => string | undefined
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
 * @throws `InvalidOptionsError` if the application's profile has a field whose name the contract needs for itself.
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

  const app = new Hono<RouteEnvironment>({ strict: false })
  app.use(async (context, next) => {
    context.set('ip', clientIp(context.req.raw, context.env.source))
    await next()
  })
  app.get('/api', (context) => context.json({ message: 'Phone Auth API', version, docs }))
  app.get('/api/health', async (context) => {
    const isUp = await auth.ping().then(
      () => true,
      () => false,
    )
    return context.json({ status: isUp ? 'ok' : 'unavailable', service, version }, isUp ? 200 : 503)
  })
  app.route('/auth', signInRoutes(auth))
  app.route('/auth', signedInRoutes(auth))
  app.notFound((context) => failureAnswer(context, new HttpError('not_found', 'There is nothing here.')))
  app.onError((error, context) => failureAnswer(context, error, onUnexpectedError))
  return async (request, source = {}) => {
    const response = await app.fetch(request, { source })
    response.headers.set('Cache-Control', 'no-store')
    response.headers.set('X-Content-Type-Options', 'nosniff')
    return response
  }
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
