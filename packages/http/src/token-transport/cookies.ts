import { InvalidOptionsError, InvalidRefreshTokenError } from '@phone-auth/core'
import { parse, serialize } from 'hono/utils/cookie'
import { HttpError } from '../errors/http-error.ts'
import type { RequestHead } from '../requests/call.ts'
import { bearerToken } from './bearer.ts'
import type { TokenTransport } from './transport.ts'

/** How cookies keep the tokens of browsers. */
export interface CookieTransportOptions {
  /**
   * `Lax`: links from other sites find the person signed in. `Strict`: they do not.
   * @defaultValue "Lax"
   */
  readonly sameSite?: 'Lax' | 'Strict'
  /**
   * Other origins of the same site whose pages may call, such as `https://app.example.com` for an
   * API on `https://api.example.com`.
   * @defaultValue none: the pages of the API's own origin
   */
  readonly origins?: readonly string[]
}

// The prefix binds a cookie to this host, over TLS, for every path: no neighbour under the same
// domain can set or read it (RFC 6265bis section 4.1.3.2).
const ACCESS = '__Host-phone-auth-access'
const REFRESH = '__Host-phone-auth-refresh'

// As long as browsers keep any cookie; the session ends by itself (RFC 6265bis section 5.5).
const REFRESH_MAX_AGE_SECONDS = 400 * 86_400

/**
 * Keeps tokens in cookies that scripts cannot read; bodies hold none (OWASP ASVS 5 sections 3.3.1
 * to 3.3.4).
 *
 * A browser sends cookies whoever made it call. So whatever changes something must come from a page
 * of this origin, by what browsers say of it and pages cannot forge, sign-in included: nobody can
 * be signed in as somebody else without noticing (OWASP ASVS 5 section 3.5.1).
 *
 * @throws `InvalidOptionsError` if an origin is none.
 */
export function cookieTransport({ sameSite = 'Lax', origins = [] }: CookieTransportOptions): TokenTransport {
  const strange = origins.filter((origin) => URL.parse(origin)?.origin !== origin)
  if (!['Lax', 'Strict'].includes(sameSite))
    throw new InvalidOptionsError(['cookies.sameSite must be "Lax" or "Strict".'])
  if (strange.length > 0) {
    throw new InvalidOptionsError([
      `cookies.origins must be origins such as https://app.example.com: ${strange.join(', ')}`,
    ])
  }
  const allowed = new Set(origins)
  const cookie = (name: typeof ACCESS | typeof REFRESH, value: string, maxAge: number) =>
    serialize(name, value, { path: '/', secure: true, httpOnly: true, sameSite, maxAge })
  return {
    checkOrigin: (call) => {
      if (call.method !== 'GET' && call.method !== 'HEAD' && !isOwnPage(call, allowed)) {
        throw new HttpError('cross_origin', 'This must come from a page of the same origin.')
      }
    },
    accessToken: (call) => cookieOf(call, ACCESS) ?? bearerToken(call),
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
        cookie(ACCESS, tokens.accessToken, tokens.expiresInSeconds),
        ...('refreshToken' in tokens ? [cookie(REFRESH, tokens.refreshToken, REFRESH_MAX_AGE_SECONDS)] : []),
      ],
    }),
    cleared: [cookie(ACCESS, '', 0), cookie(REFRESH, '', 0)],
  }
}

// Every browser of today says where a call with a method other than GET comes from; what does not
// say so is none, and needs no cookies.
function isOwnPage({ headers }: RequestHead, allowed: ReadonlySet<string>): boolean {
  const origin = headers.get('origin')
  if (origin !== null && allowed.has(origin)) return true
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const page = origin === null ? null : URL.parse(origin)
  const isSecure = page?.protocol === 'https:' || page?.hostname === 'localhost'
  return isSecure && page?.host === headers.get('host')
}

function cookieOf({ headers }: RequestHead, name: string): string | undefined {
  return parse(headers.get('cookie') ?? '', name)[name]
}
