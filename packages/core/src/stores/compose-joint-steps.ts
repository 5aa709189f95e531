import type {
  ChangePhoneNumberOutcome,
  ChangePhoneNumberRequest,
  DeleteUserOutcome,
  DeleteUserRequest,
  JointSteps,
  Stores,
} from '../ports/joint-steps.ts'
import { signInOver } from './compose-sign-in.ts'

/**
 * The joint steps over stores that share no database. Each step first writes what must not be
 * missing after a failure.
 */
export function composeJointSteps(over: Stores): JointSteps {
  const { userStore, sessionStore } = over
  return {
    over,
    signIn: (request) => signInOver(over, request),
    findSignedIn: async (sessionId) => {
      const session = await sessionStore.find(sessionId)
      const account = session === null ? null : await userStore.findById(session.userId)
      return session === null || account === null ? null : { session, ...account }
    },
    changePhoneNumber: (request) => changePhoneNumber(over, request),
    deleteUser: (request) => deleteUser(over, request),
    deactivateUser: async (userId) => {
      // A sign-in that has already read the user reads it again after it has inserted its session.
      const user = await userStore.setActive(userId, false)
      return user === null ? null : { user, endedSessionIds: await sessionStore.revokeAll(userId, null) }
    },
  }
}

async function changePhoneNumber(
  { otpStore, userStore, sessionStore }: Stores,
  { userId, phoneNumber, sessionId }: ChangePhoneNumberRequest,
): Promise<ChangePhoneNumberOutcome> {
  if ((await sessionStore.find(sessionId)) === null) return { outcome: 'session_ended' }
  const outcome = await userStore.changePhoneNumber(userId, phoneNumber)
  if (outcome.outcome !== 'changed') return outcome
  // The number is changed. If one of these calls fails, the others still run, and the owner of the
  // old number is still warned.
  const rest = await Promise.allSettled([
    sessionStore.revokeAll(userId, sessionId),
    otpStore.discard([outcome.previousPhoneNumber, phoneNumber]),
    sessionStore.reauthenticate(sessionId),
  ])
  const endedSessionIds = rest[0].status === 'fulfilled' ? rest[0].value : []
  const failed = rest.find((result) => result.status === 'rejected')
  return failed === undefined
    ? { ...outcome, endedSessionIds }
    : { ...outcome, endedSessionIds, failure: failed.reason }
}

async function deleteUser(
  { otpStore, userStore, sessionStore }: Stores,
  { userId, sessionId }: DeleteUserRequest,
): Promise<DeleteUserOutcome> {
  if (sessionId !== null && (await sessionStore.find(sessionId)) === null) return { outcome: 'session_ended' }
  // From here on the user cannot sign in. The session that asks stays until the user is gone, so
  // that the same call can finish a deletion that failed.
  const user = await userStore.setActive(userId, false)
  if (user === null) return { outcome: 'not_found', endedSessionIds: await sessionStore.revokeAll(userId, null) }
  const ended = await sessionStore.revokeAll(userId, sessionId)
  await otpStore.discard([user.phoneNumber])
  const isDeleted = await userStore.delete(userId)
  // Once more: a user who was activated meanwhile may have signed in.
  const [rest] = await Promise.allSettled([sessionStore.revokeAll(userId, null)])
  const endedSessionIds = rest.status === 'fulfilled' ? [...ended, ...rest.value] : ended
  const failed = rest.status === 'rejected' && { failure: rest.reason }
  return isDeleted
    ? { outcome: 'deleted', user, endedSessionIds, ...failed }
    : { outcome: 'not_found', endedSessionIds }
}
