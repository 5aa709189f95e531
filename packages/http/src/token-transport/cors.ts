import type { RequestHead } from '../requests/call.ts'

/**
 * The headers that let pages of the `allowed` origins call the API with cookies and read its
 * answers (Fetch Standard, CORS protocol). Browsers refuse the answers to pages of all other
 * origins.
 */
export function corsHeaders({ headers }: RequestHead, allowed: ReadonlySet<string>): Readonly<Record<string, string>> {
  if (allowed.size === 0) return {}
  const origin = headers.get('origin')
  if (origin === null || !allowed.has(origin)) return { vary: 'origin' }
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after, www-authenticate',
  }
}

/** Whether a browser asks before a request of a page of another origin. */
export function isPreflight({ method, headers }: RequestHead): boolean {
  return method === 'OPTIONS' && headers.get('origin') !== null && headers.get('access-control-request-method') !== null
}

/** The headers that a browser gets when it asks. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key',
  'access-control-max-age': '600',
}
