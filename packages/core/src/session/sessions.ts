import { parseSourceAddress } from '../budget/source-address.ts'
import type { Context } from '../context.ts'
import { InvalidInputError, SessionNotFoundError } from '../errors.ts'
import type { UserId } from '../ports/user-store.ts'
import { authenticateNow } from './authenticate.ts'
import { deviceOf } from './device.ts'
import { endSessions } from './end-sessions.ts'
import { isByToken, type UserReference } from './user-reference.ts'

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
  const { userId, sessionId } = await signedIn(context, user)
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

/** Ends one of a user's sessions. */
export async function revokeSession(context: Context, user: UserReference, sessionId: string): Promise<void> {
  if (typeof sessionId !== 'string') throw new InvalidInputError('sessionId', 'the id of a session')
  const { userId } = await signedIn(context, user)
  const { sessionStore } = context.stores
  // Whose a session is never changes, so nothing can come between the look and the end.
  const isOwn = String((await sessionStore.find(sessionId))?.userId) === String(userId)
  if (!isOwn || !(await sessionStore.revoke(sessionId))) throw new SessionNotFoundError()
  endSessions(context, userId, [sessionId])
}

/** What {@link PhoneAuth.logoutAll} can be told. */
export interface LogoutAllOptions {
  /**
   * Whether the session of the token goes on. Only with a token.
   * @defaultValue false
   */
  readonly keepCurrent?: boolean
}

/** Ends all sessions of a user; says how many that were. */
export async function logoutAll(
  context: Context,
  user: UserReference,
  { keepCurrent = false }: LogoutAllOptions,
): Promise<number> {
  const { userId, sessionId } = await signedIn(context, user)
  if (keepCurrent && sessionId === null)
    throw new InvalidInputError('keepCurrent', 'left out where no access token is given')
  const exceptId = keepCurrent ? sessionId : null
  // Forgotten even if the answer is lost: they may have ended.
  const forget = () => context.liveSessions.forgetAllOf(userId, exceptId)
  const ended = await context.stores.sessionStore.revokeAll(userId, exceptId).finally(forget)
  endSessions(context, userId, ended)
  return ended.length
}

async function signedIn(context: Context, user: UserReference): Promise<{ userId: UserId; sessionId: string | null }> {
  return isByToken(user) ? authenticateNow(context, user.accessToken) : { userId: user, sessionId: null }
}
