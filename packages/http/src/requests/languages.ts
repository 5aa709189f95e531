import { parseAccept } from 'hono/utils/accept'
import type { RequestHead } from './call.ts'

const MAX_LENGTH = 256

/** The languages that the client accepts, the preferred one first (RFC 9110 section 12.5.4). */
export function languagesOf({ headers }: RequestHead): readonly string[] {
  const header = headers.get('accept-language') ?? ''
  if (header.length > MAX_LENGTH) return []
  return parseAccept(header)
    .filter(({ q }) => q > 0)
    .map(({ type }) => type)
}
