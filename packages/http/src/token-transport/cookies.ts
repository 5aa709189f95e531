import { InvalidOptionsError, InvalidRefreshTokenError } from '@phone-auth/core'
import { parse, serialize } from 'hono/utils/cookie'
import { HttpError } from '../errors/http-error.ts'
import type { RequestHead } from '../requests/call.ts'
import { bearerToken, required } from './bearer.ts'
import { corsHeaders } from './cors.ts'
import type { TokenTransport } from './transport.ts'

/** Options for tokens in cookies. */
export interface CookieTransportOptions {
  /**
   * `Lax`: a user who follows a link from another site is signed in. `Strict`: the user is not.
   * @defaultValue "Lax"
   */
  readonly sameSite?: 'Lax' | 'Strict'
  /**
   * Other origins of the same site whose pages may call the API, such as
   * `https://app.example.com` for an API on `https://api.example.com`. The handler answers their
   * preflight requests and sets the CORS headers for them.
   * @defaultValue none: only pages of the API's origin may call it
   */
  readonly origins?: readonly string[]
}

// With this prefix, a cookie requires TLS and belongs to this host alone. Other hosts of the domain
// can neither set nor read it (RFC 6265bis section 4.1.3.2).
const ACCESS = '__Host-phone-auth-access'
const REFRESH = '__Host-phone-auth-refresh'

// The longest time that browsers keep a cookie (RFC 6265bis section 5.5). The server ends sessions
// and access tokens. An expired token that the browser still sends tells the page to refresh it;
// without one, the answer could only be to sign in again.
const MAX_AGE_SECONDS = 400 * 86_400

/**
 * Keeps tokens in cookies that scripts cannot read. Bodies contain no tokens (OWASP ASVS 5 sections
 * 3.3.1 to 3.3.4).
 *
 * A browser also sends cookies with requests that another site causes. So requests that change
 * something must come from a page of this origin, according to headers that pages cannot forge.
 * This includes sign-in: another site cannot sign a user in to an attacker's account unnoticed
 * (OWASP ASVS 5 section 3.5.1).
 *
 * @throws `InvalidOptionsError` if `sameSite` or an origin is invalid.
 */
export function cookieTransport({ sameSite = 'Lax', origins = [] }: CookieTransportOptions): TokenTransport {
  const invalid = origins.filter((origin) => !isUsable(origin))
  if (!['Lax', 'Strict'].includes(sameSite))
    throw new InvalidOptionsError(['cookies.sameSite must be "Lax" or "Strict".'])
  if (invalid.length > 0) {
    throw new InvalidOptionsError([
      `cookies.origins must contain origins with https such as https://app.example.com, each in full: browsers name one origin, so a wildcard never matches. Invalid: ${invalid.join(', ')}`,
    ])
  }
  const allowed = new Set(origins)
  const cookie = (name: typeof ACCESS | typeof REFRESH, value: string, maxAge: number) =>
    serialize(name, value, { path: '/', secure: true, httpOnly: true, sameSite, maxAge })
  return {
    checkOrigin: (call) => {
      if (call.method === 'GET' || call.method === 'HEAD') return
      if (!isOwnPage(call, allowed)) {
        throw new HttpError('cross_origin', 'The request must come from a page of the same origin.')
      }
      if (call.headers.get('sec-fetch-site') === 'cross-site') {
        throw new HttpError('cross_origin', 'The page is on another site, to which browsers send no cookies.')
      }
    },
    crossOriginHeaders: (call) => corsHeaders(call, allowed),
    // A page sets the header on purpose, and the browser adds the cookie in any case.
    accessToken: (call) => required(bearerToken(call) ?? cookieOf(call, ACCESS)),
    refreshToken: async (call) => {
      const token = cookieOf(call, REFRESH)
      if (token === undefined) throw new InvalidRefreshTokenError()
      return token
    },
    lastingToken: (call) => cookieOf(call, REFRESH),
    hand: (tokens) => ({
      fields: {
        token: null,
        ...('refreshToken' in tokens && { refresh_token: null }),
        expires_in: tokens.expiresInSeconds,
      },
      cookies: [
        cookie(ACCESS, tokens.accessToken, MAX_AGE_SECONDS),
        ...('refreshToken' in tokens ? [cookie(REFRESH, tokens.refreshToken, MAX_AGE_SECONDS)] : []),
      ],
    }),
    cleared: [cookie(ACCESS, '', 0), cookie(REFRESH, '', 0)],
  }
}

// Current browsers send `Sec-Fetch-Site` or `Origin` with every request other than GET and HEAD.
// Clients that send neither are not browsers and do not need cookies.
function isOwnPage({ headers }: RequestHead, allowed: ReadonlySet<string>): boolean {
  const origin = headers.get('origin')
  if (origin !== null && allowed.has(origin)) return true
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const page = origin === null ? null : URL.parse(origin)
  return isSecure(page) && page?.host === headers.get('host')
}

// Browsers send cookies with `Secure` over HTTPS only, except on `localhost`.
function isSecure(page: URL | null): boolean {
  return page?.protocol === 'https:' || (page?.protocol === 'http:' && page.hostname === 'localhost')
}

function isUsable(origin: string): boolean {
  const page = URL.parse(origin)
  return page?.origin === origin && isSecure(page) && !origin.includes('*')
}

function cookieOf({ headers }: RequestHead, name: string): string | undefined {
  return parse(headers.get('cookie') ?? '', name)[name] || undefined
}
