import type { Context } from '../context/context.ts'
import { parseSourceAddress } from '../limits/source-address.ts'
import { deviceOf } from './device.ts'
import { resolveUser, type UserReference } from './user-reference.ts'

/** A session, as its owner sees it. */
export interface SessionInfo {
  readonly id: string
  /** What the client is, such as `Chrome on Windows`; `null` where it did not say. */
  readonly device: string | null
  /** The network it signed in from: an IPv4 /24 or an IPv6 /48. */
  readonly network: string | null
  readonly createdAt: Date
  /** When it was last refreshed. */
  readonly lastUsedAt: Date
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: Date
  /** Whether it is the session of the token that asks. */
  readonly isCurrent: boolean
}

/** The live sessions of a user, the one used last first. */
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
