import type { AnyPhoneAuth } from '@phone-auth/core'
import { json } from '../answers/answer.ts'
import type { Route } from './route.ts'

/** The routes for the name, version and health of the service. */
export function serviceRoutes(
  auth: AnyPhoneAuth,
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
