import type { Challenge } from '../challenge/challenge.ts'
import type { SignInOutcome, SignInRequest, Stores } from '../ports/joint-steps.ts'
import type { OtpStore } from '../ports/otp-store.ts'
import type { SessionStore } from '../ports/session-store.ts'
import type { Registration, User, UserId, UserStore } from '../ports/user-store.ts'

type SignedInUser = NonNullable<Awaited<ReturnType<UserStore['signIn']>>>

/** The steps of a sign-in, each as its port defines it. */
export interface SignInSteps {
  /** {@link OtpStore.redeem}. */
  readonly redeem: OtpStore['redeem']
  /** {@link UserStore.signIn}, for the number of a redeemed challenge. */
  readonly signInUser: (challenge: Challenge, registration: Registration) => Promise<SignedInUser | null>
  /** {@link SessionStore.insert}. */
  readonly insertSession: SessionStore['insert']
}

/**
 * Signs in step by step. A store may run it within one transaction. Without one, a later failure
 * can cost the code, but the code never works twice, because it is redeemed first.
 */
export async function signInByStep(
  { redeem, signInUser, insertSession }: SignInSteps,
  { attempt, registration, session }: SignInRequest,
): Promise<SignInOutcome> {
  const redeemed = await redeem(attempt)
  if (redeemed.outcome !== 'redeemed') return redeemed
  const { challenge } = redeemed
  const signedIn = await signInUser(challenge, registration)
  if (signedIn === null) return { outcome: 'unregistered', challenge }
  const { user, profile, isNew: isNewUser } = signedIn
  if (!user.isActive) return { outcome: 'inactive', challenge, user }
  const inserted = await insertSession(user.id, session)
  return { outcome: 'signed_in', challenge, user, profile, isNewUser, session: inserted }
}

/**
 * Called when a code was right, before the user is signed in. Returns the id of the user that may
 * sign in, `null` for a new user. An error that it throws ends the sign-in; only the use of the
 * code is stored.
 */
export type Gate = (challenge: Challenge) => Promise<UserId | null>

/** Signs in step by step over stores that share no database, or with a gate to call in between. */
export async function signInOver(
  { otpStore, userStore, sessionStore }: Stores,
  request: SignInRequest,
  gate?: Gate,
): Promise<SignInOutcome> {
  let user: User | null = null
  const steps: SignInSteps = {
    redeem: (attempt) => otpStore.redeem(attempt),
    signInUser: async (challenge, registration) => {
      const signedIn = await (gate === undefined
        ? userStore.signIn(challenge.phoneNumber, registration)
        : signInWithGate(gate, userStore, challenge, registration))
      user = signedIn?.user ?? null
      return signedIn
    },
    insertSession: (userId, session) => sessionStore.insert(userId, session),
  }
  const outcome = await signInByStep(steps, request).catch(async (error) => {
    // A store that knows the users refuses the session of a user who was deleted meanwhile.
    if (user === null || (await userStore.findById(user.id)) !== null) throw error
    return { outcome: 'gone' } as const
  })
  if (outcome.outcome !== 'signed_in') return outcome
  // If the user was deactivated or got another number after it was read and before the session was
  // inserted, only the older sessions were ended.
  const now = await userStore.findById(outcome.user.id)
  const isMoved = now !== null && now.user.phoneNumber !== outcome.user.phoneNumber
  if (now?.user.isActive === true && !isMoved) return outcome
  await sessionStore.revoke(outcome.session.id)
  if (isMoved) return { outcome: 'gone' }
  return { outcome: 'inactive', challenge: outcome.challenge, user: now?.user ?? outcome.user }
}

// While the gate runs, the number can move to another user or lose its user. Then the gate is
// called once more.
async function signInWithGate(
  gate: Gate,
  userStore: UserStore,
  challenge: Challenge,
  registration: Registration,
): Promise<SignedInUser | null> {
  for (let asked = 0; asked < 2; asked += 1) {
    const userId = await gate(challenge)
    const signedIn = await userStore.signIn(challenge.phoneNumber, userId === null ? registration : 'closed')
    if (signedIn === null) continue
    if (userId === null ? signedIn.isNew : String(signedIn.user.id) === String(userId)) return signedIn
  }
  return null
}
