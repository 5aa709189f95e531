import type { Challenge } from '../challenge/challenge.ts'
import type { JointSignIn, SignInOutcome, SignInRequest, Stores } from '../ports/joint-sign-in.ts'
import type { OtpStore } from '../ports/otp-store.ts'
import type { SessionStore } from '../ports/session-store.ts'
import type { UserStore } from '../ports/user-store.ts'

/** The steps that a sign-in is made of, each as its port defines it. */
export interface SignInSteps {
  readonly redeem: OtpStore['redeem']
  readonly signInUser: UserStore['signIn']
  readonly insertSession: SessionStore['insert']
}

/**
 * Signs in step by step. A store that runs it within one transaction has a {@link JointSignIn}; without one, redeeming first means that
 * a failure later can cost the code but never lets it serve twice.
 */
export async function signInByStep(
  { redeem, signInUser, insertSession }: SignInSteps,
  { attempt, registration, session }: SignInRequest,
): Promise<SignInOutcome> {
  const redeemed = await redeem(attempt)
  if (redeemed.outcome !== 'redeemed') return redeemed
  const { challenge } = redeemed
  const signedIn = await signInUser(challenge.phoneNumber, registration)
  if (signedIn === null) return { outcome: 'unregistered', challenge }
  const { user, profile, isNew: isNewUser } = signedIn
  if (!user.isActive) return { outcome: 'inactive', challenge, user }
  const inserted = await insertSession(user.id, session)
  return { outcome: 'signed_in', challenge, user, profile, isNewUser, session: inserted }
}

/** Asked when a code was right, before the user is signed in; what it throws ends the sign-in there, with nothing noted but the used code. */
export type Gate = (challenge: Challenge) => Promise<void>

/** Signs in step by step over stores that share no database, or because a gate is to be asked in between. */
export async function signInOver(
  { otpStore, userStore, sessionStore }: Stores,
  request: SignInRequest,
  gate: Gate = async () => undefined,
): Promise<SignInOutcome> {
  const steps: SignInSteps = {
    redeem: async (attempt) => {
      const redeemed = await otpStore.redeem(attempt)
      if (redeemed.outcome === 'redeemed') await gate(redeemed.challenge)
      return redeemed
    },
    signInUser: (phoneNumber, registration) => userStore.signIn(phoneNumber, registration),
    insertSession: (userId, session) => sessionStore.insert(userId, session),
  }
  const outcome = await signInByStep(steps, request)
  if (outcome.outcome !== 'signed_in') return outcome
  // Who was deactivated, or got another number, after the user was read and before the session was there has had only the older sessions
  // ended.
  const now = await userStore.findById(outcome.user.id)
  const isMoved = now !== null && now.user.phoneNumber !== outcome.user.phoneNumber
  if (now?.user.isActive === true && !isMoved) return outcome
  await sessionStore.revoke(outcome.session.id)
  if (isMoved) return { outcome: 'gone' }
  return { outcome: 'inactive', challenge: outcome.challenge, user: now?.user ?? outcome.user }
}

/** The steps over stores that share no database. */
export function composeSignIn(over: Stores): JointSignIn {
  const { userStore, sessionStore } = over
  return {
    over,
    signIn: (request) => signInOver(over, request),
    findSignedIn: async (sessionId) => {
      const session = await sessionStore.find(sessionId)
      const account = session === null ? null : await userStore.findById(session.userId)
      return session === null || account === null ? null : { session, ...account }
    },
  }
}
