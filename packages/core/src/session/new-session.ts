import type { NewSession } from '../ports/session-store.ts'
import type { Settings } from '../settings/settings.ts'
import type { RefreshToken } from '../token/refresh-token.ts'

/** What is known about a client that signs in. */
export interface ClientFacts {
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
}

/** Returns the session to insert for a sign-in, with its first refresh token. */
export function newSession(
  { session: { absoluteSeconds, idleSeconds } }: Settings,
  id: string,
  refreshToken: RefreshToken,
  { ip, userAgent }: ClientFacts,
): NewSession {
  return {
    id,
    refreshTokenHash: refreshToken.hash,
    ip: printable(ip, 64),
    userAgent: printable(userAgent, 256),
    absoluteSeconds,
    idleSeconds,
  }
}

// Both texts come from the client. This removes what could forge a log line or what a database
// cannot store.
function printable(text: string | undefined, maxLength: number): string | null {
  if (typeof text !== 'string') return null
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, maxLength)
    .toWellFormed()
}
