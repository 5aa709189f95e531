import type { Context } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import { reportRevoked } from './report-revoked.ts'
import { resolveUser, type UserReference } from './user-reference.ts'

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
  const { userId, sessionId } = await resolveUser(context, user)
  if (keepCurrent && sessionId === null)
    throw new InvalidInputError('keepCurrent', 'left out where no access token is given')
  const exceptId = keepCurrent ? sessionId : null
  // Forgotten even if the answer is lost: they may have ended.
  const forget = () => context.liveSessions.forgetAllOf(userId, exceptId)
  const ended = await context.stores.sessionStore.revokeAll(userId, exceptId).finally(forget)
  reportRevoked(context, userId, ended)
  return ended.length
}
