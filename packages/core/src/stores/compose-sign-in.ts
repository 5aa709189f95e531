import type { JointSignIn, Stores } from '../ports/joint-sign-in.ts'

/**
 * The sign-in over stores that share no database: redeems first, so that a failure later can cost the code but never let it serve twice.
 */
export function composeSignIn({ otpStore, userStore, sessionStore }: Stores): JointSignIn['signIn'] {
  return async ({ attempt, registration, session }) => {
    const redeemed = await otpStore.redeem(attempt)
    if (redeemed.outcome !== 'redeemed') return redeemed
    const { challenge } = redeemed
    const account = await userStore.signIn(challenge.phoneNumber, registration)
    if (account === null) return { outcome: 'unregistered', challenge }
    const { user, profile, isNew } = account
    if (!user.isActive) return { outcome: 'inactive', challenge, user }
    return {
      outcome: 'signed_in',
      challenge,
      user,
      profile,
      isNewUser: isNew,
      session: await sessionStore.insert(user.id, session),
    }
  }
}
