import type { PhoneAuth } from '@phone-auth/core'
import { json } from '../answers/answer.ts'
import { nothingHere } from '../errors/http-error.ts'
import type { Route } from './route.ts'

// How long a new key must be announced before it may sign: `announceKey` in core says so too.
const MAX_AGE_SECONDS = 300

/**
 * The public keys of access tokens, for whoever verifies them elsewhere (RFC 7517 sections 5 and
 * 8.5).
 */
export function keyRoutes<Profile extends object>(auth: PhoneAuth<Profile>): Route[] {
  return [
    {
      method: 'GET',
      path: '/auth/.well-known/jwks.json',
      answer: async () => {
        const jwks = await auth.jwks()
        if (jwks.keys.length === 0) throw nothingHere()
        return json(jwks, 200, {
          'content-type': 'application/jwk-set+json',
          'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
        })
      },
    },
  ]
}
