import type { Context } from '../context/context.ts'
import { InvalidInputError } from '../errors/index.ts'
import type { UserId } from '../ports/user-store.ts'
import { forgetKnown } from './forget-known.ts'
import { reportRevoked } from './report-revoked.ts'
import { resolveUser } from './user-reference.ts'

/** Options for {@link PhoneAuth.logoutAll}. */
export type LogoutAllOptions =
  | {
      readonly accessToken: string | undefined
      readonly userId?: never
      /**
       * Whether the session of the token stays active.
       * @defaultValue false
       */
      readonly keepCurrent?: boolean
    }
  | { readonly userId: UserId; readonly accessToken?: never; readonly keepCurrent?: never }

/** Ends all sessions of a user, forgets the user's devices, and returns the number of sessions. */
export async function logoutAll(context: Context, options: LogoutAllOptions): Promise<number> {
  const { userId, sessionId } = await resolveUser(context, options)
  const { keepCurrent = false } = options
  if (keepCurrent && sessionId === null)
    throw new InvalidInputError('keepCurrent', 'left out if no accessToken is given')
  const exceptId = keepCurrent ? sessionId : null
  const ended = await context.stores.sessionStore.revokeAll(userId, exceptId)
  reportRevoked(context, userId, ended)
  const account = await context.stores.userStore.findById(userId)
  if (account !== null) await forgetKnown(context, account.user.phoneNumber)
  return ended.length
}
