import type { Context } from '../context/context.ts'
import { parseSourceAddress, type SourceAddress } from '../limits/source-address.ts'

const SHARED = 'All such calls share one small limit (limits.startsFromUnknown), so a few callers can block all others.'
const MISSING = `A call has no ip. ${SHARED} Pass the client's address as ip with every call; with the HTTP handler, check its clientIp.`
const UNREADABLE = `The ip of a call is not one IP address. ${SHARED} Pass a single address, not a list: behind a proxy, the entry of X-Forwarded-For that your own proxy added.`

/**
 * Returns the source of a call. `null` if it cannot be read, which is reported once, because the
 * limits of unknown sources would otherwise apply to everyone without a word.
 */
export function sourceOf(context: Context, ip: string | undefined): SourceAddress | null {
  const source = parseSourceAddress(ip)
  // Callers without types pass the `null` of a missing header.
  const isMissing = (ip ?? '') === ''
  if (source === null) context.warn('source_address', isMissing ? MISSING : UNREADABLE)
  return source
}
