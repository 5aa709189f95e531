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

/** The steps over stores that share no database. */
export function composeSignIn(over: Stores): JointSignIn {
  const { otpStore, userStore, sessionStore } = over
  const steps: SignInSteps = {
    redeem: (attempt) => otpStore.redeem(attempt),
    signInUser: (phoneNumber, registration) => userStore.signIn(phoneNumber, registration),
    insertSession: (userId, session) => sessionStore.insert(userId, session),
  }
  return {
    over,
    signIn: async (request) => {
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
    },
    findSignedIn: async (sessionId) => {
      const session = await sessionStore.find(sessionId)
      const account = session === null ? null : await userStore.findById(session.userId)
      return session === null || account === null ? null : { session, ...account }
    },
  }
}
