import { InvalidOptionsError } from '@phone-auth/core'
import { reading } from '../requests/body.ts'
import type { Route } from './route.ts'

/** A web-standard handler of a provider's calls. */
export type Webhook = (request: Request) => Promise<Response>

const MAX_BODY_BYTES = 16 * 1024

/**
 * The routes of webhooks. @throws {@link InvalidOptionsError} for a path that is none, or that is
 * the contract's own.
 */
export function webhookRoutes(webhooks: Readonly<Record<string, Webhook>>, own: readonly Route[]): Route[] {
  return Object.entries(webhooks).map(([path, webhook]) => {
    if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path) || own.some((route) => route.path === path)) {
      throw new InvalidOptionsError([
        `webhooks["${path}"] must be a path such as /sms/status, and none of the contract's own.`,
      ])
    }
    const answer: Route['answer'] = async (call) => {
      const response = await webhook(await reading(MAX_BODY_BYTES, () => call.asRequest(MAX_BODY_BYTES)))
      if (response.type === 'error') throw new Error(`The webhook of ${path} answered with Response.error().`)
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
    }
    return { method: 'POST', path, answer }
  })
}
