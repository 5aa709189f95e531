import { InvalidOptionsError } from '@phone-auth/core'
import { reading } from '../requests/body.ts'
import { isPath, type Route } from './route.ts'

/** A web-standard handler of requests from a provider. */
export type Webhook = (request: Request) => Promise<Response>

const MAX_BODY_BYTES = 16 * 1024

/**
 * Creates the routes of webhooks.
 *
 * @throws {@link InvalidOptionsError} if a path is invalid or belongs to the API.
 */
export function webhookRoutes(webhooks: Readonly<Record<string, Webhook>>, own: readonly Route[]): Route[] {
  return Object.entries(webhooks).map(([path, webhook]) => {
    if (!isPath(path) || own.some((route) => route.path === path)) {
      throw new InvalidOptionsError([
        `webhooks["${path}"] must be a path such as /sms/status that the API does not use.`,
      ])
    }
    const answer: Route['answer'] = async (call) => {
      const response = await webhook(await reading(MAX_BODY_BYTES, () => call.asRequest(MAX_BODY_BYTES)))
      if (response.type === 'error') throw new Error(`The webhook of ${path} returned Response.error().`)
      const { 'set-cookie': _, ...headers } = Object.fromEntries(response.headers)
      const cookies = response.headers.getSetCookie()
      return { status: response.status, headers, body: await response.text(), cookies }
    }
    return { method: 'POST', path, answer }
  })
}
