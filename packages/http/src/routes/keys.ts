import type { AnyPhoneAuth } from '@phone-auth/core'
import { json } from '../answers/answer.ts'
import { notFound } from '../errors/http-error.ts'
import type { Route } from './route.ts'

// A new key must be announced this long before it signs. `announceKey` in core documents it too.
const MAX_AGE_SECONDS = 300

/**
 * The public keys of access tokens, for services that verify them (RFC 7517 sections 5 and 8.5).
 */
export function keyRoutes(auth: AnyPhoneAuth): Route[] {
  return [
    {
      method: 'GET',
      path: '/auth/.well-known/jwks.json',
      answer: async () => {
        const jwks = await auth.jwks()
        if (jwks.keys.length === 0) throw notFound()
        return json(jwks, 200, {
          'content-type': 'application/jwk-set+json',
          'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
        })
      },
    },
  ]
}
