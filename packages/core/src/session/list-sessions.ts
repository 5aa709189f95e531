import type { Context } from '../context/context.ts'
import { parseSourceAddress } from '../limits/source-address.ts'
import { deviceOf } from './device.ts'
import { resolveUser, type UserReference } from './user-reference.ts'

/** A session, for display to its user. */
export interface SessionInfo {
  readonly id: string
  /** The client, such as `Chrome on Windows`; `null` if it sent no user agent. */
  readonly device: string | null
  /** The network that the user signed in from: an IPv4 /24 or an IPv6 /48. */
  readonly network: string | null
  readonly createdAt: Date
  /** When the session was last refreshed. */
  readonly lastUsedAt: Date
  /** When the session ends, unless it is refreshed before. */
  readonly expiresAt: Date
  /** Whether it is the session of the access token in the call. */
  readonly isCurrent: boolean
}

/** Returns the active sessions of a user, the most recently used first. */
export async function listSessions(context: Context, user: UserReference): Promise<SessionInfo[]> {
  const { userId, sessionId } = await resolveUser(context, user)
  const sessions = await context.stores.sessionStore.list(userId)
  return sessions.map(({ id, userAgent, ip, createdAt, lastUsedAt, expiresAt }) => ({
    id,
    device: deviceOf(userAgent),
    network: ip === null ? null : (parseSourceAddress(ip)?.prefix ?? null),
    createdAt,
    lastUsedAt,
    expiresAt,
    isCurrent: id === sessionId,
  }))
}
